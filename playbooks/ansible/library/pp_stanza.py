#!/usr/bin/python3
"""Makes a database's place in the repository of backups, where it is missing."""

import json
import pwd
import subprocess
import time

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = '''
module: pp_stanza
short_description: the stanza of a database in the repository of pgBackRest
description:
  - It is made once, from the system identifier of the primary; a member has to be writable then.
options:
  stanza: {type: str, required: true}
  user: {description: owner of the repository, type: str, required: true}
  program: {type: path, default: /usr/bin/pgbackrest}
'''

MISSING_PATH, MISSING_DATA = 1, 3


def main():
    module = AnsibleModule(supports_check_mode=True, argument_spec={
        'stanza': {'type': 'str', 'required': True},
        'user': {'type': 'str', 'required': True},
        'program': {'type': 'path', 'default': '/usr/bin/pgbackrest'},
    })
    stanza = module.params['stanza']
    try:
        if not is_missing(ask(module, 'info', '--output=json'), stanza):
            module.exit_json(changed=False)
    except (OSError, KeyError, ValueError) as error:
        if not module.check_mode:
            module.fail_json(msg='pgbackrest info: %s' % error)
    if module.check_mode:
        module.exit_json(changed=True)
    # The servers of the members were started a moment ago.
    for attempt in range(10):
        made = ask(module, 'stanza-create')
        if made.returncode == 0:
            module.exit_json(changed=True)
        time.sleep(0.5)
    module.fail_json(msg='pgbackrest stanza-create: %s' % (made.stderr or made.stdout).strip())


def is_missing(answer, stanza):
    if answer.returncode:
        raise ValueError((answer.stderr or answer.stdout).strip())
    codes = [status_code(one) for one in json.loads(answer.stdout) if one['name'] == stanza]
    return not codes or codes[0] in (MISSING_PATH, MISSING_DATA)


def status_code(found):
    """Of the one repository; that of the whole may speak of other things."""
    return found['repo'][0]['status']['code']


def ask(module, *arguments):
    account = pwd.getpwnam(module.params['user'])
    argv = [module.params['program'], '--stanza=%s' % module.params['stanza'], *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120, cwd='/',
                          user=account.pw_uid, group=account.pw_gid, extra_groups=[],
                          env={'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8'})


if __name__ == '__main__':
    main()

#!/usr/bin/python3
"""Runs a psql script whose statements are generated only where something is missing."""

import pwd
import re
import subprocess

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = '''
module: pp_sql
short_description: a psql script in which queries write the statements that are still needed
description:
  - Each query of the script ends in C(\\gexec) and returns the statements to execute; no rows, no change.
  - A dry run asks the same queries and executes none of what they return.
  - The script goes to psql on stdin, so nothing of it is in a process list.
options:
  script: {type: str, required: true, no_log: true}
  port: {type: int, default: 5432}
  socket_directory: {type: str, default: /var/run/postgresql}
'''

RETURN = '''
statements: {description: what was executed (kind of statement) or would be, type: list}
'''

VERIFIER = re.compile(r'SCRAM-SHA-256\$[^\'"\s]*')
CONNECTED = re.compile(r'You are now connected')


def main():
    module = AnsibleModule(supports_check_mode=True, argument_spec={
        'script': {'type': 'str', 'required': True, 'no_log': True},
        'port': {'type': 'int', 'default': 5432},
        'socket_directory': {'type': 'str', 'default': '/var/run/postgresql'},
    })
    options = module.params
    script = options['script']
    if module.check_mode:
        script = re.sub(r'\s*\\gexec', ';', script)
    account = pwd.getpwnam('postgres')
    psql = ['psql', '-XAt', '-v', 'ON_ERROR_STOP=1', '-h', options['socket_directory'], '-p', str(options['port']),
            '-U', 'postgres', '-d', 'postgres', '-f', '-']
    done = subprocess.run(psql, input=script, capture_output=True, text=True, check=False, cwd='/',
                          user=account.pw_uid, group=account.pw_gid, extra_groups=[],
                          env={'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8', 'PGCONNECT_TIMEOUT': '5',
                               # What is missing is found and made again: no reason to hang where standbys are.
                               'PGOPTIONS': '-c synchronous_commit=local'})
    lines = [line for line in done.stdout.splitlines() if line.strip() and not CONNECTED.match(line)]
    statements = [VERIFIER.sub('(verifier)', line) for line in lines]
    # A dry run on a fresh server ends where a database is missing that the real run would have made.
    if done.returncode and not (module.check_mode and statements):
        module.fail_json(msg=VERIFIER.sub('(verifier)', done.stderr.strip()), statements=statements)
    module.exit_json(changed=bool(statements), statements=statements)


if __name__ == '__main__':
    main()

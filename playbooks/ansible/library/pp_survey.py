#!/usr/bin/python3
"""Looks at a host and changes nothing."""

import json
import os
import pwd
import subprocess

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = '''
module: pp_survey
short_description: what pp's playbooks must know of a host before they touch it
options:
  packages: {description: Debian packages the host should have, type: list, elements: str, default: []}
  data_directory: {description: where PostgreSQL's data would lie, type: str}
  target_file: {description: where the file with a pooler's target would lie, type: str}
  port: {description: PostgreSQL's port, type: int, default: 5432}
  socket_directory: {type: str, default: /var/run/postgresql}
  helper: {description: the host helper, type: str, default: /usr/local/sbin/pp-host}
  state_directory: {description: where the helper keeps its locks, type: str, default: /var/lib/pp}
'''

RETURN = '''
missing_packages: {description: packages that are not installed}
has_data: {description: whether the data directory holds a database}
has_target: {description: whether the pooler's target has been written}
in_recovery: {description: "true: standby; false: writable; null: PostgreSQL does not answer"}
host_key: {description: "the host's public SSH key of type ed25519, for known_hosts"}
locks: {description: 'one sentence an operation that holds this host, as the helper tells'}
'''


def main():
    module = AnsibleModule(supports_check_mode=True, argument_spec={
        'packages': {'type': 'list', 'elements': 'str', 'default': []},
        'data_directory': {'type': 'str'},
        'target_file': {'type': 'str'},
        'port': {'type': 'int', 'default': 5432},
        'socket_directory': {'type': 'str', 'default': '/var/run/postgresql'},
        'helper': {'type': 'str', 'default': '/usr/local/sbin/pp-host'},
        'state_directory': {'type': 'str', 'default': '/var/lib/pp'},
    })
    options = module.params
    data = options['data_directory']
    has_data = bool(data) and os.path.exists(os.path.join(data, 'PG_VERSION'))
    module.exit_json(
        changed=False,
        missing_packages=missing_packages(options['packages']),
        has_data=has_data,
        in_recovery=in_recovery(options) if has_data else None,
        has_target=bool(options['target_file']) and os.path.exists(options['target_file']),
        locks=locks(options),
        host_key=host_key(),
    )


def host_key():
    """Type and key, as known_hosts has them."""
    try:
        with open('/etc/ssh/ssh_host_ed25519_key.pub', encoding='ascii') as file:
            return ' '.join(file.read().split()[:2])
    except OSError:
        return ''


def missing_packages(packages):
    if not packages:
        return []
    query = ['dpkg-query', '-W', '-f', '${Package} ${db:Status-Abbrev}\\n', *packages]
    shown = run(query, timeout=30)
    installed = {line.split()[0] for line in shown.stdout.splitlines() if line.split()[1:] == ['ii']}
    return [package for package in packages if package not in installed]


def in_recovery(options):
    try:
        account = pwd.getpwnam('postgres')
        psql = ['psql', '-XAtq', '-h', options['socket_directory'], '-p', str(options['port']), '-U', 'postgres',
                '-d', 'postgres', '-c', 'select pg_is_in_recovery()']
        answer = run(psql, timeout=15, user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd='/')
    except (KeyError, OSError, subprocess.TimeoutExpired):
        return None
    return {'t': True, 'f': False}.get(answer.stdout.strip())


def locks(options):
    """Asks the helper. One that does not answer is replaced by a look at its files, or it could never be replaced."""
    if os.path.exists(options['helper']):
        try:
            return locks_from_helper(run([options['helper']], timeout=10, input='{"id":1,"verb":"status","args":{}}\n'))
        except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
            pass
    return locks_from_files(os.path.join(options['state_directory'], 'lock'))


def locks_from_helper(answer):
    for line in answer.stdout.splitlines():
        message = json.loads(line)
        if message.get('id') == 1:
            lock = message['result']['lock']
            return [described(lock)] if lock else []
    raise ValueError('no answer')


def locks_from_files(folder):
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if not name.endswith('.json'):
            continue
        try:
            with open(os.path.join(folder, name), encoding='utf-8') as file:
                content = json.load(file)
            lease = content['lease']
        except (ValueError, KeyError, TypeError):
            lease = {'operation': '(unknown, %s is damaged)' % name}
        if lease:
            found.append(described(lease))
    return found


def described(lease):
    what = 'operation %s of %s on %s' % tuple(lease.get(key) or '?' for key in ('operation', 'owner', 'operatorHost'))
    if lease.get('leaseLeftSeconds', 1) <= 0:
        return what + ' was left unfinished'
    return what + ' is at work'


def run(argv, timeout, **options):
    return subprocess.run(argv, capture_output=True, text=True, timeout=timeout, check=False,
                          env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8'}, **options)


if __name__ == '__main__':
    main()

#!/usr/bin/python3
"""Makes a standby out of a base backup, whole or not at all."""

import os
import pwd
import shutil
import subprocess

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = '''
module: pp_clone
short_description: a standby's data directory from a base backup of its upstream
description:
  - The copy is made beside its place and renamed when it is complete. A data directory that holds anything is refused.
options:
  data_directory: {type: path, required: true}
  bin_directory: {type: path, required: true}
  upstream: {description: libpq connection string that becomes primary_conninfo, type: str, required: true}
  slot: {description: physical replication slot on the upstream, type: str, required: true}
'''


def main():
    module = AnsibleModule(supports_check_mode=True, argument_spec={
        'data_directory': {'type': 'path', 'required': True},
        'bin_directory': {'type': 'path', 'required': True},
        'upstream': {'type': 'str', 'required': True},
        'slot': {'type': 'str', 'required': True},
    })
    options = module.params
    target = options['data_directory']
    if os.path.isdir(target) and os.listdir(target):
        module.fail_json(msg='%s is not empty and is left alone' % target)
    if module.check_mode:
        module.exit_json(changed=True)
    temporary = target + '.pp-new'
    account = pwd.getpwnam('postgres')
    as_postgres = {'user': account.pw_uid, 'group': account.pw_gid, 'extra_groups': [], 'cwd': '/'}
    shutil.rmtree(temporary, ignore_errors=True)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    os.chown(os.path.dirname(target), account.pw_uid, account.pw_gid)
    backup = subprocess.run(
        [os.path.join(options['bin_directory'], 'pg_basebackup'), '--pgdata', temporary, '--dbname', options['upstream'],
         '--slot', options['slot'], '--wal-method', 'stream', '--checkpoint', 'fast', '--no-password'],
        capture_output=True, text=True, check=False, env={'LC_ALL': 'C.UTF-8'}, **as_postgres)
    if backup.returncode:
        shutil.rmtree(temporary, ignore_errors=True)
        module.fail_json(msg='pg_basebackup: ' + backup.stderr.strip())
    follow(temporary, account, {'primary_conninfo': options['upstream'], 'primary_slot_name': options['slot']})
    if os.path.isdir(target):
        os.rmdir(target)
    os.rename(temporary, target)
    flush(os.path.dirname(target))
    module.exit_json(changed=True)


def follow(directory, account, settings):
    """Settings where ALTER SYSTEM keeps them, so that pp changes them there later; then the standby's mark."""
    with open(os.path.join(directory, 'postgresql.auto.conf'), 'a', encoding='utf-8') as file:
        for name, value in settings.items():
            file.write("%s = '%s'\n" % (name, value.replace("'", "''")))
        file.flush()
        os.fsync(file.fileno())
    signal = os.path.join(directory, 'standby.signal')
    with open(signal, 'w', encoding='utf-8') as file:
        os.fsync(file.fileno())
    os.chmod(signal, 0o600)
    os.chown(signal, account.pw_uid, account.pw_gid)
    flush(directory)


def flush(directory):
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


if __name__ == '__main__':
    main()

#!/usr/bin/python3
"""Puts a set of files into place in one call: a play over many files costs one round trip a host."""

import grp
import json
import os
import pwd
import stat
import subprocess
import tempfile

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = '''
module: pp_files
short_description: directories, files and links as they shall be, in one call
description:
  - Each file is written beside its place, flushed and renamed, so that no reader ever sees half of it.
options:
  directories: {description: path owner group mode, type: list, elements: dict, default: []}
  files:
    description:
      - path, owner, group, mode, and content or json (a value); neither, where secrets has the content.
      - only_if_absent leaves a file that exists alone, whatever is in it.
      - validate is an argument list; the new file's path is appended, and a failure leaves the old file.
    type: list
    elements: dict
    default: []
  secrets:
    description:
      - Contents that are never shown, by path.
      - Not a part of files, because Ansible logs nested values to the host's journal, marked or not.
    type: dict
    default: {}
  links: {description: path and target, type: list, elements: dict, default: []}
'''

RETURN = '''
paths: {description: what was changed, type: list}
'''

OWNERSHIP = {
    'path': {'type': 'path', 'required': True},
    'owner': {'type': 'str', 'default': 'root'},
    'group': {'type': 'str', 'default': 'root'},
}


def main():
    module = AnsibleModule(supports_check_mode=True, argument_spec={
        'directories': {'type': 'list', 'elements': 'dict', 'default': [],
                        'options': {**OWNERSHIP, 'mode': {'type': 'str', 'default': '0755'}}},
        'files': {'type': 'list', 'elements': 'dict', 'default': [], 'options': {
            **OWNERSHIP,
            'mode': {'type': 'str', 'default': '0644'},
            'content': {'type': 'str'},
            'json': {'type': 'dict'},
            'only_if_absent': {'type': 'bool', 'default': False},
            'validate': {'type': 'list', 'elements': 'str', 'default': []},
        }},
        'secrets': {'type': 'dict', 'default': {}, 'no_log': True},
        'links': {'type': 'list', 'elements': 'dict', 'default': [],
                  'options': {'path': {'type': 'path', 'required': True}, 'target': {'type': 'str', 'required': True}}},
    })
    changes = Changes(module.check_mode)
    try:
        for directory in module.params['directories']:
            put_directory(directory, changes)
        for file in module.params['files']:
            put_file(file, module.params['secrets'].get(file['path']), changes)
        for link in module.params['links']:
            put_link(link, changes)
    except (OSError, KeyError, Refused) as error:
        module.fail_json(msg=str(error), paths=changes.paths)
    module.exit_json(changed=bool(changes.paths), paths=changes.paths, diff=changes.diffs)


class Refused(Exception):
    pass


class Changes:
    def __init__(self, check_mode):
        self.check_mode = check_mode
        self.paths = []
        self.diffs = []

    def note(self, path, before='', after=''):
        self.paths.append(path)
        self.diffs.append({'before_header': path, 'after_header': path, 'before': before, 'after': after})
        return not self.check_mode


def put_directory(wanted, changes):
    path = wanted['path']
    if os.path.isdir(path):
        if has_ownership(os.stat(path), wanted, changes.check_mode):
            return
        if changes.note(path, 'other owner or mode\n', 'owner and mode as wanted\n'):
            give_ownership(path, wanted)
    elif changes.note(path, '', 'directory\n'):
        os.makedirs(path, exist_ok=True)
        give_ownership(path, wanted)


def put_file(wanted, secret, changes):
    path = wanted['path']
    exists = os.path.lexists(path)
    if exists and wanted['only_if_absent']:
        return
    content = content_of(wanted) if secret is None else secret
    is_regular = exists and stat.S_ISREG(os.lstat(path).st_mode)
    before = read(path) if is_regular else None
    if is_regular and before == content and has_ownership(os.lstat(path), wanted, changes.check_mode):
        return
    is_shown = secret is None
    if changes.note(path, (before or '') if is_shown else '', content if is_shown else 'a secret\n'):
        replace(path, content, wanted)


def put_link(wanted, changes):
    path, target = wanted['path'], wanted['target']
    if os.path.islink(path) and os.readlink(path) == target:
        return
    if changes.note(path, '', '-> %s\n' % target):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = path + '.pp-new'
        if os.path.lexists(temporary):
            os.unlink(temporary)
        os.symlink(target, temporary)
        os.replace(temporary, path)


def content_of(wanted):
    if wanted['json'] is not None:
        return json.dumps(wanted['json'], indent=2) + '\n'
    if wanted['content'] is None:
        raise Refused('%s has no content' % wanted['path'])
    return wanted['content']


def read(path):
    with open(path, encoding='utf-8', errors='surrogateescape', newline='') as file:
        return file.read()


def replace(path, content, wanted):
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix='.pp-', dir=folder)
    try:
        with os.fdopen(descriptor, 'w', encoding='utf-8', errors='surrogateescape', newline='') as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        validate(wanted['validate'], temporary, path)
        give_ownership(temporary, wanted)
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    flush_directory(folder)


def validate(command, temporary, path):
    if not command:
        return
    checked = subprocess.run([*command, temporary], capture_output=True, text=True, check=False)
    if checked.returncode:
        said = (checked.stderr or checked.stdout).strip()
        raise Refused('%s stays as it was, %s says: %s' % (path, command[0], said))


def flush_directory(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def has_ownership(found, wanted, check_mode):
    try:
        owner, group = ids(wanted)
    except KeyError:
        # The account comes with a package that a dry run has not installed.
        if check_mode:
            return False
        raise
    return (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (owner, group, int(wanted['mode'], 8))


def give_ownership(path, wanted):
    os.chown(path, *ids(wanted))
    os.chmod(path, int(wanted['mode'], 8))


def ids(wanted):
    return pwd.getpwnam(wanted['owner']).pw_uid, grp.getgrnam(wanted['group']).gr_gid


if __name__ == '__main__':
    main()

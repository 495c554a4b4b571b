#!/usr/bin/python3
"""Puts a set of files into place in one call: a play over many files costs one round trip a host."""

import grp
import hashlib
import importlib.util
import json
import os
import pwd
import py_compile
import re
import shutil
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
  programs:
    description:
      - A Python program of several files, which are contents by name; path, owner, group. The file that is called like path is
        the one to start, and path becomes a link to it.
      - They go to a folder of their own in folder, named by their digest, with byte-code; the link moves last. So every start
        sees the files of one version. The version that was there before stays, for what still runs.
      - The byte-code is of the Python that runs this module, and is compared with its source at each load.
    type: list
    elements: dict
    default: []
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
        'programs': {'type': 'list', 'elements': 'dict', 'default': [],
                     'options': {**OWNERSHIP, 'folder': {'type': 'path', 'required': True},
                                 'files': {'type': 'dict', 'required': True}}},
    })
    changes = Changes(module.check_mode)
    try:
        for directory in module.params['directories']:
            put_directory(directory, changes)
        for file in module.params['files']:
            put_file(file, module.params['secrets'].get(file['path']), changes)
        for link in module.params['links']:
            put_link(link, changes)
        for program in module.params['programs']:
            put_program(program, changes)
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


def put_program(wanted, changes):
    path, name = wanted['path'], os.path.basename(wanted['path'])
    digest = hashlib.sha256(listing(wanted['files']).encode()).hexdigest()
    version = '%s/%s-%s' % (wanted['folder'], name, digest[:16])
    link = {'path': path, 'target': '%s/%s' % (version, name)}
    is_linked = os.path.islink(path) and os.readlink(path) == link['target']
    if is_linked and is_whole(version, wanted, changes.check_mode):
        return
    before = os.path.dirname(os.readlink(path)) if os.path.islink(path) else ''
    is_version = os.path.dirname(before) == wanted['folder']
    if changes.note(path, listing(contents(before)) if is_version else '', listing(wanted['files'])):
        write_version(version, wanted)
        put_link(link, Changes(False))
        flush_directory(os.path.dirname(path))
        remove_versions(wanted['folder'], name, {version, before})


def listing(files):
    """As sha256sum writes it."""
    digests = {name: hashlib.sha256(content.encode('utf-8', 'surrogateescape')) for name, content in files.items()}
    return ''.join('%s  %s\n' % (digests[name].hexdigest(), name) for name in sorted(digests))


def contents(version):
    """Of every file but the byte-code, by name; nothing where there is no such folder."""
    names = [os.path.join(folder, name) for folder, _, names in os.walk(version) for name in names]
    return {os.path.relpath(name, version): read(name) for name in names if not name.endswith('.pyc')}


def is_whole(version, wanted, check_mode):
    def is_owned(path, mode):
        return has_ownership(os.lstat(path), {**wanted, 'mode': mode}, check_mode)

    if contents(version) != wanted['files']:
        return False
    for name in wanted['files']:
        path = os.path.join(version, name)
        compiled = byte_code_of(path)
        if not is_owned(path, mode_of(name)) or not is_owned(os.path.dirname(path), '0755'):
            return False
        if compiled and not (is_compiled(path, compiled) and is_owned(compiled, '0644') and is_owned(os.path.dirname(compiled), '0755')):
            return False
    return True


def mode_of(name):
    return '0644' if name.endswith('.py') else '0755'


def byte_code_of(path):
    return importlib.util.cache_from_source(path) if path.endswith('.py') else None


def is_compiled(path, compiled):
    """By this Python, from this very source. @see PEP 552"""
    if not os.path.isfile(compiled):
        return False
    with open(path, 'rb') as source, open(compiled, 'rb') as file:
        return file.read(16) == importlib.util.MAGIC_NUMBER + b'\3\0\0\0' + importlib.util.source_hash(source.read())


def write_version(version, wanted):
    files = wanted['files']
    for name in set(contents(version)) - set(files):
        os.unlink(os.path.join(version, name))
    for name, content in files.items():
        path = os.path.join(version, name)
        compiled = byte_code_of(path)
        for folder in (version, os.path.dirname(path), *([os.path.dirname(compiled)] if compiled else [])):
            os.makedirs(folder, exist_ok=True)
            give_ownership(folder, {**wanted, 'mode': '0755'})
        replace(path, content, {**wanted, 'mode': mode_of(name), 'validate': []})
        if compiled:
            compile_module(path, compiled, {**wanted, 'mode': '0644'})


def compile_module(path, compiled, ownership):
    py_compile.compile(path, compiled, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    give_ownership(compiled, ownership)
    with open(compiled, 'rb') as file:
        # Half of one, after a power cut, would end every program that loads it.
        os.fsync(file.fileno())
    flush_directory(os.path.dirname(compiled))


def remove_versions(folder, name, kept):
    form = re.compile(re.escape(name) + r'-[0-9a-f]{16}\Z')
    for path in [os.path.join(folder, entry) for entry in os.listdir(folder) if form.match(entry)]:
        if path not in kept:
            shutil.rmtree(path)


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

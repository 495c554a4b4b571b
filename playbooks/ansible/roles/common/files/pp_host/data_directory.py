"""The data directory: its signal files, what was begun in it and not ended, whom it follows, its disk."""

import contextlib
import os

from .durable import read_state, replace_file
from .programs import user_named
from .refusals import Refusal


@contextlib.contextmanager
def data_directory(database):
    descriptor = os.open(database['dataDirectory'], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def has_file(database, name):
    return os.path.lexists(f'{database["dataDirectory"]}/{name}')


def write_signal_file(database, name, sync=True):
    """Makes an empty file of the server's user. The directory is that user's, so links are never followed."""
    user = user_named(database['osUser'])
    with data_directory(database) as folder:
        try:
            descriptor = os.open(
                name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder
            )
        except FileExistsError:
            return False
        try:
            os.fchown(descriptor, user.pw_uid, user.pw_gid)
            if sync:
                os.fsync(descriptor)
                os.fsync(folder)
        except OSError:
            os.unlink(name, dir_fd=folder)
            raise
        finally:
            os.close(descriptor)
        return True


def remove_signal_file(database, name, sync=True):
    with data_directory(database) as folder:
        try:
            os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            return False
        if sync:
            os.fsync(folder)
        return True


def check_rewindable(host, target):
    """pg_rewind that has begun and not ended leaves files of two histories; only a new copy mends that."""
    found = unfinished(host.places, target)
    if found is not None and (found['kind'] == 'clone' or not found['isDatabase']):
        raise interrupted(found)


def check_whole(host, target):
    """Between its first and its last file a directory that is rewound or copied is no database: it is never started."""
    found = unfinished(host.places, target)
    if found is not None:
        raise interrupted(found)


def interrupted(found):
    code = {'rewind': 'REWIND_UNFINISHED', 'clone': 'CLONE_UNFINISHED'}[found['kind']]
    return Refusal(code, f'The {found["kind"]} of operation {found["operation"]} was interrupted.', unfinished=found)


def unfinished(places, target):
    """The rewind or clone that was begun here and has not ended. `isDatabase`: it had not touched the directory yet."""
    for kind, path in (('clone', places.clone(target)), ('rewind', places.rewind(target))):
        marker = read_state(path)
        if marker is not None:
            return {
                'kind': kind, 'operation': marker['operation'], 'time': marker['time'],
                'isDatabase': marker.get('phase') in ('recovering', 'keeping'), 'kept': marker.get('kept'),
            }
    return None


def follow(database, conninfo, slot):
    """Whom it follows from now on; pg_rewind has brought the source's own settings. The last line of a name counts."""
    path = f'{database["dataDirectory"]}/postgresql.auto.conf'
    user = user_named(database['osUser'])
    with open(path, 'rb') as file:
        kept = [line for line in file.read().splitlines() if not line.startswith((b'primary_conninfo', b'primary_slot_name'))]
    settings = {'primary_conninfo': conninfo, 'primary_slot_name': slot}
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'".encode() for name, value in settings.items()]
    replace_file(path, b'\n'.join([*kept, *lines, b'']), 0o600, (user.pw_uid, user.pw_gid))


def free_bytes(database):
    """What an ordinary account may still use of the disk that the data directory lies on."""
    try:
        directory = database['dataDirectory']
        disk = os.statvfs(directory if os.path.isdir(directory) else os.path.dirname(directory))
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize


def check_space(database, needed, what):
    free = free_bytes(database)
    if free is not None and free < needed:
        raise Refusal('DISK_SHORT', f'{needed} bytes are needed for {what}, and {free} are free.', neededBytes=needed, freeBytes=free)


def server_version(database):
    try:
        with open(f'{database["dataDirectory"]}/PG_VERSION', encoding='ascii', errors='replace') as file:
            return file.read(20).strip()
    except OSError:
        return None

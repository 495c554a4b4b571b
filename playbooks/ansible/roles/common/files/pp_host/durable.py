"""Durable files: state that survives a power cut whole or not at all, and this boot's id."""

import contextlib
import json
import os
from _thread import get_ident

from .places import boot_seconds
from .refusals import Refusal
from .sha256 import sha256


def make_private_folder(path):
    if not os.path.isdir(path):
        os.makedirs(path, mode=0o700, exist_ok=True)
        sync_folder(os.path.dirname(path))


def sync_folder(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(descriptor, content, path):
    view = memoryview(content)
    while view:
        try:
            view = view[os.write(descriptor, view):]
        except OSError as error:
            error.filename = path
            raise


def replace_file(path, content, mode=0o600, owner=None):
    """Temporary file, fsync, rename, fsync of the folder: a reader sees the old or the new file, also after a power cut."""
    folder = os.path.dirname(path)
    make_private_folder(folder)
    temporary = f'{folder}/.{os.path.basename(path)}.{os.getpid()}.{get_ident()}.tmp'
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            write_whole(descriptor, content, path)
            os.fchmod(descriptor, mode)
            if owner is not None:
                os.fchown(descriptor, owner[0], owner[1])
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync_folder(folder)


def remove_file(path):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
        sync_folder(os.path.dirname(path))


def digest_of(state):
    return sha256(json.dumps(state, sort_keys=True, separators=(',', ':')).encode()).hexdigest()


def write_state(path, state):
    """The digest lets a reader tell a torn or edited file from a written one."""
    replace_file(path, (json.dumps({**state, 'sum': digest_of(state)}, sort_keys=True) + '\n').encode())


def read_state(path):
    """The state written there, or None where there is no file.

    Anything else refuses: a lock file that a full disk has cut to nothing once read as "no lock" would let two
    operators act at once.
    """
    try:
        with open(path, 'rb') as file:
            content = file.read()
    except FileNotFoundError:
        return None
    try:
        state = json.loads(content)
        total = state.pop('sum')
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        raise torn(path, 'is not what the helper writes') from None
    if total != digest_of(state):
        raise torn(path, 'does not match its digest')
    return state


def torn(path, reason):
    return Refusal(
        'STATE_TORN',
        f'{path} {reason}. Look at it, make sure that no operation runs on this target, and move it away.',
        path=path,
    )


def boot_of(places):
    """This boot's random id and when it was made.

    It lies on tmpfs and is gone after a reboot. The kernel's own boot id would not do: namespaces share it.
    """
    state = read_state(places.boot())
    if state is not None:
        return state
    make_private_folder(places.run)
    state = {'bootId': os.urandom(16).hex(), 'createdAt': boot_seconds()}
    temporary = f'{places.boot()}.{os.getpid()}.{os.urandom(4).hex()}'
    write_state(temporary, state)
    try:
        os.link(temporary, places.boot())
    except FileExistsError:
        pass  # Another helper was first; its id counts.
    finally:
        os.unlink(temporary)
    return read_state(places.boot())

"""Fault: not one block is left on the disk of the data directory."""

import contextlib
import errno
import os

from .data_directory import free_bytes
from .durable import sync_folder
from .places import boot_seconds
from .refusals import Refusal

SHARED = ('/', '/usr', '/var', '/var/log', '/var/tmp', '/tmp', '/home')
"""What must not lie on the same file system: the host would be hit, and not the database alone."""

POOLED = ('btrfs', 'zfs', 'bcachefs')
"""File systems that look like several and have one room together."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
PIECE = 1024 ** 3
BLOCK = 8192
FILL_SECONDS = 120


class DiskFull:
    starts = False

    def __init__(self, host, record):
        self.host = host
        self.record = record
        self.database = host.config.databases.get(record['target'])
        self.filler = f'.pp-fault-{record["fault"]}'
        self.trial = f'{self.filler}.trial'

    def prepare(self):
        if self.database is None:
            raise Refusal('FAULT_NO_DATABASE', f'{self.host.config.host} runs no server of {self.record["target"]}.')
        data = os.path.realpath(self.database['dataDirectory'])
        device = os.stat(data).st_dev
        for other in (*SHARED, self.host.places.state):
            if os.path.isdir(other) and os.stat(other).st_dev == device:
                raise Refusal('FAULT_DISK_SHARED', f'{data} lies on the same file system as {other}.', path=data, shared=other)
        kind = file_system_of(data)
        if kind in POOLED:
            raise Refusal('FAULT_DISK_SHARED', f'{data} lies on {kind}, whose room others may share.', path=data, shared=kind)
        # Beside the data, where no copy of it takes the file along; not where the data directory is the disk's top.
        beside = os.path.dirname(data)
        return {'folder': beside if os.stat(beside).st_dev == device else data, 'device': device}

    def act(self):
        with self.folder() as folder:
            if os.fstat(folder).st_dev != self.record['undo']['device']:
                raise Refusal('FAULT_FAILED', f'{self.record["undo"]["folder"]} lies on another disk by now.')
            # The folder may be the server's user's, so a file that is there is never written to.
            unlink(folder, self.filler)
            descriptor = os.open(self.filler, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
            try:
                fill(descriptor)
            finally:
                os.close(descriptor)

    def undo(self):
        with self.folder() as folder:
            unlink(folder, self.filler)
            unlink(folder, self.trial)
        sync_folder(self.record['undo']['folder'])

    def after_boot(self):
        self.undo()
        return self.gone()

    def in_force(self):
        fits, measured = self.try_to_write()
        return not fits, measured

    def gone(self):
        if os.path.lexists(f'{self.record["undo"]["folder"]}/{self.filler}'):
            return False, 'the file that fills it is there'
        return self.try_to_write()

    def try_to_write(self):
        """As root, for whom file systems keep some blocks back: so it is full for everybody, or there is room."""
        with self.folder() as folder:
            descriptor = None
            try:
                descriptor = os.open(self.trial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
                os.write(descriptor, bytes(BLOCK))
                os.fsync(descriptor)
            except OSError as error:
                if error.errno not in NO_ROOM:
                    raise
                return False, os.strerror(error.errno)
            finally:
                if descriptor is not None:
                    os.close(descriptor)
                unlink(folder, self.trial)
        return True, f'a block of {BLOCK // 1024} kB was written, {free_bytes(self.database)} bytes are free'

    @contextlib.contextmanager
    def folder(self):
        descriptor = os.open(self.record['undo']['folder'], os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def unlink(folder, name):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def fill(descriptor):
    """Takes the room in large pieces, then what the file system still had for its own tables, block by block."""
    deadline = boot_seconds() + FILL_SECONDS
    end, piece = 0, PIECE
    while piece >= BLOCK:
        try:
            os.posix_fallocate(descriptor, end, piece)
            end += piece
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            # What had been taken before there was no more of it stays taken.
            end = max(end, os.fstat(descriptor).st_size)
            piece //= 2
        in_time(deadline)
    try:
        while True:
            end += os.pwrite(descriptor, bytes(BLOCK // 2), end)
            in_time(deadline)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
    with contextlib.suppress(OSError):
        os.fsync(descriptor)


def in_time(deadline):
    if boot_seconds() >= deadline:
        raise Refusal('FAULT_FAILED', f'The disk could not be filled within {FILL_SECONDS} s.')


def file_system_of(path):
    """Kind of the file system that is mounted nearest above a path. @see man proc, mountinfo"""
    best, kind = '', ''
    with open('/proc/self/mountinfo', encoding='utf-8', errors='replace') as file:
        for line in file:
            fields = line.split()
            place = fields[4]
            if len(place) >= len(best) and (path == place or path.startswith(f'{place.rstrip("/")}/')):
                best, kind = place, fields[fields.index('-') + 1]
    return kind

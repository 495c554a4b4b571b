"""WAL of a dead server, piece by piece to a standby."""

import base64
import contextlib
import os
import zlib

from .config import database_of
from .control import check_identity, trusted_control
from .data_directory import has_file
from .lock import acting
from .processes import processes_of
from .programs import user_named
from .refusals import Refusal
from .requests import WAL_CHUNK
from .wal import lsn_number, shown_lsn, wal_name, wal_segments
from .waldump import dump


def verb_wal_end(host, args):
    """Where the WAL of a stopped server ends, seen from a record's end that a standby has reached. Changes nothing.

    `last` is the start of the last whole record after that position, None when there is none; `end` lies behind it.
    """
    database = database_of(host, args)
    control = trusted_control(host, database)
    check_identity(control, args)
    if processes_of(database):
        raise Refusal('STILL_RUNNING', 'PostgreSQL runs, so its WAL has no end yet.')
    segment_bytes = control['walSegmentBytes']
    after = lsn_number(args['lsn'])
    first = wal_name(args['timeline'], after, segment_bytes)
    folder = f'{database["dataDirectory"]}/pg_wal'
    if not os.path.exists(f'{folder}/{first}'):
        later = [name for name, _ in wal_segments(folder, args['timeline'], segment_bytes) if name > first]
        if later:
            raise Refusal('WAL_MISSING', f'{first} is not there any more; the oldest is {min(later)}.')
    found = dump(host, database, control, folder, args['timeline'], after, seconds=600)
    if found.problem is not None:
        raise Refusal('WAL_UNREADABLE', found.problem)
    return {
        'last': None if found.last is None else shown_lsn(found.last), 'end': shown_lsn(found.end), 'bytes': found.end - after,
    }


def verb_wal_read(host, args):
    """One piece of WAL from the position on, to the end of its segment at most. Changes nothing."""
    database = database_of(host, args)
    control = trusted_control(host, database)
    check_identity(control, args)
    position, segment_bytes = lsn_number(args['lsn']), control['walSegmentBytes']
    offset = position % segment_bytes
    with wal_directory(database) as folder:
        try:
            descriptor = os.open(
                wal_name(args['timeline'], position, segment_bytes), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder
            )
        except FileNotFoundError:
            raise Refusal('WAL_MISSING', f'There is no WAL at {args["lsn"]}.') from None
        try:
            content = os.pread(descriptor, min(args['bytes'], segment_bytes - offset), offset)
        finally:
            os.close(descriptor)
    return {'content': base64.b64encode(zlib.compress(content, 1)).decode(), 'bytes': len(content)}


def verb_wal_write(host, args):
    """Puts a piece of the lost primary's WAL where this standby, which nothing streams to, looks for more."""
    database = database_of(host, args)
    with acting(host, args, 'wal-write'):
        control = trusted_control(host, database)
        check_identity(control, args)
        if not has_file(database, 'standby.signal'):
            raise Refusal('NOT_A_STANDBY', 'Only a standby takes WAL from elsewhere.')
        position, segment_bytes = lsn_number(args['lsn']), control['walSegmentBytes']
        content = piece(args['content'])
        offset = position % segment_bytes
        if offset + len(content) > segment_bytes:
            raise Refusal('BAD_REQUEST', 'A piece may not cross the end of its segment.')
        name = wal_name(args['timeline'], position, segment_bytes)
        with wal_directory(database) as folder:
            make_segment(database, folder, name, segment_bytes)
            descriptor = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            try:
                os.pwrite(descriptor, content, offset)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return {'bytes': len(content)}


def piece(text):
    inflating = zlib.decompressobj()
    try:
        content = inflating.decompress(base64.b64decode(text, validate=True), WAL_CHUNK)
    except (ValueError, zlib.error) as error:
        raise Refusal('BAD_REQUEST', f'content: {error}') from None
    if not inflating.eof:
        raise Refusal('BAD_REQUEST', f'content is longer than {WAL_CHUNK} bytes, or not whole.')
    return content


def make_segment(database, folder, name, segment_bytes):
    """A whole segment of zeros appears at once: a short one would be an error to the server that looks for it."""
    if name in os.listdir(folder):
        return
    user = user_named(database['osUser'])
    with contextlib.suppress(FileNotFoundError):
        os.unlink('pp.new', dir_fd=folder)
    descriptor = os.open('pp.new', os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        os.posix_fallocate(descriptor, 0, segment_bytes)
        os.fchown(descriptor, user.pw_uid, user.pw_gid)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.rename('pp.new', name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


@contextlib.contextmanager
def wal_directory(database):
    descriptor = os.open(f'{database["dataDirectory"]}/pg_wal', os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)

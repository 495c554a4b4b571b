"""Places in the WAL: positions, segments, timelines."""

import os
import re
import sys

from .config import database_of

WAL_PAGE = 8192


def lsn_number(text):
    high, low = (int(part, 16) for part in text.split('/'))
    return (high << 32) + low


def shown_lsn(number):
    return f'{number >> 32:X}/{number & 0xFFFFFFFF:X}'


def wal_name(timeline, position, segment_bytes):
    """@see XLogFileName in PostgreSQL's xlog_internal.h"""
    number, per_id = position // segment_bytes, 2**32 // segment_bytes
    return f'{timeline:08X}{number // per_id:08X}{number % per_id:08X}'


def wal_segments(folder, timeline, segment_bytes):
    """Name and position of every segment of a timeline, in order; what they hold may be older."""
    names = sorted(name for name in os.listdir(folder) if re.fullmatch(f'{timeline:08X}[0-9A-F]{{16}}', name))
    return [(name, (int(name[8:16], 16) << 32) + int(name[16:], 16) * segment_bytes) for name in names]


def record_end(start, length, segment_bytes):
    """Where a record ends: every page that it goes on to begins with a header. @see xlog_internal.h"""
    position = start
    while length > WAL_PAGE - position % WAL_PAGE:
        length -= WAL_PAGE - position % WAL_PAGE
        position += WAL_PAGE - position % WAL_PAGE
        position += 24 if position % segment_bytes else 40
    return position + length + -length % 8


def own_timeline(database, control):
    """The control file learns of a promotion only at the checkpoint after it; the WAL has it at once."""
    segments = (name for name in os.listdir(f'{database["dataDirectory"]}/pg_wal') if re.fullmatch(r'[0-9A-F]{24}', name))
    return max([control['timeline'], *(int(name[:8], 16) for name in segments)])


def history_of(database, timeline):
    """The ancestors of a timeline and where each ends, as its history file has them."""
    try:
        with open(f'{database["dataDirectory"]}/pg_wal/{timeline:08X}.history', encoding='utf-8', errors='replace') as file:
            lines = [line.split() for line in file if re.match(r'\s*\d+\s+[0-9A-F]+/[0-9A-F]+', line)]
    except FileNotFoundError:
        return []
    return [(int(words[0]), lsn_number(words[1])) for words in lines]


def verb_history(host, args):
    """From which timelines this member's comes, and where each ended. Changes nothing."""
    database = database_of(host, args)
    ancestors = history_of(database, args['timeline'])
    return {'ancestors': [{'timeline': number, 'lsn': shown_lsn(end)} for number, end in ancestors]}


def branch(database, control, timeline, lsn):
    """The WAL that this directory alone has, from the fork on: where it begins on each of its timelines."""
    own = own_timeline(database, control)
    ways, ancestors = [(timeline, lsn)], history_of(database, own)
    following = [*(number for number, _ in ancestors[1:]), own]
    return ways + [(after, end) for (number, end), after in zip(ancestors, following) if number >= timeline]


def written_end(database, control, redo):
    """The end of the last page of WAL that holds what its place says; a recycled page still names its old place."""
    segment_bytes = control['walSegmentBytes']
    position = redo - redo % WAL_PAGE
    while True:
        name = wal_name(control['timeline'], position, segment_bytes)
        try:
            with open(f'{database["dataDirectory"]}/pg_wal/{name}', 'rb', buffering=0) as segment:
                # A whole segment further as long as its last page is written.
                last = segment_bytes - WAL_PAGE
                if page_place(segment, last) == position - position % segment_bytes + last:
                    position += segment_bytes - position % segment_bytes
                    continue
                while page_place(segment, position % segment_bytes) == position:
                    position += WAL_PAGE
        except OSError:
            pass  # no further segment
        return position


def is_written(path, timeline, position):
    """Whether WAL of this timeline was written at the beginning of this segment."""
    with open(path, 'rb', buffering=0) as segment:
        header = os.pread(segment.fileno(), 16, 0)
    return (int.from_bytes(header[4:8], sys.byteorder), int.from_bytes(header[8:], sys.byteorder)) == (timeline, position)


def page_place(segment, offset):
    """@see XLogPageHeaderData in PostgreSQL's xlog_internal.h"""
    header = os.pread(segment.fileno(), 16, offset)
    return int.from_bytes(header[8:16], sys.byteorder) if len(header) == 16 else None

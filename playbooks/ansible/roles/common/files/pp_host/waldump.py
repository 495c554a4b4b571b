"""WAL as pg_waldump tells it, and whether what it has told is all there is."""

import os
import re
import sys

from .programs import user_named
from .wal import WAL_PAGE, is_written, lsn_number, record_end, shown_lsn, wal_name, wal_segments

RECORD = re.compile(r'rmgr: \w+\s+len \(rec/tot\):\s*\d+/\s*(\d+), .*?lsn: ([0-9A-F]+/[0-9A-F]+), .*?desc: (\w*)')

END_OF_WAL = re.compile(
    'could not find a valid record after|error in WAL record at .*: ('
    'invalid record length at|record length .* too long|record with incorrect prev-link|invalid resource manager ID|'
    'incorrect resource manager data checksum|contrecord is requested by|there is no contrecord flag|invalid contrecord length|'
    'invalid magic number|invalid info bits|unexpected pageaddr|out-of-sequence timeline ID)'
)
"""What a reader meets behind the last record; whatever else pg_waldump complains of may hide records."""


class Dumped:
    """@property last the start of the last whole record, None when there is none
    @property end behind it
    @property problem why there may be more; None: that is all
    """

    def __init__(self, last, end, problem):
        self.last, self.end, self.problem = last, end, problem


def dump(host, database, control, folder, timeline, begin, take=lambda line: None, stop=None, seconds=3600):
    """Hands the line of every record from `begin` on to `take`, up to `stop` or else to the end of the WAL.

    @param control of the directory that the WAL is of: its last checkpoint lies before the end.
    """
    segment_bytes = control['walSegmentBytes']
    status, complaint, line = 1, None, ['']

    def keep(text):
        if text.startswith('rmgr:'):
            line[0] = text
        take(text)

    first = f'{folder}/{wal_name(timeline, begin, segment_bytes)}'
    # A new segment that nothing was written to yet is no WAL to pg_waldump.
    if os.path.exists(first) and (begin % segment_bytes or is_written(first, timeline, begin)):
        argv = [
            f'{database["binDirectory"]}/pg_waldump', '--path', folder, '--timeline', str(timeline), '--start', shown_lsn(begin),
            *(() if stop is None else ('--end', shown_lsn(stop))),
        ]
        status, complaint = host.tools.each_line(argv, user_named(database['osUser']), seconds, keep)
    last, end = last_record(line[0], begin, segment_bytes)
    if stop is not None:
        problem = None if status == 0 else complaint or 'there is no WAL'
    elif status == 1 and (complaint is None or is_end(complaint, timeline, end, segment_bytes)):
        problem = found_behind(control, folder, timeline, last, end)
    else:
        problem = complaint or f'it ended with {status}'
    return Dumped(last, end, problem and f'pg_waldump, at {shown_lsn(end)}: {problem[-300:]}')


def last_record(line, begin, segment_bytes):
    found = RECORD.search(line)
    if found is None:
        return None, begin
    length, last, what = int(found[1]), lsn_number(found[2]), found[3]
    end = record_end(last, length, segment_bytes)
    return last, end + (-end % segment_bytes if what == 'SWITCH' else 0)


def is_end(complaint, timeline, end, segment_bytes):
    # A segment that is full has its successor only once something was written there.
    is_full = end % segment_bytes == 0 and f'could not find file "{wal_name(timeline, end, segment_bytes)}"' in complaint
    return is_full or END_OF_WAL.search(complaint) is not None


def found_behind(control, folder, timeline, last, end):
    """What shows that WAL was written behind this end, so that a damaged record was taken for it; None: nothing does."""
    checkpoint, recovered = lsn_number(control['checkpointLsn']), lsn_number(control['minRecoveryLsn'])
    if control['timeline'] == timeline and checkpoint >= end:
        return f'the last checkpoint is at {shown_lsn(checkpoint)}'
    if control['minRecoveryTimeline'] == timeline and recovered > end:
        return f'data was written at {shown_lsn(recovered)}'
    segment_bytes = control['walSegmentBytes']
    reach = begun_end(folder, timeline, last, end, segment_bytes)
    # A segment is begun once the one before is on the disk; one that was only recycled still names its old place.
    for name, position in wal_segments(folder, timeline, segment_bytes):
        if position >= reach and is_written(f'{folder}/{name}', timeline, position):
            return f'{name} was written'
    return None


def begun_end(folder, timeline, last, end, segment_bytes):
    """Where a record ends that was begun here and never finished: its later parts may be in the next segment."""
    start = end + (0 if end % WAL_PAGE else 40 if end % segment_bytes == 0 else 24)
    try:
        with open(f'{folder}/{wal_name(timeline, start, segment_bytes)}', 'rb', buffering=0) as segment:
            header = os.pread(segment.fileno(), 16, start % segment_bytes)
    except FileNotFoundError:
        return end
    length, previous = (int.from_bytes(part, sys.byteorder) for part in (header[:4], header[8:]))
    return record_end(start, length, segment_bytes) if last is not None and previous == last else end

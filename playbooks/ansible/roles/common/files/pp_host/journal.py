"""The journal's copies, and the helper's own records."""

import contextlib
import json
import os
import time

from .durable import (
    boot_of, make_private_folder, read_state, remove_file, sync_folder, torn, write_state, write_whole,
)
from .flocks import holding
from .lock import check_not_after, check_token
from .places import boot_seconds, wall_time
from .refusals import Refusal, complain


def journal_paths(places, target, operation):
    folder = places.journal_folder(target)
    return f'{folder}/{operation}.ndjson', f'{folder}/{operation}.state.json', f'{folder}/{operation}.host.ndjson'


def read_lines(path):
    try:
        with open(path, encoding='utf-8', errors='replace', newline='\n') as file:
            return file.read().split('\n')[:-1]
    except FileNotFoundError:
        return []


def verb_journal(host, args):
    """Adds lines to the copy of an operation's journal, all of them or none.

    The state file beside it holds the length that has been acknowledged; what lies behind it was cut off by a
    crash or a full disk and is dropped before the next lines are added.
    """
    places, target = host.places, args['target']
    lines_path, state_path, _ = journal_paths(places, target, args['operation'])
    with holding(places, target, 'journal'):
        check_not_after(args)
        check_token(places, args, released_too=True)
        state = read_state(state_path) or {'records': 0, 'bytes': 0, 'head': None, 'token': args['token']}
        if args['previousHead'] is not None and args['previousHead'] != (state['head'] or ''):
            if not args['replace']:
                raise Refusal(
                    'JOURNAL_FORKED',
                    f'The copy of {args["operation"]} ends with another record.',
                    head=state['head'], records=state['records'], token=state['token'],
                )
            state = set_journal_aside(lines_path, state_path, state)
        make_private_folder(os.path.dirname(lines_path))
        content = ''.join(f'{line}\n' for line in args['append']).encode()
        append_exactly(lines_path, state['bytes'], content)
        added = {
            'records': state['records'] + len(args['append']),
            'bytes': state['bytes'] + len(content),
            'head': args['head'],
            'token': args['token'],
            'updatedAt': wall_time(),
        }
        write_state(state_path, added)
        return {'records': added['records'], 'head': added['head']}


def set_journal_aside(lines_path, state_path, state):
    """The chain with the highest token wins; the other one is kept beside it."""
    aside = f'{lines_path}.token{state["token"]}.{int(time.time())}'
    with contextlib.suppress(FileNotFoundError):
        os.rename(lines_path, aside)
    remove_file(state_path)
    return {'records': 0, 'bytes': 0, 'head': None, 'token': None}


def append_exactly(path, length, content):
    """Makes the file `length` bytes of what it was, then `content`, on disk. On a full disk it is as before."""
    fresh = not os.path.exists(path)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_size < length:
            raise torn(path, f'is shorter than the {length} bytes acknowledged before')
        os.ftruncate(descriptor, length)
        os.lseek(descriptor, length, os.SEEK_SET)
        try:
            write_whole(descriptor, content, path)
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, length)
            raise
    finally:
        os.close(descriptor)
    if fresh:
        sync_folder(os.path.dirname(path))


def verb_journal_read(host, args):
    """Everything this host knows about an operation: the copied lines, and what the helper itself recorded."""
    lines_path, state_path, host_path = journal_paths(host.places, args['target'], args['operation'])
    with holding(host.places, args['target'], 'journal'):
        state = read_state(state_path)
        lines = read_lines(lines_path)
        if state is not None:
            if len(lines) < state['records']:
                raise torn(lines_path, f'has {len(lines)} of {state["records"]} acknowledged lines')
            lines = lines[:state['records']]
        return {
            'lines': lines if state is not None else [],
            'head': state and state['head'],
            'token': state and state['token'],
            'host': host_records(host_path),
        }


def host_records(path):
    """The helper's own records; a line cut off by a crash is left out, since its act had not begun."""
    records = []
    for line in read_lines(path):
        try:
            records.append(json.loads(line))
        except ValueError:
            continue
    return records


def record(host, args, verb, phase, **facts):
    """Writes down, with fsync, what this host is about to do or has done for an operation."""
    _, _, path = journal_paths(host.places, args['target'], args['operation'])
    entry = {
        'verb': verb, 'phase': phase, 'operation': args['operation'], 'token': args['token'],
        'at': boot_seconds(), 'time': wall_time(), 'bootId': boot_of(host.places)['bootId'], **facts,
    }
    with holding(host.places, args['target'], 'journal'):
        make_private_folder(os.path.dirname(path))
        size = os.path.getsize(path) if os.path.exists(path) else 0
        # A line that a crash has cut off gets an end of its own, so that it cannot swallow this one.
        start = b'' if size == 0 or last_byte(path) == b'\n' else b'\n'
        append_exactly(path, size, start + json.dumps(entry).encode() + b'\n')


def record_best_effort(host, args, verb, phase, **facts):
    """For what has happened already: a full disk must not turn a proved stop into an error."""
    try:
        record(host, args, verb, phase, **facts)
    except (Refusal, OSError) as error:
        complain(f'could not record {verb} {phase}: {error}')


def last_byte(path):
    with open(path, 'rb') as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)


def journal_list(places, target, most=20):
    folder = places.journal_folder(target)
    names = [name for name in os.listdir(folder) if name.endswith('.state.json')] if os.path.isdir(folder) else []
    names.sort(key=lambda name: os.path.getmtime(f'{folder}/{name}'), reverse=True)
    listed = []
    for name in names[:most]:
        state = read_state(f'{folder}/{name}')
        if state is not None:
            listed.append({
                'operation': name[:-len('.state.json')], 'records': state['records'], 'head': state['head'],
                'updatedAt': state['updatedAt'], 'token': state['token'],
            })
    return listed


def promote_sent(host, target):
    """The last promote request that this host may have sent, from the helper's own records."""
    folder = host.places.journal_folder(target)
    names = [name for name in os.listdir(folder) if name.endswith('.host.ndjson')] if os.path.isdir(folder) else []
    names.sort(key=lambda name: os.path.getmtime(f'{folder}/{name}'), reverse=True)
    newest = None
    for name in names[:10]:
        sent = None
        for entry in host_records(f'{folder}/{name}'):
            if entry.get('verb') == 'promote':
                sent = None if entry['phase'] == 'refused' else entry
        if sent is not None and (newest is None or sent['time'] > newest['time']):
            newest = sent
    return newest and {key: newest[key] for key in ('operation', 'token', 'at', 'time', 'phase', 'bootId')}

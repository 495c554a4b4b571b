"""Clone: the data directory anew, from the primary's."""

import contextlib
import os
import re
import shutil
import signal
import time

from .config import database_of
from .control import STATES_OF_A_PRIMARY, check_identity, read_control, trusted_control
from .data_directory import follow, free_bytes, has_file, unfinished, write_signal_file
from .diverged import keep_diverged
from .durable import read_state, remove_file, sync_folder, write_state
from .journal import record, record_best_effort
from .lock import acting
from .places import milliseconds_since, wall_time
from .processes import all_processes, is_of_this_host, processes_of, signal_process, title
from .programs import user_named
from .refusals import Refusal
from .stop import end_standby
from .wal import branch, history_of, lsn_number, own_timeline


def verb_clone(host, args):
    """Makes the data directory anew from the primary's, beside the old one, and puts it in the old one's place.

    The old directory stays beside it, dated; it goes first only where the disk has no room for both and the caller
    has consent. What only the old one has is kept aside before. Until the end nothing starts the server.
    """
    started = time.monotonic()
    database, target = database_of(host, args), args['target']
    with acting(host, args, 'clone'):
        check_replaceable(database)
        if processes_of(database) and not has_file(database, 'standby.signal'):
            raise Refusal('RUNNING_OTHERWISE', 'PostgreSQL runs, and not as a standby; fence it first.')
        before = unfinished(host.places, target)
        removes = must_remove(database, args)
        record(host, args, 'clone', 'intent', control=read_control(host, database), removes=removes)
        marker = {'operation': args['operation'], 'time': wall_time(), 'phase': 'copying', 'kept': before and before['kept']}
        # From here on the unit does not start.
        phase = 'keeping' if before is None or before['isDatabase'] else 'copying'
        write_state(host.places.clone(target), {**marker, 'phase': phase})
        try:
            kept = prepare_clone(host, database, args, before, removes)
        except BaseException:
            if before is None:
                remove_file(host.places.clone(target))  # The old directory is as it was.
            raise
        write_state(host.places.clone(target), {**marker, 'kept': kept})
        if removes:
            shutil.rmtree(database['dataDirectory'])
        try:
            base_backup(host, database, args)
            copied = {**database, 'dataDirectory': staging(database)}
            check_identity(trusted_control(host, copied), args)
        except Refusal:
            shutil.rmtree(staging(database), ignore_errors=True)
            if before is None and not removes:
                remove_file(host.places.clone(target))  # As above.
            raise
        finally:
            remove_file(host.places.clone_progress(target))
        write_signal_file(copied, 'standby.signal')
        follow(copied, args['conninfo'], args['slot'])
        old = swap(database)
        remove_file(host.places.rewind(target))
        remove_file(host.places.clone(target))
        record_best_effort(host, args, 'clone', 'done', kept=kept, old=old)
        return {'kept': kept, 'old': old, 'removed': removes, 'ms': milliseconds_since(started)}


def staging(database):
    """Beside the data, so on the same disk: what is complete there only has to be renamed."""
    return f'{database["dataDirectory"]}.pp-clone'


def check_replaceable(database):
    directory = database['dataDirectory']
    if os.path.islink(directory) or os.path.ismount(directory):
        raise Refusal('CLONE_IMPOSSIBLE', f'{directory} is a link or a mount point, so nothing can be put in its place.')
    if os.path.islink(f'{directory}/pg_wal'):
        raise Refusal('CLONE_IMPOSSIBLE', f'{directory}/pg_wal is a link: a copy would have its WAL elsewhere.')
    with contextlib.suppress(FileNotFoundError):
        if os.listdir(f'{directory}/pg_tblspc'):
            raise Refusal('CLONE_IMPOSSIBLE', f'{directory} has tablespaces, whose places are not empty.')


def must_remove(database, args):
    """Whether the old directory has to go before the copy. @raises Refusal DISK_SHORT; nothing has been touched."""
    free = (free_bytes(database) or 0) + disk_usage(staging(database))
    needed = args['bytes'] + args['bytes'] // 20 + 64 * 1024 * 1024
    if free >= needed:
        return False
    old = disk_usage(database['dataDirectory'])
    facts = {'neededBytes': needed, 'freeBytes': free, 'oldBytes': old}
    if free + old < needed:
        raise Refusal('DISK_SHORT', f'The copy needs {needed} bytes; {free} are free, and the old directory has {old}.', **facts)
    if not args['removeOld']:
        raise Refusal('DISK_SHORT', f'The copy needs {needed} bytes beside the old directory, and {free} are free.', **facts)
    return True


def disk_usage(path):
    return sum(
        found.st_blocks * 512 for folder, _, names in os.walk(path) for name in names
        if (found := lstat_or_none(f'{folder}/{name}')) is not None
    )


def lstat_or_none(path):
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None


def prepare_clone(host, database, args, before, removes):
    """Everything up to the copy: no server, no leftover, and what only this directory has is kept aside."""
    end_standby(host, database)
    end_copying(database)
    shutil.rmtree(staging(database), ignore_errors=True)
    if before is not None and not before['isDatabase']:
        return before['kept']  # Files of two histories; what was worth keeping was kept before that began.
    if not os.path.isdir(f'{database["dataDirectory"]}/pg_wal'):
        return None
    control = read_control(host, database)
    is_foreign = control is None or not control['crcOk'] or control['systemIdentifier'] != args['systemIdentifier']
    fork = None if is_foreign else common_fork(database, control, args)
    if fork is not None:
        return keep_diverged(host, database, control, branch(database, control, *fork))
    if is_foreign or control['state'] in STATES_OF_A_PRIMARY:
        # Nothing can be compared, or both were primary on one timeline. It stays aside as a whole, or its WAL does.
        return keep_diverged(host, database, None, None) if removes else None
    return None


def common_fork(database, control, args):
    """(timeline, position) where the histories of this directory and of the primary part; None where they do not."""
    own = own_timeline(database, control)
    mine = [*history_of(database, own), (own, None)]
    theirs = [*((step['timeline'], lsn_number(step['lsn'])) for step in args['history']), (args['timeline'], None)]
    fork = None
    for (number, my_end), (other, their_end) in zip(mine, theirs):
        if number != other:
            break
        ends = [end for end in (my_end, their_end) if end is not None]
        fork = (number, min(ends)) if ends else None
        if my_end != their_end:
            break
    return fork


def end_copying(database):
    """A helper that was killed may have left its pg_basebackup behind, which would write into the next copy."""
    for _ in range(200):
        left = [
            facts for facts in all_processes() if is_of_this_host(facts) and f'--pgdata={staging(database)}' in facts['arguments']
        ]
        if not left:
            return
        for facts in left:
            signal_process(facts, signal.SIGKILL)
        time.sleep(0.02)
    raise Refusal('CLONE_FAILED', 'An earlier pg_basebackup cannot be ended.', holders=[title(facts) for facts in left])


def base_backup(host, database, args):
    user = user_named(database['osUser'])
    path = host.places.clone_progress(args['target'])

    def take(line):
        found = re.match(r'\s*(\d+)/(\d+) kB', line)
        if found is not None:
            done, total = (int(number) * 1024 for number in found.groups())
            write_state(path, {'operation': args['operation'], 'doneBytes': done, 'totalBytes': max(done, total)})

    argv = [
        f'{database["binDirectory"]}/pg_basebackup', f'--pgdata={staging(database)}', f'--dbname={args["sourceConninfo"]}',
        f'--slot={args["slot"]}', '--wal-method=stream', '--checkpoint=fast', '--no-password', '--progress',
    ]
    deadline = time.monotonic() + 70
    while True:
        shutil.rmtree(staging(database), ignore_errors=True)
        os.mkdir(staging(database), 0o700)
        os.chown(staging(database), user.pw_uid, user.pw_gid)
        status, complaint = host.tools.each_line(argv, user, args['timeoutSeconds'], take, merged=True)
        if status == 0:
            return
        # A host that has lost its power holds its slot until wal_sender_timeout.
        if 'is active for PID' not in complaint or time.monotonic() > deadline:
            raise Refusal('CLONE_FAILED', f'pg_basebackup: {" ".join(complaint.splitlines()[-3:])[-400:]}')
        time.sleep(2)


def swap(database):
    """@returns where the old directory lies now, None when there is none any more."""
    directory = database['dataDirectory']
    old = None
    if os.path.isdir(directory):
        old = f'{directory}.old-{time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())}'
        os.rename(directory, old)
    os.rename(staging(database), directory)
    sync_folder(os.path.dirname(directory))
    return old


def verb_clone_progress(host, args):
    """How far the copy is that runs now; null when none does. Changes nothing."""
    database_of(host, args)
    state = read_state(host.places.clone_progress(args['target']))
    return {'progress': state and {key: state[key] for key in ('operation', 'doneBytes', 'totalBytes')}}

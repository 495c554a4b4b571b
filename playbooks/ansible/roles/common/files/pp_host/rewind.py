"""Rewind: a stopped member that was primary is made fit to follow the new one."""

import re
import time

from .config import database_of
from .control import STATES_OF_A_PRIMARY, check_identity, has_unread_wal, read_control, trusted_control
from .data_directory import check_rewindable, follow, has_file, remove_signal_file, write_signal_file
from .diverged import keep_diverged
from .durable import remove_file, write_state
from .journal import record, record_best_effort
from .lock import acting
from .places import milliseconds_since, wall_time
from .processes import processes_of
from .programs import last_words, user_named
from .refusals import Refusal
from .stop import end_standby
from .wal import branch, lsn_number


def verb_rewind(host, args):
    """Makes a stopped member that was primary fit to follow the new one: takes back what only it has written.

    Three classes: its WAL ends before the fork or at it, and nothing is taken back; or it goes on, and the segments
    from the fork on are kept aside first, since they hold transactions that exist nowhere else.
    """
    started = time.monotonic()
    database = database_of(host, args)
    with acting(host, args, 'rewind'):
        if processes_of(database) and not has_file(database, 'standby.signal'):
            raise Refusal('RUNNING_OTHERWISE', 'PostgreSQL runs, and not as a standby; fence it first.')
        check_rewindable(host, args['target'])
        check_identity(trusted_control(host, database), args)
        record(host, args, 'rewind', 'intent', control=read_control(host, database))
        # From here on the unit does not start.
        marker = {'operation': args['operation'], 'time': wall_time(), 'phase': 'recovering'}
        write_state(host.places.rewind(args['target']), marker)
        end_standby(host, database)
        control = trusted_control(host, database)
        recover(host, database, control, args['timeoutSeconds'])
        fork = fork_of(host, database, args)
        if fork['isOneTimeline'] and (control['state'] in STATES_OF_A_PRIMARY or has_unread_wal(control)):
            raise Refusal('REWIND_FAILED', 'Both were primary on one timeline, where pg_rewind sees no fork.')
        kept = None
        if fork['isDiverged']:
            ways = branch(database, control, fork['forkTimeline'], lsn_number(fork['forkLsn']))
            kept = keep_diverged(host, database, trusted_control(host, database), ways)
            write_state(host.places.rewind(args['target']), {**marker, 'phase': 'rewinding', 'kept': kept})
            pg_rewind(host, database, args)
        write_signal_file(database, 'standby.signal')
        follow(database, args['conninfo'], args['slot'])
        remove_file(host.places.rewind(args['target']))
        record_best_effort(host, args, 'rewind', 'done', fork=fork, kept=kept)
        return {**fork, 'kept': kept, 'ms': milliseconds_since(started)}


def recover(host, database, control, seconds):
    """Crash recovery in single-user mode: only then is it known where the WAL ends. standby.signal would refuse it."""
    if not has_unread_wal(control):
        return
    remove_signal_file(database, 'standby.signal')
    remove_file(f'{database["dataDirectory"]}/postmaster.pid')
    answer = host.tools.run(
        [f'{database["binDirectory"]}/postgres', '--single', '-D', database['dataDirectory'],
         '-c', f'config_file={database["configFile"]}', '-c', 'archive_mode=off', 'template1'],
        seconds, user=user_named(database['osUser']),
    )
    write_signal_file(database, 'standby.signal')
    if answer.returncode != 0:
        raise Refusal('REWIND_FAILED', f'Crash recovery: {last_words(answer)}')


def fork_of(host, database, args):
    said = pg_rewind(host, database, args, '--dry-run')
    diverged = re.search(r'servers diverged at WAL location ([0-9A-F]+/[0-9A-F]+) on timeline (\d+)', said)
    return {
        'isOneTimeline': 'on the same timeline' in said,
        'isDiverged': 'no rewind required' not in said,
        'forkLsn': diverged and diverged.group(1), 'forkTimeline': diverged and int(diverged.group(2)),
    }


def pg_rewind(host, database, args, *more):
    answer = host.tools.run(
        [
            f'{database["binDirectory"]}/pg_rewind', f'--target-pgdata={database["dataDirectory"]}',
            f'--config-file={database["configFile"]}', '--restore-target-wal', '--no-ensure-shutdown',
            f'--source-server={args["sourceConninfo"]}', *more,
        ],
        args['timeoutSeconds'], {'PGCONNECT_TIMEOUT': '5'}, user_named(database['osUser']),
    )
    if answer.returncode != 0:
        raise Refusal('REWIND_FAILED', f'pg_rewind: {last_words(answer)}')
    return answer.stdout + answer.stderr

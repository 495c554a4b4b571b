"""Promote: a standby becomes primary, asked until the control file says so."""

import os
import re
import signal
import time

from .config import database_of
from .control import ControlWatch, check_identity, read_control, trusted_control
from .data_directory import has_file, remove_signal_file, write_signal_file
from .journal import promote_sent, record, record_best_effort
from .lock import acting, check_not_after
from .places import boot_seconds, milliseconds_since
from .processes import children_of, running_postmaster, title
from .refusals import Refusal
from .tags import own_fence_tags


def verb_promote(host, args):
    """Asks the standby to become primary, again every 15 ms until the control file says "in production".

    Asked once it may sleep out wal_retrieve_retry_interval (5 s) when the request falls between two walreceivers;
    the signal alone does nothing, since the first request has removed the file. Once a signal is out there is no
    taking back: from then on every failure is PROMOTE_UNKNOWN.
    """
    started = time.monotonic()
    database = database_of(host, args)
    with acting(host, args, 'promote'), running_postmaster(database) as postmaster:
        control = trusted_control(host, database)
        check_identity(control, args)
        sent = promote_sent(host, args['target'])
        if control['state'] == 'in production' and sent is not None and sent['operation'] == args['operation']:
            remove_signal_file(database, 'promote')
            return {'ms': 0, 'signals': 0, 'already': True, 'control': control}
        if control['state'] != 'in archive recovery' or postmaster is None:
            raise Refusal(
                'NOT_IN_RECOVERY', f'{args["target"]} is no running standby here: "{control["state"]}".', control=control
            )
        if not has_file(database, 'standby.signal'):
            raise Refusal('NO_STANDBY_SIGNAL', 'It recovers without standby.signal.', control=control)
        check_standby_timeline(postmaster, control, args)
        if own_fence_tags(host, args['target']):
            raise Refusal('FENCED', f'{host.config.host} is fenced; lift the fence first.')
        record(
            host, args, 'promote', 'intent',
            control=control, postmasterPid=postmaster.pid, history=history_files(database),
        )
        signals, control = promote_until_done(host, args, database, postmaster)
        record_best_effort(host, args, 'promote', 'done', signals=signals, control=control)
        return {'ms': milliseconds_since(started), 'signals': signals, 'already': False, 'control': control}


def check_standby_timeline(postmaster, control, args):
    """The timeline that is replayed. The control file may be behind it until the next restartpoint; then the title
    of the startup process ("recovering 0000000300…") says it."""
    replayed = {max(control['timeline'], control['minRecoveryTimeline'])}
    for facts in children_of(postmaster.pid):
        shown = re.search(r'startup\s+(?:recovering|waiting for) ([0-9A-F]{8})[0-9A-F]{16}', title(facts))
        if shown:
            replayed.add(int(shown.group(1), 16))
    if max(replayed) != args['timeline']:
        raise Refusal('TIMELINE_MISMATCH', f'This standby replays timeline {max(replayed)}.', control=control)


def history_files(database):
    """Which timelines this server knows, newest content included: the fork of the promotion is read against it."""
    folder = f'{database["dataDirectory"]}/pg_wal'
    names = sorted(name for name in os.listdir(folder) if re.fullmatch(r'[0-9A-F]{8}\.history', name))
    newest = ''
    if names:
        with open(f'{folder}/{names[-1]}', encoding='utf-8', errors='replace') as file:
            newest = file.read(20_000)
    return {'files': names[-50:], 'newest': newest}


def promote_until_done(host, args, database, postmaster):
    signals = 0
    deadline = boot_seconds() + args['timeoutSeconds']
    watch = ControlWatch(host, database)
    next_signal = 0.0
    try:
        while True:
            if boot_seconds() >= next_signal:
                write_promote_file(database, first=signals == 0)
                if signals == 0:
                    check_not_after(args)
                postmaster.signal(signal.SIGUSR1)
                signals += 1
                next_signal = boot_seconds() + 0.015
            control = watch.look()
            if control is not None and control['state'] == 'in production':
                remove_signal_file(database, 'promote', sync=False)
                return signals, control
            if postmaster.is_gone(0.002):
                raise Refusal('PROMOTE_UNKNOWN', 'The postmaster has ended.')
            if boot_seconds() >= deadline:
                raise Refusal('PROMOTE_UNKNOWN', f'Not in production after {args["timeoutSeconds"]} s.')
    except BaseException as error:
        if signals == 0:
            remove_signal_file(database, 'promote')
            record_best_effort(host, args, 'promote', 'refused', reason=str(error))
            raise
        record_best_effort(host, args, 'promote', 'unknown', signals=signals, reason=str(error))
        raise Refusal(
            'PROMOTE_UNKNOWN',
            f'{error} {signals} promote requests are out and may still be acted upon.',
            signals=signals, control=read_control(host, database), promoteFile=has_file(database, 'promote'),
        ) from error


def write_promote_file(database, first):
    try:
        write_signal_file(database, 'promote', sync=False)
    except OSError:
        # Only the first request may be given up: afterwards the server may already be on its way.
        if first:
            raise

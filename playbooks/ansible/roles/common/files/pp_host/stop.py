"""Stop: the primary ends cleanly, and where its WAL ends is proved."""

import signal
import time

from .config import database_of
from .control import ControlWatch, check_identity, trusted_control
from .data_directory import remove_signal_file, write_signal_file
from .journal import record, record_best_effort
from .lock import acting, check_not_after
from .mask import is_masked_by_us
from .places import boot_seconds, milliseconds_since
from .processes import processes_of, running_postmaster, title
from .programs import starts_nothing, unit_facts
from .refusals import Refusal


def verb_stop(host, args):
    """Stops the primary cleanly and proves where its WAL ends.

    standby.signal is written and synced right before the signal: after a power cycle at any later moment the host
    comes up as a standby (a runtime mask is lost with /run). Not earlier: on a live primary it would turn the crash
    of one backend into a demotion. The proof is the control file, not the postmaster's end: its archiver may go on
    for half an hour after the last WAL record.
    """
    started = time.monotonic()
    database = database_of(host, args)
    with acting(host, args, 'stop'), running_postmaster(database) as postmaster:
        if not is_masked_by_us(host.places, args['target']):
            raise Refusal('NOT_MASKED', f'{database["unit"]} is not masked: systemd could start it again.')
        control = trusted_control(host, database)
        check_identity(control, args)
        if control['timeline'] != args['timeline']:
            raise Refusal(
                'TIMELINE_MISMATCH', f'The control file says timeline {control["timeline"]}.', control=control
            )
        if control['state'] not in ('in production', 'shutting down', 'shut down'):
            raise Refusal('NOT_PRIMARY', f'The control file says "{control["state"]}".', control=control)
        if not is_stopped(control, postmaster):
            if postmaster is None:
                raise Refusal('NOT_RUNNING', f'{args["target"]} has no postmaster here.', control=control)
            control = stop_postmaster(host, args, database, postmaster, control)
            already = False
        else:
            write_signal_file(database, 'standby.signal')
            already = True
        proof = stop_proof(control)
        record_best_effort(host, args, 'stop', 'done', **proof)
        return {**proof, 'already': already, 'standbySignal': True, 'ms': milliseconds_since(started)}


def stop_proof(control):
    return {key: control[key] for key in ('state', 'checkpointLsn', 'redoLsn', 'timeline', 'systemIdentifier')}


def is_stopped(control, postmaster):
    """Exactly "shut down", and no server that is just starting: it keeps that state until its start-up is over."""
    return control['state'] == 'shut down' and (postmaster is None or postmaster.status() in ('stopping', 'gone'))


def stop_postmaster(host, args, database, postmaster, control):
    record(host, args, 'stop', 'intent', control=control, postmasterPid=postmaster.pid)
    written = False
    try:
        written = write_signal_file(database, 'standby.signal')
        check_not_after(args)
        postmaster.signal(signal.SIGINT)
    except BaseException as error:
        if written:
            remove_signal_file(database, 'standby.signal')
        record_best_effort(host, args, 'stop', 'refused', reason=str(error))
        raise
    watch = ControlWatch(host, database)
    deadline = boot_seconds() + args['timeoutSeconds']
    gone = False
    while True:
        control = watch.look()
        if control is not None and is_stopped(control, postmaster):
            return control
        if gone:
            record_best_effort(host, args, 'stop', 'failed', control=control)
            raise Refusal(
                'STOP_UNCLEAN', 'The postmaster has ended without a shutdown checkpoint.',
                control=control, signalled=True, standbySignal=True,
            )
        if boot_seconds() >= deadline:
            holders = [{'pid': facts['pid'], 'title': title(facts)} for facts in processes_of(database)]
            record_best_effort(host, args, 'stop', 'failed', control=control, holders=holders)
            raise Refusal(
                'STOP_TIMEOUT', f'Not shut down after {args["timeoutSeconds"]} s; a fast stop cannot be recalled.',
                control=control, holders=holders, signalled=True, standbySignal=True,
            )
        gone = postmaster.is_gone(0.002)


STANDBY_STOP_SECONDS = 60


def end_standby(host, database):
    """Ends a server that runs as a standby, or that systemd is still starting as one.

    The postmaster is told, not systemd: its SIGTERM to every process of a server that is still starting takes the one away
    that replays, and leaves a postmaster that waits for ever and hears no other signal but to quit.
    """
    deadline = boot_seconds() + STANDBY_STOP_SECONDS
    while boot_seconds() < deadline:
        with running_postmaster(database) as postmaster:
            if postmaster is not None:
                postmaster.signal(signal.SIGINT)
                if not postmaster.is_gone(STANDBY_STOP_SECONDS / 2):
                    postmaster.signal(signal.SIGQUIT)
                    postmaster.is_gone(5)
                break
        facts = unit_facts(host.tools, database['unit'])
        if facts['activeState'] != 'activating' or starts_nothing(facts):
            break
        time.sleep(0.1)
    if processes_of(database):
        host.tools.run(['systemctl', 'stop', '--', database['unit']], STANDBY_STOP_SECONDS)
    if processes_of(database):
        raise Refusal('STILL_STOPPING', 'The standby does not stop.')

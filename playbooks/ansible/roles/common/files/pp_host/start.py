"""Start: as a standby, or as the primary that it was."""

import time

from .config import database_of
from .control import check_identity, trusted_control
from .data_directory import check_whole, has_file, remove_signal_file, write_signal_file
from .durable import replace_file
from .journal import record, record_best_effort
from .lock import acting, check_not_after
from .mask import unmask
from .places import boot_seconds
from .processes import has_ended, kill_all, postmaster_file, processes_of, read_process, running_postmaster, title
from .programs import starts_nothing, unit_facts
from .refusals import Refusal
from .tags import own_fence_tags, remove_fence_tags


def verb_start(host, args):
    """Starts the server as a standby, or as the primary that it was.

    As primary only from the control state of a primary: a standby started without standby.signal would be a second
    primary on the same timeline. standby.signal goes last, right before the start. A postmaster that has shut down
    but waits for its archiver is ended here; one that is still shutting down only with `force`, since crash recovery follows.
    """
    database = database_of(host, args)
    primary = args['mode'] == 'primary'
    with acting(host, args, 'start'):
        control = trusted_control(host, database)
        check_identity(control, args)
        with running_postmaster(database) as postmaster:
            if postmaster is not None and postmaster.status() not in ('stopping', 'gone'):
                return already_started(database, postmaster, control, args)
        check_start(host, args, database, control)
        end_lingering(host, args, database, control)
        end_empty_start(host, database, unmask(host, args)['unit'])
        record(host, args, 'start', 'intent', mode=args['mode'], control=control)
        check_not_after(args)
        if primary:
            replace_file(host.places.permit(args['target']), args['operation'].encode())
        removed = primary and remove_signal_file(database, 'standby.signal')
        answer = host.tools.systemctl('start', '--no-block', '--', database['unit'])
        if answer.returncode != 0:
            if removed:
                write_signal_file(database, 'standby.signal')
            record_best_effort(host, args, 'start', 'failed', reason=answer.stderr[:500])
            raise Refusal('START_FAILED', f'systemctl start {database["unit"]}: {answer.stderr.strip()[:500]}')
        if primary:
            remove_fence_tags(host, args['target'], host.config.host, args['operation'])
        record_best_effort(host, args, 'start', 'done', mode=args['mode'])
        return {'started': True, 'already': False, 'mode': args['mode'], 'control': control}


def end_empty_start(host, database, facts):
    """systemd would take the next start for the one that it has under way. What was killed it may not have reaped yet."""
    deadline = boot_seconds() + 5
    while facts['activeState'] == 'activating' and boot_seconds() < deadline:
        if starts_nothing(facts):
            host.tools.systemctl('stop', '--', database['unit'])
        elif not has_ended(facts['controlPid'] or facts['mainPid']):
            return
        facts = unit_facts(host.tools, database['unit'])


def already_started(database, postmaster, control, args):
    """Starting what runs in the asked mode is done already; a server in the other mode is not changed by a start."""
    as_standby = has_file(database, 'standby.signal')
    if as_standby != (args['mode'] == 'standby'):
        raise Refusal(
            'RUNNING_OTHERWISE', f'It runs already as {"standby" if as_standby else "primary"}.', control=control
        )
    return {'started': False, 'already': True, 'mode': args['mode'], 'control': control, 'postmasterPid': postmaster.pid}


def check_start(host, args, database, control):
    check_whole(host, args['target'])
    if has_file(database, 'recovery.signal'):
        raise Refusal('RECOVERY_SIGNAL', 'recovery.signal is there: a restore from backup is under way.')
    if args['mode'] == 'standby':
        if not has_file(database, 'standby.signal'):
            raise Refusal('NO_STANDBY_SIGNAL', 'Without standby.signal it would come up writable.', control=control)
        return
    for tag in own_fence_tags(host, args['target']):
        if tag['operation'] != args['operation']:
            raise Refusal('FENCED', f'Operation {tag["operation"]} has fenced {host.config.host}.', fenceTag=tag)
    if control['state'] not in ('shut down', 'in production', 'shutting down', 'in crash recovery'):
        raise Refusal('NOT_PRIMARY', f'The control file says "{control["state"]}".', control=control)


def end_lingering(host, args, database, control):
    """Waits for the old server's end, then ends it where nothing can be lost by that."""
    deadline = boot_seconds() + args['lingerSeconds']
    while processes_of(database):
        if boot_seconds() >= deadline:
            if control['state'] != 'shut down' and not args['force']:
                holders = [{'pid': facts['pid'], 'title': title(facts)} for facts in processes_of(database)]
                raise Refusal('STILL_STOPPING', 'The old server has not shut down.', control=control, holders=holders)
            left = kill_all(database, 5)
            if left:
                raise Refusal('STILL_STOPPING', 'The old server cannot be ended.', control=control, holders=left)
            break
        time.sleep(0.02)
    wait_until_reaped(database, 5)


def wait_until_reaped(database, seconds):
    """A killed postmaster that PID 1 has not reaped yet still counts as running for the next one, which then refuses
    to start ("lock file postmaster.pid already exists")."""
    lines = postmaster_file(database)
    deadline = boot_seconds() + seconds
    while lines and lines[0].strip().isdigit() and boot_seconds() < deadline:
        facts = read_process(int(lines[0].strip()))
        if facts is None or facts['state'] not in 'ZX':
            return
        time.sleep(0.02)

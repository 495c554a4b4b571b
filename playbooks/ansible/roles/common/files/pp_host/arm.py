"""Dead-man guard: arm and disarm."""

import json
import os
import re

from .config import member_named, pooler_of
from .console import login_retry, pause_states
from .durable import boot_of, write_state
from .guard_record import guard_shown, is_live, read_guard
from .lock import acting
from .places import boot_seconds
from .programs import at_once
from .refusals import Refusal, bad
from .timers import start_transient


def verb_arm(host, args):
    """Arms the guard, or moves its time.

    When a timer of this guard is still to fire, only the record's times are moved and the timer is left alone: it
    then fires early, and the guard waits for the record's time by itself. That costs one fsync instead of 40 ms
    of systemd, which matters right before the stop, with every client waiting.
    """
    with acting(host, args, 'arm'):
        pooler = pooler_of(host, args)
        member_named(pooler, args['from'])
        member_named(pooler, args['to'])
        if args['hardLimitSeconds'] <= args['afterSeconds']:
            raise bad('args.hardLimitSeconds must be more than args.afterSeconds')
        boot, old, now = boot_of(host.places), read_guard(host.places, args['target']), boot_seconds()
        guard = {
            'schemaVersion': 1, 'state': 'armed', 'armId': os.urandom(8).hex(), 'bootId': boot['bootId'],
            **{key: args[key] for key in ('token', 'operation', 'from', 'to', 'timeline', 'systemIdentifier')},
            'operations': [args['operation']], 'armedAt': now, 'afterSeconds': args['afterSeconds'],
            'firesAt': now + args['afterSeconds'],
            'hardLimitAt': now + args['hardLimitSeconds'], 'lastVerdict': None,
            **before_images(host, pooler, old, boot, args),
        }
        if is_live(old, boot) and timer_can_stay(host, old, guard, now):
            guard.update(unit=old['unit'], timerAt=old['timerAt'], operations=old['operations'])
            write_state(host.places.guard(args['target']), guard)
            return {'guard': guard_shown(guard, boot), 'timer': {'unit': f'{old["unit"]}.timer', 'kept': True}}
        guard.update(unit=f'pp-guard-{args["target"]}-{guard["armId"]}', timerAt=guard['firesAt'])
        write_state(host.places.guard(args['target']), guard)
        try:
            timer = start_timer(host, args, guard)
        except Refusal:
            write_state(host.places.guard(args['target']), old if is_live(old, boot) else {**guard, 'state': 'disarmed'})
            raise
        stop_timers(host, args['target'], keep=guard['unit'])
        return {'guard': guard_shown(guard, boot), 'timer': timer}


def before_images(host, pooler, old, boot, args):
    """What the consoles showed before this operation paused anything, read once an operation.

    What was paused before is not ours: arming refuses, and a guard resumes only what it may have paused.
    """
    # A guard that was taken over counts as this operation's: what it may have paused is ours to lift.
    if old is not None and old['bootId'] == boot['bootId'] and args['operation'] in old['operations']:
        return {'pausedBefore': old['pausedBefore'], 'loginRetry': old['loginRetry']}
    processes = pooler['processes']
    paused, retry = {}, {}
    for process, names in zip(processes, at_once(lambda item: pause_states(host, pooler, item), processes)):
        if isinstance(names, Refusal):
            raise names
        paused[process['name']] = names
    if any(paused.values()):
        raise Refusal('ALREADY_PAUSED', f'Paused before this operation: {json.dumps(paused)}.', paused=paused)
    for process, value in zip(processes, at_once(lambda item: login_retry(host, pooler, item), processes)):
        retry[process['name']] = '15' if isinstance(value, Refusal) else value
    return {'pausedBefore': paused, 'loginRetry': retry}


def timer_can_stay(host, old, guard, now):
    unit_file = f'{host.places.systemd_runtime}/transient/{old["unit"]}.timer'
    return old['timerAt'] - now > 0.5 and guard['firesAt'] >= old['timerAt'] and os.path.exists(unit_file)


def start_timer(host, args, guard):
    """@returns the timer as systemd shows it. @raises Refusal ARM_FAILED"""
    unit = guard['unit']
    shown, said = start_transient(
        host, unit, args['afterSeconds'], f'pp dead-man guard of {args["target"]}', ['guard', args['target']],
    )
    if said is not None:
        stop_timers(host, args['target'], only=unit)
        raise Refusal('ARM_FAILED', said, timer=shown)
    return {**shown, 'kept': False}


def guard_units(host, target):
    """Every timer and service of this target's guards that systemd still knows."""
    answer = host.tools.systemctl(
        'list-units', '--all', '--plain', '--no-legend', '--no-pager', '--full',
        f'pp-guard-{target}-*.timer', f'pp-guard-{target}-*.service',
    )
    form = re.compile(re.escape(f'pp-guard-{target}-') + r'[0-9a-f]{16}\.(timer|service)\Z')
    lines = [line.split() for line in answer.stdout.splitlines()]
    return [words[0] for words in lines if len(words) > 2 and form.match(words[0]) and words[2] not in ('inactive', 'failed')]


def stop_timers(host, target, keep=None, only=None):
    """Stops guards' timers and waiting guards. The caller holds the flock, so none of them is acting. @returns what is left."""
    for attempt_left in (2, 1, 0):
        units = [
            unit for unit in guard_units(host, target)
            if unit.rpartition('.')[0] != keep and only in (None, unit.rpartition('.')[0])
        ]
        if not units or attempt_left == 0:
            return units
        host.tools.systemctl('stop', '--', *units)
    return []


def verb_disarm(host, args):
    """Takes the guard away and proves that its timer is gone. A guard that acts at this moment is waited for: it
    holds the flock; one that is between two looks sees that it has been disarmed before it does anything."""
    with acting(host, args, 'disarm'):
        pooler_of(host, args)
        boot, guard = boot_of(host.places), read_guard(host.places, args['target'])
        was = guard_shown(guard, boot)
        if is_live(guard, boot):
            write_state(host.places.guard(args['target']), {**guard, 'state': 'disarmed'})
        left = stop_timers(host, args['target'])
        if left:
            raise Refusal('DISARM_FAILED', f'Still there: {", ".join(left)}.', units=left)
        return {'disarmed': True, 'was': was}

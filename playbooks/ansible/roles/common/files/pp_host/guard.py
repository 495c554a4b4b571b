"""Dead-man guard: the timer's program."""

import json
import os
import time

from .config import member_named
from .console import console, databases_shown, pause_states, quoted_identifier
from .durable import boot_of, write_state
from .flocks import Flock, holding
from .guard_decision import decide
from .guard_record import is_live, read_guard
from .lock import read_lock
from .members import ask_members
from .places import boot_seconds, wall_time
from .pooler import write_target
from .programs import at_once
from .refusals import Refusal, complain, refusal_of_os_error
from .tags import read_fence_tags

LOOK_EVERY_SECONDS = 0.5
GIVE_UP_SECONDS = 300
"""How long after the hard limit a guard goes on trying when a process's console or the disk does not let it."""

WATCH_SECONDS = 60
"""How long after the hard limit a guard that has resumed looks for a PAUSE that comes late."""
WATCH_EVERY_SECONDS = 1


def guard_main(host, target):
    """The timer's program. One guard a target decides at a time: others wait, and find the record done."""
    single = Flock(host.places.flock(target, 'guard'))
    single.acquire(boot_seconds() + 86400)
    try:
        while True:
            pause = guard_step(host, target)
            while pause is not None:
                time.sleep(pause)
                pause = guard_step(host, target)
            put_login_retry_back(host, target)
            if not paused_again(host, target):
                return 0
    finally:
        single.release()


def paused_again(host, target):
    """Watches for a while after it has resumed, and opens the record again when an entry gets paused once more.

    A PAUSE that was held up in the network, or sent by a `pp` that had been stopped, arrives when the guard is
    done; seen in the lab, it left one process paused with nobody to lift it.
    """
    while True:
        with holding(host.places, target, 'act', boot_seconds() + GIVE_UP_SECONDS):
            guard = finished_route(host, target)
            if guard is None or boot_seconds() > guard['hardLimitAt'] + WATCH_SECONDS:
                return False
            pooler = host.config.poolers[target]
            states = at_once(lambda process: pause_states(host, pooler, process), pooler['processes'])
            before = [guard['pausedBefore'].get(process['name'], []) for process in pooler['processes']]
            late = [
                name for names, known in zip(states, before) if not isinstance(names, Refusal)
                for name in names if name not in known
            ]
            if late:
                complain(f'guard of {target}: paused again: {", ".join(late)}')
                keep_guard(host, target, {**guard, 'state': 'armed'})
                return True
        time.sleep(WATCH_EVERY_SECONDS)


def finished_route(host, target):
    """The record when its guard has routed and nobody has taken the pooler over since."""
    guard = read_guard(host.places, target)
    routed = guard is not None and guard['state'] == 'done' and (guard['lastVerdict'] or {}).get('act') == 'route'
    if not routed or guard['bootId'] != boot_of(host.places)['bootId']:
        return None
    return guard if guard['token'] >= read_lock(host.places, target)['highestToken'] else None


def guard_step(host, target):
    """One look. @returns seconds until the next one, or None when this guard has nothing more to do.

    The members are asked without the flock, so that a new holder never waits for a silent one. What was seen
    counts only if under the flock the record is still the one the look began with; else it is looked at again.
    """
    begun = guard_begin(host, target)
    if not isinstance(begun, dict):
        return begun
    pooler = host.config.poolers[target]
    members = ask_members(host, pooler)
    try:
        with holding(host.places, target, 'act', note=f'guard of {target}, pid {os.getpid()}'):
            guard = own_guard(host, target)
            if guard is None:
                return None
            if any(guard[key] != begun[key] for key in ('armId', 'token', 'state')):
                return 0
            return guard_finish(host, target, pooler, guard, members)
    except Refusal as error:
        if error.code != 'ACT_RUNNING':
            raise
        return LOOK_EVERY_SECONDS


def own_guard(host, target):
    """The record while it is live and no newer token has been stored; None otherwise."""
    guard = read_guard(host.places, target)
    if not is_live(guard, boot_of(host.places)):
        complain(f'guard of {target}: not armed any more')
        return None
    highest = read_lock(host.places, target)['highestToken']
    if guard['token'] < highest:
        complain(f'guard of {target}: token {guard["token"]} is older than {highest}')
        return None
    return guard


def guard_begin(host, target):
    """Waits for the record's time, which may have been moved, then marks that the guard has begun to decide."""
    with holding(host.places, target, 'act', boot_seconds() + GIVE_UP_SECONDS, f'guard of {target}, pid {os.getpid()}'):
        guard = own_guard(host, target)
        if guard is None:
            return None
        early = guard['firesAt'] - boot_seconds()
        if early > 0:
            return min(early, LOOK_EVERY_SECONDS)
        if guard['state'] == 'armed':
            guard = {**guard, 'state': 'deciding'}
            keep_guard(host, target, guard)
        return guard


def keep_guard(host, target, guard):
    """A full disk must not keep a guard from its work; it then decides from the record as it was."""
    try:
        write_state(host.places.guard(target), guard)
    except OSError as error:
        guard['state'] = read_guard(host.places, target)['state']
        complain(f'guard of {target}: cannot write its record: {error}')


def guard_finish(host, target, pooler, guard, members):
    tags = read_fence_tags(host.places, target)
    now = boot_seconds()
    facts = {
        **{key: guard[key] for key in ('from', 'timeline', 'systemIdentifier')},
        'members': members,
        'fenced': any(tag['member'] == guard['from'] and tag['operation'] in guard['operations'] for tag in tags),
        'pastHardLimit': now >= guard['hardLimitAt'],
    }
    decision = decide(facts)
    verdict = {**decision, 'at': now, 'time': wall_time(), 'token': guard['token'], 'members': members, 'fenced': facts['fenced']}
    if decision['act'] == 'look-again':
        if guard['lastVerdict'] is None or guard['lastVerdict']['reason'] != decision['reason']:
            keep_guard(host, target, {**guard, 'lastVerdict': verdict})
            complain(f'guard of {target}: {json.dumps(verdict)}')
        return LOOK_EVERY_SECONDS
    verdict['processes'] = carry_out(host, pooler, guard, decision)
    complete = all(process['ok'] for process in verdict['processes'])
    given_up = now >= guard['hardLimitAt'] + GIVE_UP_SECONDS
    verdict['complete'] = complete
    finished = {**guard, 'state': 'done' if complete or given_up else guard['state'], 'lastVerdict': verdict}
    keep_guard(host, target, finished)
    complain(f'guard of {target}: {json.dumps(verdict)}')
    return None if complete or given_up else LOOK_EVERY_SECONDS


def carry_out(host, pooler, guard, decision):
    """The file first, then every process in parallel; what does not succeed is tried again at the next look."""
    member = member_named(pooler, decision['host']) if decision['act'] == 'route' else None
    try:
        write_target(pooler, member)
        problem = None
    except OSError as error:
        problem = refusal_of_os_error(error)
    if member is not None:
        act = (lambda process: problem or resume_process(host, pooler, guard, process, member))
    elif problem is None:
        act = (lambda process: close_process(host, pooler, process))
    else:
        act = (lambda process: disable_process(host, pooler, process))
    results = at_once(act, pooler['processes'])
    return [
        {'name': process['name'], 'ok': not isinstance(result, Refusal),
         **({'problem': result.message} if isinstance(result, Refusal) else {'did': result})}
        for process, result in zip(pooler['processes'], results)
    ]


def resume_process(host, pooler, guard, process, member):
    """RELOAD, login retry, host checked, RESUME, not paused any more.

    RESUME only when every entry shows the decided host: whatever else would let clients write to a member that
    nobody has chosen.
    """
    # Every RELOAD puts the setting back, and one failed login would then keep clients out for 15 s.
    shown = console(host, pooler, process, 'RELOAD', 'SET server_login_retry=0', 'SHOW DATABASES')
    rows = databases_shown(pooler, shown)
    wrong = [row['name'] for row in rows if (row['host'], row['port']) != (member['address'], str(member['port']))]
    names = {row['name'] for row in rows}
    wrong += [entry['name'] for entry in pooler['entries'] if entry['name'] != '*' and entry['name'] not in names]
    if wrong:
        raise Refusal('WRONG_HOST', f'after RELOAD not at {member["host"]}: {", ".join(wrong)}')
    before = guard['pausedBefore'].get(process['name'], [])
    ours = [row['name'] for row in rows if row['paused'] != '0' and row['name'] not in before]
    if ours:
        console(host, pooler, process, *[f'RESUME {quoted_identifier(name)}' for name in ours])
    still = [name for name in pause_states(host, pooler, process) if name not in before]
    if still:
        raise Refusal('STILL_PAUSED', f'still paused: {", ".join(still)}')
    return f'resumed {", ".join(ours)}' if ours else 'nothing was paused'


def close_process(host, pooler, process):
    """RELOAD of the empty file: no entry is left that could be paused or routed."""
    left = databases_shown(pooler, console(host, pooler, process, 'RELOAD', 'SHOW DATABASES'))
    if left:
        raise Refusal('WRONG_HOST', f'after RELOAD still there: {", ".join(row["name"] for row in left)}')
    return 'removed the entries'


def disable_process(host, pooler, process):
    """Where the file cannot be written (full disk): new clients are refused, the others cut off, then RESUME. It
    needs no disk; somebody has to ENABLE the database afterwards."""
    rows = databases_shown(pooler, console(host, pooler, process, 'SHOW DATABASES'))
    for row in rows:
        name = quoted_identifier(row['name'])
        console(host, pooler, process, f'DISABLE {name}', f'KILL {name}', f'RESUME {name}')
    if pause_states(host, pooler, process):
        raise Refusal('STILL_PAUSED', 'still paused')
    return f'disabled {", ".join(row["name"] for row in rows)}'


def put_login_retry_back(host, target):
    """A little after RESUME: a login that failed while paused would count again the moment the setting is back."""
    time.sleep(2)
    with holding(host.places, target, 'act'):
        guard, pooler = finished_route(host, target), host.config.poolers[target]
        if guard is not None:
            at_once(lambda process: console(
                host, pooler, process,
                f'SET server_login_retry={int(float(guard["loginRetry"].get(process["name"], "15")))}',
            ), pooler['processes'])

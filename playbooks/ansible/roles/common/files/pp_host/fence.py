"""Fence: no process of the data directory writes, and none comes back."""

import signal
import time

from .config import database_of
from .control import STATES_OF_RECOVERY, check_identity, read_control, trusted_control
from .data_directory import has_file, remove_signal_file, write_signal_file
from .journal import record_best_effort
from .lock import acting
from .mask import mask
from .places import boot_seconds, milliseconds_since, wall_time
from .processes import children_of, kill_all, processes_of, read_process, running_postmaster, title
from .programs import unit_facts
from .refusals import Refusal
from .tags import write_fence_tag


def verb_fence(host, args):
    """Makes sure, whatever state it is in, that no process of the data directory writes and none comes back.

    Kill first, mask afterwards: with the mask first a thawed primary took 442 writes. A failing later part never
    hides what was achieved, and never keeps the kill from happening.
    """
    started = time.monotonic()
    database = database_of(host, args)
    with acting(host, args, 'fence'):
        control = read_control(host, database)
        if control is not None and control['crcOk']:
            check_identity(control, args)
        if args['onlyStandby']:
            check_standby(trusted_control(host, database))
        record_best_effort(host, args, 'fence', 'intent', control=control)
        first = [{'pid': facts['pid'], 'title': title(facts)} for facts in kill_postmaster_first(database)]
        # Nothing holds yet: the proof is the two empty looks after the mask.
        kill_all(database, 2, empty_looks=1)
        problems = []
        masked = attempt(problems, 'mask', lambda: mask(host, args))
        # Between the kill and the mask systemd may have started it again.
        left = kill_all(database, 5)
        if left:
            problems.append({'what': 'processes', 'reason': f'{len(left)} processes do not end', 'processes': left})
        attempt(problems, 'promote file', lambda: remove_signal_file(database, 'promote'))
        attempt(problems, 'standby.signal', lambda: write_signal_file(database, 'standby.signal'))
        evidence = {
            'killed': first, 'masked': masked, 'left': left, 'tableEmptyLooks': 0 if left else 2,
            'standbySignal': has_file(database, 'standby.signal'), 'promoteFile': has_file(database, 'promote'),
            'control': read_control(host, database), 'unit': attempt(problems, 'unit', lambda: unit_facts(host.tools, database['unit'])),
            'at': boot_seconds(), 'time': wall_time(),
        }
        attempt(problems, 'fence tag', lambda: write_fence_tag(host, args, host.config.host, evidence))
        record_best_effort(host, args, 'fence', 'incomplete' if problems else 'done', evidence=evidence)
        if problems:
            what = ', '.join(problem['what'] for problem in problems)
            raise Refusal('FENCE_INCOMPLETE', f'Not everything could be done: {what}.', problems=problems, **evidence)
        return {**evidence, 'ms': milliseconds_since(started)}


def check_standby(control):
    """A promotion that was under way may have come to its end while the caller waited for this flock; what clients have
    written since then would be lost with the server."""
    if control['state'] not in STATES_OF_RECOVERY:
        raise Refusal('NOT_IN_RECOVERY', f'The control file says "{control["state"]}".', control=control)


def attempt(problems, what, act):
    try:
        return act()
    except (Refusal, OSError) as error:
        problems.append({'what': what, 'reason': str(error)})
        return None


def kill_postmaster_first(database):
    """The postmaster goes first: it would start new children. @returns what was running.

    Only its own children are looked up before: a look at the whole table takes 20 ms, in which it would go on writing.
    """
    running = []
    with running_postmaster(database) as postmaster:
        if postmaster is not None:
            running = [facts for facts in (read_process(postmaster.pid), *children_of(postmaster.pid)) if facts is not None]
            postmaster.signal(signal.SIGKILL)
    known = {facts['pid'] for facts in running}
    return running + [facts for facts in processes_of(database) if facts['pid'] not in known]

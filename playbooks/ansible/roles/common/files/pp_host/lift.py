"""Lift: takes a fault back, on request, when its time has come, or after a boot."""

import contextlib
import time

from .fault_kinds import fault_of
from .fault_record import is_lifted, is_of_this_boot, lifted, never_made, read_fault, read_faults, timer_of
from .flocks import holding
from .journal import record_best_effort
from .lock import check_not_after, check_token, lock_of
from .places import boot_seconds
from .refusals import Refusal, complain

GIVE_UP_SECONDS = 3600
LONGEST_PAUSE_SECONDS = 300


def verb_lift(host, args):
    """Takes it back and proves that it is gone.

    Needs no token: a fault only harms, its id is used once, and the timer does the same at a time of its own. Where one is
    given it is checked, so that a drill which was taken over lifts nothing that its new holder wants in force.
    """
    check_not_after(args)
    by = f'operation {args["operation"]}'
    known = read_fault(host.places, args['fault'])
    if known is None:
        with holding(host.places, args['target'], 'fault', args['notAfter']):
            # Perhaps it was just being made.
            known = read_fault(host.places, args['fault'])
            if known is None:
                never_made(host, args, by)
                return {'gone': True, 'known': False, 'by': None, 'measured': 'no fault of that id is known here'}
    if known['target'] != args['target']:
        raise Refusal('FAULT_ID_USED', f'{known["fault"]} is a fault of {known["target"]}.')
    with undoing(host, known, args['notAfter']):
        if args['token'] is not None:
            check_token(host.places, lock_of(args))
        known = read_fault(host.places, args['fault']) or known
        if is_lifted(known):
            return {'gone': True, 'known': True, 'by': known['lifted']['by'], 'measured': known['lifted']['measured']}
        is_gone, measured = attempt_to_lift(host, known, by)
        return {'gone': is_gone, 'known': True, 'by': by if is_gone else None, 'measured': measured}


@contextlib.contextmanager
def undoing(host, known, deadline=None):
    """Acts of operations are waited for only where a unit is started. A stop that waits for a hanging archiver would
    otherwise be waited for by the very lift that ends its wait."""
    places, target, note = host.places, known['target'], f'lift of fault {known["fault"]}'
    with contextlib.ExitStack() as held:
        if fault_of(host, known).starts:
            held.enter_context(holding(places, target, 'act', deadline, note))
        held.enter_context(holding(places, target, 'fault', deadline, note))
        yield


def attempt_to_lift(host, known, by):
    """@returns whether it is gone, and what was seen. The caller holds the flocks."""
    kind = fault_of(host, known)
    try:
        is_gone, measured = undone(kind) if is_of_this_boot(host.places, known) else kind.after_boot()
    except (Refusal, OSError) as error:
        return False, str(error)
    if is_gone:
        lifted(host.places, known, by, measured)
        with contextlib.suppress(Refusal):
            # One that fires all the same finds the fault lifted.
            host.tools.systemctl('stop', '--', f'{timer_of(known["fault"])}.timer')
        record_best_effort(host, known, 'lift', 'done', fault=known['fault'], by=by, measured=measured)
    return is_gone, measured


def undone(kind):
    kind.undo()
    return kind.gone()


def lift_main(host, fault):
    """The timer's program: it goes on until the fault is gone, and gives up after an hour, since it may have to start a
    server that does not start."""
    pause = 1
    while True:
        try:
            known = read_fault(host.places, fault)
            if known is None or is_lifted(known):
                return 0
            with undoing(host, known):
                known = read_fault(host.places, fault)
                if known is None or is_lifted(known):
                    return 0
                is_gone, measured = attempt_to_lift(host, known, 'its timer')
            complain(f'lift of {fault}: {"gone" if is_gone else "not gone"}: {measured}')
            if is_gone or boot_seconds() > known['expiresAt'] + GIVE_UP_SECONDS:
                return 0
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        except (Refusal, OSError) as error:
            complain(f'lift of {fault}: {error}')
            if isinstance(error, Refusal) and error.code in ('STATE_TORN', 'CONFIG_BAD'):
                return 1
        host.kept = None
        time.sleep(pause)


def lift_left_over(host):
    """What the boot runs before anything else: no fault outlives a boot, since nobody knows how long the host was off. A
    server would not start on a disk that is still full."""
    records, problems = read_faults(host.places)
    for problem in problems:
        complain(f'lift: {problem.message}')
    failed = bool(problems)
    for known in records:
        try:
            if is_lifted(known) or is_of_this_boot(host.places, known):
                continue
            with holding(host.places, known['target'], 'fault'):
                is_gone, measured = attempt_to_lift(host, known, 'the boot of the host')
        except Exception as error:  # noqa: BLE001 – one that cannot be lifted must not keep the others in force.
            is_gone, measured = False, str(error)
        complain(f'lift of {known["fault"]}: {"gone" if is_gone else "not gone"}: {measured}')
        failed = failed or not is_gone
    return 1 if failed else 0

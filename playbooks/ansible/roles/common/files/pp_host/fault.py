"""Fault: breaks one thing here on purpose, with its way back on disk and a timer that takes it."""

from .durable import remove_file
from .fault_kinds import fault_of
from .fault_record import (
    forget_lifted, is_lifted, is_of_this_boot, new_record, read_fault, read_faults, timer_of, write_fault,
)
from .flocks import holding
from .journal import record, record_best_effort
from .lift import attempt_to_lift
from .lock import acting, check_not_after, lock_of
from .places import boot_seconds
from .refusals import Refusal, bad
from .timers import start_transient, timer_facts


def verb_fault(host, args):
    """Breaks it, and proves that it is broken.

    In this order: what undoing it needs is on disk, then the timer that undoes it, then the act. So whatever dies in
    between, this program, `pp` or the network, the host is whole again when its time has come.
    """
    if args['from'] and args['kind'] != 'cut':
        raise bad('args.from is for a cut')
    with acting(host, lock_of(args), 'fault'), holding(host.places, args['target'], 'fault', args['notAfter'], f'fault {args["fault"]}'):
        known = read_fault(host.places, args['fault'])
        if known is None:
            known = begin(host, args)
        else:
            check_same(host, known, args)
        if known['phase'] == 'begun':
            check_not_after(args)
            known = carry_out(host, known)
            return {**shown(host, known), 'already': False}
        return {**shown(host, known), 'already': True}


def begin(host, args):
    records, problems = read_faults(host.places)
    for problem in problems:
        raise problem
    for other in records:
        # Undoing the one would undo the other, or leave it half in force. Cuts are tables of their own.
        if not is_lifted(other) and (other['target'], other['kind']) == (args['target'], args['kind']) != (args['target'], 'cut'):
            raise Refusal('FAULT_IN_FORCE', f'{other["kind"]} is in force already, as {other["fault"]}.', fault=other['fault'])
    undo = fault_of(host, {**args, 'undo': None, 'did': None}).prepare()
    check_not_after(args)
    record(host, args, 'fault', 'intent', fault=args['fault'], kind=args['kind'])
    forget_lifted(host.places)
    begun = write_fault(host.places, new_record(host, args, undo))
    _, problem = start_timer(host, begun)
    if problem is not None:
        remove_file(host.places.fault(args['fault']))
        record_best_effort(host, args, 'fault', 'refused', fault=args['fault'], reason=problem)
        raise Refusal('FAULT_NO_TIMER', problem)
    return begun


def check_same(host, known, args):
    """Again with the same id: it goes on where it was interrupted. Once lifted, nothing brings it back."""
    if is_lifted(known):
        raise Refusal('FAULT_LIFTED', f'{known["fault"]} has been lifted by {known["lifted"]["by"]}.', lifted=known['lifted'])
    if any(known[key] != args[key] for key in ('kind', 'target', 'from')):
        raise Refusal('FAULT_ID_USED', f'{known["fault"]} is another fault: {known["kind"]} of {known["target"]}.')
    if not is_of_this_boot(host.places, known):
        raise Refusal('FAULT_LIFTED', f'The host has been booted since {known["fault"]} was put in force.')
    if known['phase'] == 'begun':
        if known['expiresAt'] <= boot_seconds():
            raise Refusal('FAULT_LIFTED', f'The time of {known["fault"]} is over.')
        # It may have been interrupted before it had its timer.
        if timer_facts(host, timer_of(known['fault']))['activeState'] != 'active':
            _, problem = start_timer(host, known)
            if problem is not None:
                raise Refusal('FAULT_NO_TIMER', problem)


def start_timer(host, known):
    fault = known['fault']
    return start_transient(
        host, timer_of(fault), max(0.1, known['expiresAt'] - boot_seconds()),
        f'pp lifts fault {fault} of {known["target"]}', ['lift', fault],
    )


def carry_out(host, known):
    """@raises Refusal FAULT_FAILED: it was taken back. FAULT_INCOMPLETE: what there is of it is lifted later."""
    try:
        kind = fault_of(host, known)
        did = kind.act()
        in_force = {**known, 'phase': 'in force', 'did': did}
        holds, measured = fault_of(host, in_force).in_force()
        if not holds:
            raise Refusal('FAULT_FAILED', f'It was done, and yet: {measured}.')
        write_fault(host.places, {**in_force, 'proof': measured})
        record_best_effort(host, known, 'fault', 'done', fault=known['fault'], measured=measured)
        return {**in_force, 'proof': measured}
    except (Refusal, OSError) as error:
        is_gone, measured = attempt_to_lift(host, known, 'the helper, since it failed')
        record_best_effort(host, known, 'fault', 'failed', fault=known['fault'], reason=str(error), measured=measured)
        if not is_gone:
            raise Refusal('FAULT_INCOMPLETE', f'{error}; and it could not be taken back: {measured}.', fault=known['fault']) from None
        raise Refusal('FAULT_FAILED', f'{error} It was taken back: {measured}.', fault=known['fault']) from None


def shown(host, known):
    return {
        **{key: known[key] for key in ('fault', 'kind', 'target', 'from', 'operation')}, 'since': known['time'],
        'forSeconds': round(boot_seconds() - known['at'], 3), 'expiresInSeconds': round(known['expiresAt'] - boot_seconds(), 3),
        'measured': known['proof'],
    }


def verb_faults(host, args):
    """What is in force, looked at now, and what was lifted lately. Changes nothing, so it needs no token."""
    records, problems = read_faults(host.places)
    mine = [known for known in records if args['target'] in (None, known['target'])]
    found = {
        'bootSeconds': boot_seconds(),
        'faults': [looked_at(host, known) for known in mine if not is_lifted(known)],
        'lifted': [
            {**{key: known[key] for key in ('fault', 'kind', 'target', 'operation')}, 'inForce': known['proof'],
             **{key: known['lifted'][key] for key in ('by', 'measured', 'time')}}
            for known in mine if is_lifted(known)
        ],
    }
    for problem in problems:
        raise Refusal(problem.code, problem.message, **problem.details, partial=found)
    return found


def looked_at(host, known):
    if not is_of_this_boot(host.places, known):
        # Its clock was another one's.
        return {**shown(host, known), 'forSeconds': None, 'expiresInSeconds': None, 'holds': False,
                'measured': 'the host was booted since; what is left of it is lifted by pp-faults.service'}
    try:
        holds, measured = fault_of(host, known).in_force()
    except (Refusal, OSError) as error:
        holds, measured = False, str(error)
    return {**shown(host, known), 'holds': holds, 'measured': measured}

"""The lock: token and lease, and acting under them."""

import contextlib
import os

from .durable import boot_of, read_state, write_state
from .flocks import holding
from .guard_record import hand_guard_over
from .places import boot_seconds, wall_time
from .refusals import Refusal, bad

LONGEST_NOT_AFTER_SECONDS = 3600
"""A not-after further ahead is a mistake of clocks (an epoch time would never pass), so it is refused."""


@contextlib.contextmanager
def acting(host, args, verb):
    """Token and not-after are checked under the flock, and the flock is held until the act has ended."""
    note = f'{verb} of operation {args["operation"]}, token {args["token"]}, pid {os.getpid()}'
    with holding(host.places, args['target'], 'act', args['notAfter'], note):
        check_not_after(args)
        check_token(host.places, args)
        yield


def lock_of(args):
    """The mandate of what is done to a target under another one's lock."""
    return args if args['lock'] is None else {**args, 'target': args['lock']}


def check_token(places, args, released_too=False):
    """Refuses every token but the one that was raised here for this very operation.

    A greater one is refused too: it must be raised first, because only that fences the commands of the older
    holder which are still on their way.
    """
    state = read_lock(places, args['target'])
    highest = {'highestToken': state['highestToken'], 'operation': state['operation']}
    if args['token'] < state['highestToken']:
        raise Refusal('TOKEN_OLD', f'Token {args["token"]} is older than {state["highestToken"]}.', **highest)
    if args['token'] > state['highestToken']:
        raise Refusal('TOKEN_NOT_RAISED', f'Token {args["token"]} was never raised on this host.', **highest)
    if args['operation'] != state['operation']:
        raise Refusal('TOKEN_OLD', f'Token {args["token"]} belongs to operation {state["operation"]}.', **highest)
    if state['released'] and not released_too:
        raise Refusal('TOKEN_OLD', f'Operation {args["operation"]} has released its lock.', **highest)
    return state


def check_not_after(args):
    not_after = args.get('notAfter')
    now = boot_seconds()
    if not_after is not None and now > not_after:
        raise Refusal('NOT_AFTER_PASSED', f'Came {now - not_after:.3f} s after its time.', bootSeconds=now)
    if not_after is not None and not_after > now + LONGEST_NOT_AFTER_SECONDS:
        raise bad('args.notAfter is more than an hour ahead of CLOCK_BOOTTIME here')


def read_lock(places, target):
    """The lock file, or what a host that has never seen an operation has."""
    state = read_state(places.lock(target))
    return state or {'schemaVersion': 1, 'highestToken': 0, 'operation': None, 'released': False, 'lease': None}


def lease_end(lease, boot):
    """When the lease ends in this boot's clock.

    A voter that has rebooted cannot know how much of the lease is left, so it keeps it for one full length from
    the moment this boot's id was made: forgetting it would let two operators hold a majority.
    """
    if lease['bootId'] == boot['bootId']:
        return lease['leaseEnd']
    return boot['createdAt'] + lease['leaseSeconds']


def lease_left(lease, boot):
    return round(max(0.0, lease_end(lease, boot) - boot_seconds()), 3)


def shown_lease(lease, boot):
    """With its end in this boot's clock, whatever boot it was written in."""
    if lease is None:
        return None
    return {**lease, 'leaseEnd': lease_end(lease, boot), 'leaseLeftSeconds': lease_left(lease, boot)}


def same_process(lease, args):
    return all(lease[key] == args[key] for key in ('operation', 'owner', 'operatorHost', 'operatorBootId', 'pid'))


def may_take_over(lease, args):
    """A named lease may be taken from a holder that the caller, on the same machine and boot, has seen dead."""
    named = args['takeOver']
    return (
        named is not None
        and (named['operation'], named['token']) == (lease['operation'], lease['token'])
        and (named['holderDead'] or args['holderDead'])
        and (lease['operatorHost'], lease['operatorBootId']) == (args['operatorHost'], args['operatorBootId'])
    )


def verb_lock_read(host, args):
    """What a voter says of a target, read in a moment; `status` looks at servers and units too."""
    boot, lock = boot_of(host.places), read_lock(host.places, args['target'])
    return {
        'lock': shown_lease(lock['lease'], boot), 'highestToken': lock['highestToken'], 'bootSeconds': boot_seconds(),
    }


def verb_lock(host, args):
    """Grants the lease by compare-and-set and raises the token. Waits for an act that is running."""
    places, target = host.places, args['target']
    with holding(places, target, 'act', args['notAfter']), holding(places, target, 'lease'):
        check_not_after(args)
        boot = boot_of(places)
        state = read_lock(places, target)
        lease = state['lease']
        if lease is not None and lease_left(lease, boot) > 0:
            if not same_process(lease, args) and not may_take_over(lease, args):
                raise Refusal(
                    'LOCK_HELD',
                    f'Operation {lease["operation"]} of {lease["owner"]} holds {target}.',
                    lock=shown_lease(lease, boot),
                    leaseLeftSeconds=lease_left(lease, boot),
                    highestToken=state['highestToken'],
                )
        if args['token'] <= state['highestToken']:
            raise Refusal(
                'TOKEN_OLD',
                f'Token {args["token"]} is not above {state["highestToken"]}.',
                highestToken=state['highestToken'],
            )
        now = boot_seconds()
        granted = {
            **{key: args[key] for key in ('token', 'operation', 'owner', 'operatorHost', 'operatorBootId', 'pid')},
            'step': args['step'],
            'leaseSeconds': args['leaseSeconds'],
            'leaseEnd': now + args['leaseSeconds'],
            'grantedAt': now,
            'grantedTime': wall_time(),
            'bootId': boot['bootId'],
        }
        taken_over = None if lease is None or same_process(lease, args) else lease
        granted['takenOver'] = taken_over and {key: taken_over[key] for key in ('operation', 'token', 'owner')}
        raise_token(places, target, args, {**state, 'lease': granted})
        return {
            'lock': shown_lease(granted, boot),
            'takenOver': shown_lease(taken_over, boot),
            'highestToken': args['token'],
        }


def raise_token(places, target, args, state):
    """Writes the new token, an armed guard first.

    In this order a power cut between the two files leaves a guard with a token above the stored one, which still
    counts as its own; the other way round it would take itself for replaced and leave the pooler paused.
    """
    hand_guard_over(places, target, args)
    write_state(
        places.lock(target),
        {**state, 'highestToken': args['token'], 'operation': args['operation'], 'released': False},
    )


def verb_raise(host, args):
    """Raises the token on a host that is no voter; again with the same token and operation it changes nothing."""
    places, target = host.places, args['target']
    with holding(places, target, 'act', args['notAfter']), holding(places, target, 'lease'):
        check_not_after(args)
        state = read_lock(places, target)
        again = (args['token'], args['operation']) == (state['highestToken'], state['operation'])
        if args['token'] <= state['highestToken'] and not again:
            raise Refusal(
                'TOKEN_OLD',
                f'Token {args["token"]} is not above {state["highestToken"]}.',
                highestToken=state['highestToken'],
            )
        raise_token(places, target, args, state)
        return {'highestToken': args['token']}


def own_lease(places, args, boot):
    state = read_lock(places, args['target'])
    lease = state['lease']
    if args['token'] < state['highestToken']:
        raise Refusal(
            'TOKEN_OLD', f'Token {args["token"]} is older than {state["highestToken"]}.', highestToken=state['highestToken']
        )
    if lease is None or (lease['operation'], lease['token']) != (args['operation'], args['token']):
        raise Refusal(
            'LOCK_LOST',
            f'Operation {args["operation"]} holds no lock here.',
            lock=shown_lease(lease, boot),
            highestToken=state['highestToken'],
        )
    return state, lease


def verb_renew(host, args):
    """Starts the lease's length anew. A lease that has ended stays ended: its holder has to lock and plan again."""
    places = host.places
    with holding(places, args['target'], 'lease'):
        check_not_after(args)
        boot = boot_of(places)
        state, lease = own_lease(places, args, boot)
        if lease_left(lease, boot) <= 0:
            raise Refusal('LEASE_ENDED', 'The lease has ended; lock again.', lock=shown_lease(lease, boot))
        end = boot_seconds() + lease['leaseSeconds']
        step = lease['step'] if args['step'] is None else args['step']
        renewed = {**lease, 'step': step, 'leaseEnd': end, 'bootId': boot['bootId']}
        write_state(places.lock(args['target']), {**state, 'lease': renewed})
        return {'leaseEnd': end, 'bootSeconds': boot_seconds(), 'step': step}


def verb_release(host, args):
    """Ends the lease. The token stays the highest, and acts with it are refused from now on."""
    places = host.places
    with holding(places, args['target'], 'act', args['notAfter']), holding(places, args['target'], 'lease'):
        check_not_after(args)
        state = read_lock(places, args['target'])
        released = state['released'] and state['lease'] is None and state['operation'] == args['operation']
        if not released or state['highestToken'] != args['token']:
            own_lease(places, args, boot_of(places))
            write_state(places.lock(args['target']), {**state, 'lease': None, 'released': True})
        return {'released': True, 'highestToken': state['highestToken']}

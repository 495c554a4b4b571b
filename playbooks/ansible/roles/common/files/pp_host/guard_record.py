"""Dead-man guard: the record."""

import os

from .durable import boot_of, read_state, write_state
from .places import boot_seconds


def read_guard(places, target):
    return read_state(places.guard(target))


def is_live(guard, boot):
    """Armed in this boot and not finished. A reboot ends the timer, and the pause as well."""
    return guard is not None and guard['state'] in ('armed', 'deciding') and guard['bootId'] == boot['bootId']


def hand_guard_over(places, target, args):
    """Gives an armed guard, also one that is deciding, the new holder's token; time and hard limit stay.

    So a `resume` that dies right after it has locked leaves no pooler paused, and the holder before it has no
    guard of its own any more.
    """
    guard = read_guard(places, target)
    if is_live(guard, boot_of(places)):
        operations = list(dict.fromkeys([*guard['operations'], args['operation']]))
        write_state(
            places.guard(target),
            {**guard, 'token': args['token'], 'operation': args['operation'], 'operations': operations},
        )


def hold_guard_back(host, args):
    """Never two who decide about one pooler: a holder who acts while the guard decides makes it step back.

    The flock is held, so the guard is between two looks; it finds a changed record, waits its first time once more,
    and decides then if the holder has not finished. Refusing the holder instead would block the very `resume` or
    `abort` that ends the outage; taking the guard away would leave a pooler paused when the holder dies right here.
    """
    guard = read_guard(host.places, args['target'])
    if is_live(guard, boot_of(host.places)) and guard['state'] == 'deciding':
        fires = boot_seconds() + guard['afterSeconds']
        write_state(host.places.guard(args['target']), {
            **guard, 'state': 'armed', 'armId': os.urandom(8).hex(), 'firesAt': fires,
            'hardLimitAt': max(guard['hardLimitAt'], fires + 2),
        })


def guard_shown(guard, boot):
    if guard is None:
        return {'armed': False, 'lastVerdict': None}
    live = is_live(guard, boot)
    left = (lambda at: round(max(0.0, at - boot_seconds()), 3) if live else None)
    return {
        'armed': live, 'state': guard['state'] if live or guard['state'] in ('done', 'disarmed') else 'gone',
        'operation': guard['operation'], 'token': guard['token'], 'from': guard['from'], 'to': guard['to'],
        'timeline': guard['timeline'], 'unit': guard['unit'],
        'firesInSeconds': left(guard['firesAt']), 'hardLimitInSeconds': left(guard['hardLimitAt']),
        'lastVerdict': guard['lastVerdict'],
    }

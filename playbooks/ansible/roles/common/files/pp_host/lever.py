"""The stop lever: whether drills of a target may go on, as the voters keep it."""

from .durable import read_state, write_state
from .flocks import holding
from .places import wall_time
from .refusals import Refusal


def verb_lever(host, args):
    """Engages or releases it. It is the emergency brake, so it waits for no act and asks for no token: the record with
    the highest number counts, and one that comes late has a number that is used."""
    with holding(host.places, args['target'], 'lever'):
        kept = read_state(host.places.lever(args['target']))
        asked = {key: args[key] for key in ('number', 'engaged', 'by', 'why')}
        if kept is not None and kept['number'] >= args['number']:
            if {key: kept[key] for key in asked} == asked:
                return {'lever': kept}
            raise Refusal('LEVER_OLD', f'Number {args["number"]} is not above {kept["number"]}.', lever=kept)
        lever = {**asked, 'at': wall_time()}
        write_state(host.places.lever(args['target']), lever)
        return {'lever': lever}


def verb_lever_read(host, args):
    return {'lever': read_state(host.places.lever(args['target']))}

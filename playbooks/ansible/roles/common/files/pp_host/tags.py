"""Tags: who is fenced, whom an operator has taken out of the choice, and the isolation of a member."""

import re

from .config import member_named, pooler_of
from .durable import read_state, remove_file, write_state
from .lock import acting
from .places import boot_seconds, wall_time
from .programs import last_words
from .refusals import Refusal


def read_fence_tag(places, target):
    return read_state(places.fence(target))


def fenced_member(host, target):
    """The tag when it is this host that was fenced; a pooler's host carries tags of other members."""
    tag = read_fence_tag(host.places, target)
    return tag if tag is not None and tag['member'] == host.config.host else None


def write_fence_tag(host, args, member, evidence, isolated=None):
    write_state(host.places.fence(args['target']), {
        'member': member, 'operation': args['operation'], 'token': args['token'],
        'at': boot_seconds(), 'time': wall_time(), 'evidence': evidence, 'isolated': isolated,
    })


def verb_fence_tag(host, args):
    """Says on a pooler's host that a member is being fenced, so that no guard there routes to it any more.

    To be written before the fence itself: a guard that fires in between must not go back to the old primary.
    """
    with acting(host, args, 'fence-tag'):
        member = member_named(pooler_of(host, args), args['member'])
        if args['isolate']:
            isolate(host, args['target'], member['address'])
        write_fence_tag(host, args, args['member'], None, member['address'] if args['isolate'] else None)
        return {'fenceTag': read_fence_tag(host.places, args['target'])}


def verb_unfence(host, args):
    """Takes away the tag of a named operation. It starts nothing and unmasks nothing."""
    with acting(host, args, 'unfence'):
        tag = read_fence_tag(host.places, args['target'])
        if tag is not None and tag['operation'] != args['fencedBy']:
            raise Refusal('FENCED', f'The tag is of operation {tag["operation"]}.', fenceTag=tag)
        if tag is not None and tag.get('isolated') is not None:
            admit(host, args['target'])
        remove_file(host.places.fence(args['target']))
        return {'removed': tag}


def isolation_table(target):
    return 'pp_fence_' + re.sub(r'[^A-Za-z0-9_]', '_', target)


def isolate(host, target, address):
    """Drops every packet from and to a member, of open connections too, before anything else sees them. @see man nft"""
    import socket
    rules = []
    for found in sorted({info[4][0] for info in socket.getaddrinfo(address, None)}):
        family = 'ip6' if ':' in found else 'ip'
        rules += [(hook, f'{family} {side} {found} drop') for hook, side in (
            ('input', 'saddr'), ('output', 'daddr'), ('forward', 'saddr'), ('forward', 'daddr'),
        )]
    lines = [f'table inet {isolation_table(target)} {{']
    for hook in ('input', 'output', 'forward'):
        lines += [f'chain {hook} {{', f'type filter hook {hook} priority -300;', *(rule for on, rule in rules if on == hook), '}']
    admit(host, target)
    answer = host.tools.run(['nft', '-f', '-'], content='\n'.join([*lines, '}', '']))
    if answer.returncode != 0:
        raise Refusal('ISOLATE_FAILED', f'nft: {last_words(answer)}')


def admit(host, target):
    host.tools.run(['nft', 'delete', 'table', 'inet', isolation_table(target)])


def verb_tag(host, args):
    """What an operator says of a member, kept on the voters. The record with the highest token is the one that counts,
    so a voter that slept through a removal brings nothing back."""
    with acting(host, args, 'tag'):
        kept = [one for one in read_tags(host.places, args['target'])
                if (one['member'], one['tag']) != (args['member'], args['tag'])]
        kept.append({
            'member': args['member'], 'tag': args['tag'], 'isSet': args['isSet'], 'token': args['token'],
            'operation': args['operation'], 'time': wall_time(),
        })
        write_state(host.places.tags(args['target']), {'tags': kept})
        return {'tags': kept}


def read_tags(places, target):
    return (read_state(places.tags(target)) or {'tags': []})['tags']

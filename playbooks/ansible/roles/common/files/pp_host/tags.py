"""Tags: who is fenced, whom an operator has taken out of the choice, and the isolation of a member."""

from .config import member_named, pooler_of
from .durable import read_state, remove_file, write_state
from .lock import acting
from .packets import put_table, remove_table, rules_against, table_named
from .places import boot_seconds, wall_time
from .programs import last_words
from .refusals import Refusal


def read_fence_tags(places, target):
    """One for each member and operation that has fenced it: another one's fence takes nothing back."""
    state = read_state(places.fence(target))
    if state is None:
        return []
    # A helper of before kept one tag alone.
    return state['tags'] if 'tags' in state else [state]


def own_fence_tags(host, target):
    """Those of this host; a pooler's host carries tags of other members."""
    return [tag for tag in read_fence_tags(host.places, target) if tag['member'] == host.config.host]


def write_fence_tag(host, args, member, evidence, isolation=None):
    """@returns the tag. A member that this operation has isolated before stays so until its tag is taken away."""
    kept, mine = divide(read_fence_tags(host.places, args['target']), member, args['operation'])
    before = {key: tag[key] for tag in mine for key in ('isolated', 'table') if key in tag}
    tag = {
        'member': member, 'operation': args['operation'], 'token': args['token'],
        'at': boot_seconds(), 'time': wall_time(), 'evidence': evidence, 'isolated': None, **before, **(isolation or {}),
    }
    keep_fence_tags(host, args['target'], [*kept, tag])
    return tag


def remove_fence_tags(host, target, member, operation):
    """@returns those that were taken away, of any member where none is named."""
    kept, removed = divide(read_fence_tags(host.places, target), member, operation)
    for tag in removed:
        if tag.get('isolated') and not any(one.get('isolated') == tag['isolated'] for one in kept):
            # A helper of before had one table for all members, and did not write down which.
            remove_table(host, tag.get('table', isolation_table(target)))
    if removed:
        keep_fence_tags(host, target, kept)
    return removed


def divide(tags, member, operation):
    named = [tag for tag in tags if tag['operation'] == operation and member in (None, tag['member'])]
    return [tag for tag in tags if tag not in named], named


def keep_fence_tags(host, target, tags):
    if tags:
        write_state(host.places.fence(target), {'tags': tags})
    else:
        remove_file(host.places.fence(target))


def verb_fence_tag(host, args):
    """Says on a pooler's host that a member is being fenced, so that no guard there routes to it any more.

    To be written before the fence itself: a guard that fires in between must not go back to the old primary.
    """
    with acting(host, args, 'fence-tag'):
        member = member_named(pooler_of(host, args), args['member'])
        isolation = isolate(host, args['target'], member) if args['isolate'] else None
        return {'fenceTag': write_fence_tag(host, args, args['member'], None, isolation)}


def verb_unfence(host, args):
    """Takes away the tags of a named operation, of a named member only where one is named. It starts nothing and unmasks nothing.

    What others have fenced stays. On the fenced host itself that is a refusal: it would be put in service next.
    """
    with acting(host, args, 'unfence'):
        removed = remove_fence_tags(host, args['target'], args['member'], args['fencedBy'])
        left = own_fence_tags(host, args['target'])
        if not removed and left and args['member'] in (None, host.config.host):
            raise Refusal('FENCED', f'The tag is of operation {left[0]["operation"]}.', fenceTags=left)
        return {'removed': removed, 'fenceTags': read_fence_tags(host.places, args['target'])}


def isolation_table(*names):
    """Of one member: lifting another one's isolation must not let this one write again."""
    return table_named('pp_fence', *names)


def isolate(host, target, member):
    """Drops every packet from and to a member, of open connections too, before anything else sees them."""
    import socket
    table = isolation_table(target, member['host'])
    rules = []
    for found in sorted({info[4][0] for info in socket.getaddrinfo(member['address'], None)}):
        rules += rules_against(found)
    answer = put_table(host, table, rules)
    if answer.returncode != 0:
        raise Refusal('ISOLATE_FAILED', f'nft: {last_words(answer)}')
    return {'isolated': member['address'], 'table': table}


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

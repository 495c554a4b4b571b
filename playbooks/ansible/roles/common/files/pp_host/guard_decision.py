"""Dead-man guard: the decision."""


def decide(facts):
    """What a guard does after one look. Pure: no clock, no file.

    `facts`: from, timeline, systemIdentifier (as at the start); members: [{host, answered, inRecovery,
    systemIdentifier, timeline}]; fenced: a fence tag of this operation lies on this host; pastHardLimit.

    Routes to X only if X is the only writable member on the highest timeline seen, and either X is above the
    timeline of the start, or X is the old primary, every member answered and there is no fence tag. Two accidents
    are behind this: "the first writable one" lost 1137 of 2262 acknowledged rows in a partition, where the new
    primary was the member that did not answer; and a RESUME at the limit without looking lost 824 of 824.

    @returns {act: route|look-again|nowhere, host, reason}
    """
    chosen, reason = choose_member(facts)
    if chosen is not None:
        return {'act': 'route', 'host': chosen, 'reason': reason}
    if facts['pastHardLimit']:
        return {'act': 'nowhere', 'host': None, 'reason': reason}
    return {'act': 'look-again', 'host': None, 'reason': reason}


def choose_member(facts):
    seen = [
        member for member in facts['members']
        # Another cluster's server behind a member's address is no answer of that member.
        if member['answered'] and member['systemIdentifier'] == facts['systemIdentifier']
    ]
    if not seen:
        return None, 'no member answers'
    highest = max(member['timeline'] for member in seen)
    writable = [member for member in seen if not member['inRecovery'] and member['timeline'] == highest]
    if not writable:
        return None, f'nobody is writable on timeline {highest}, the highest seen'
    if len(writable) > 1:
        return None, 'writable on the same timeline: ' + ', '.join(member['host'] for member in writable)
    only = writable[0]
    if only['timeline'] > facts['timeline']:
        return only['host'], f'{only["host"]} is the only writable member on timeline {highest}, above {facts["timeline"]}'
    if only['timeline'] < facts['timeline']:
        return None, f'{only["host"]} is writable on timeline {highest}, below {facts["timeline"]}'
    if only['host'] != facts['from']:
        return None, f'{only["host"]} is writable on the old timeline but is not the old primary'
    if len(seen) < len(facts['members']):
        silent = {member['host'] for member in facts['members']} - {member['host'] for member in seen}
        return None, f'the old primary is writable, but {", ".join(sorted(silent))} did not answer'
    if facts['fenced']:
        return None, f'{only["host"]} is writable but has been fenced by this operation'
    return only['host'], f'{only["host"]} is still the only writable member and every member answered'

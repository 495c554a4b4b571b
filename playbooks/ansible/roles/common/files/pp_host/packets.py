"""Dropped packets: tables of nftables that are the helper's own. @see man nft"""

import re

HOOKS = ('input', 'output', 'forward')


def table_named(kind, *names):
    """What a table's name may not hold is written in hexadecimal, so that two names never become one."""
    return '_'.join([kind, *(re.sub('[^A-Za-z0-9]', lambda found: f'_{ord(found[0]):02x}', name) for name in names)])


def rules_against(address):
    """Those that drop whatever comes from an address or goes to it, each with the hook it belongs to."""
    family = 'ip6' if ':' in address else 'ip'
    return [(hook, f'{family} {side} {address}') for hook, side in (
        ('input', 'saddr'), ('output', 'daddr'), ('forward', 'saddr'), ('forward', 'daddr'),
    )]


def put_table(host, table, rules):
    """In place of one of that name, as a whole or not at all. No rule looks at connections: open ones fall silent too.

    @param rules pairs of a hook and what its packets look like. @returns what nft has answered.
    """
    # Named and deleted first, in the same transaction.
    lines = [f'table inet {table}', f'delete table inet {table}', f'table inet {table} {{']
    for hook in HOOKS:
        drops = [f'{rule} counter drop' for on, rule in rules if on == hook]
        lines += [f'chain {hook} {{', f'type filter hook {hook} priority -300;', *drops, '}']
    return host.tools.run(['nft', '-f', '-'], content='\n'.join([*lines, '}', '']))


def remove_table(host, table):
    host.tools.run(['nft', 'delete', 'table', 'inet', table])


def dropped_packets(host, table):
    """How many its rules have dropped; None where there is no such table."""
    answer = host.tools.run(['nft', 'list', 'table', 'inet', table])
    if answer.returncode != 0:
        return None
    return sum(int(count) for count in re.findall(r'packets (\d+)', answer.stdout))

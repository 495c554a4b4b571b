"""Fault: the host's cable is cut, towards some or everybody."""

import contextlib

from .packets import HOOKS, dropped_packets, put_table, remove_table, rules_against, table_named
from .programs import last_words
from .refusals import Refusal

# The host's own traffic never leaves it.
FROM_ELSEWHERE = {'input': 'iifname != "lo"', 'output': 'oifname != "lo"', 'forward': ''}
DISCARD_PORT = 9


class Cut:
    """Its rules lie in a table of its own, and end with a boot. They drop packets and look at no connection, so that
    established ones fall silent too."""

    starts = False

    def __init__(self, host, record):
        self.host = host
        self.record = record
        self.table = table_named('pp_fault', record['fault'])

    def prepare(self):
        answer = self.host.tools.run(['nft', 'list', 'tables'])
        if answer.returncode != 0:
            raise Refusal('FAULT_NO_FILTER', f'nft: {last_words(answer)}')
        addresses = sorted({found for name in self.record['from'] for found in resolved(name)})
        if any(map(is_own, addresses)):
            raise Refusal('FAULT_ADDRESS_UNKNOWN', f'An address of this host is among {", ".join(addresses)}; it is never cut off from itself.')
        # Asked for now: a host that is cut off gets no answer from a name server.
        return {'addresses': addresses, 'others': addresses or sorted(self.neighbours())}

    def neighbours(self):
        config, target = self.host.config, self.record['target']
        database, pooler = config.databases.get(target), config.poolers.get(target)
        known = (database['gate']['peers'] if database is not None and database['gate'] is not None else []) \
            + (pooler['members'] if pooler is not None else [])
        for other in known:
            with contextlib.suppress(Refusal):
                yield from (address for address in resolved(other['address']) if not is_own(address))

    def act(self):
        looks = [(hook, look) for address in self.record['undo']['addresses'] for hook, look in rules_against(address)] \
            if self.record['from'] else [(hook, '') for hook in HOOKS]
        answer = put_table(self.host, self.table, [(hook, f'{FROM_ELSEWHERE[hook]} {look}') for hook, look in looks])
        if answer.returncode != 0:
            raise Refusal('FAULT_FAILED', f'nft: {last_words(answer)}')

    def undo(self):
        remove_table(self.host, self.table)

    def after_boot(self):
        return True, 'ended with the boot of the host'

    def in_force(self):
        """Sends a packet to those it must not reach: the kernel says no."""
        if dropped_packets(self.host, self.table) is None:
            return False, 'no rule is there'
        others = self.record['undo']['others']
        reached = [address for address in others if lets_through(address)]
        count = dropped_packets(self.host, self.table)
        if reached:
            return False, f'{count} packets dropped, and yet one gets out to {", ".join(reached)}'
        return True, ', none gets out to '.join([f'{count} packets dropped', *([', '.join(others)] if others else [])])

    def gone(self):
        count = dropped_packets(self.host, self.table)
        return count is None, 'no rule left' if count is None else f'its rules are there; {count} packets dropped'


def resolved(name):
    import socket
    try:
        return {info[4][0] for info in socket.getaddrinfo(name, None)}
    except OSError as error:
        raise Refusal('FAULT_ADDRESS_UNKNOWN', f'{name} is no address, and no name that this host knows: {error}.') from None


def lets_through(address):
    """Whether a packet of this host leaves it for there."""
    with sender_to(address) as sender, contextlib.suppress(OSError):
        sender.connect((address, DISCARD_PORT))
        return sender.send(b'.') == 1
    return False


def is_own(address):
    with sender_to(address) as sender, contextlib.suppress(OSError):
        sender.connect((address, DISCARD_PORT))
        return address.startswith('127.') or sender.getsockname()[0] == address
    return False


def sender_to(address):
    import socket
    return socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_DGRAM)

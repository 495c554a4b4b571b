"""What the members answer from here."""

import time

from .config import pooler_of
from .console import FIELD, psql_program
from .places import milliseconds_since
from .programs import at_once
from .refusals import Refusal

# On a writable member from the WAL position: its control file says the old timeline right after a promotion. On a
# standby that function raises an error, so there the newer of what streams in and what the control file says.
LOOK = """
select pg_is_in_recovery(), (select system_identifier from pg_control_system()),
  case when pg_is_in_recovery()
    then greatest(coalesce((select received_tli from pg_stat_wal_receiver), 0),
                  (select timeline_id from pg_control_checkpoint()))
    else ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int end
"""


def ask_member(host, pooler, member):
    silent = {'host': member['host'], 'answered': False, 'inRecovery': None, 'systemIdentifier': None, 'timeline': None}
    guard = pooler['guard']
    try:
        answer = host.tools.run(
            [
                psql_program(host), '-XAtw', '-F', FIELD, '-h', member['address'], '-p', str(member['port']),
                '-U', guard['user'], '-d', guard['database'], '-c', LOOK,
            ],
            3,
            {
                'PGPASSFILE': guard['passwordFile'], 'PGCONNECT_TIMEOUT': '2', 'PGAPPNAME': 'pp-guard',
                'PGOPTIONS': '-c statement_timeout=2000',
            },
        )
    except Refusal as error:
        return {**silent, 'reason': error.message}
    fields = answer.stdout.strip().split(FIELD)
    if answer.returncode != 0 or len(fields) != 3 or fields[0] not in ('t', 'f') or not fields[2].isdigit():
        return {**silent, 'reason': answer.stderr.strip()[:200] or 'unexpected answer'}
    return {
        'host': member['host'], 'answered': True, 'inRecovery': fields[0] == 't', 'systemIdentifier': fields[1],
        'timeline': int(fields[2]),
    }


def ask_members(host, pooler):
    return at_once(lambda member: ask_member(host, pooler, member), pooler['members'])


def verb_ask_members(host, args):
    """What the members answer to SQL from here. Changes nothing, so it needs no token."""
    return {'members': ask_members(host, pooler_of(host, args))}


def verb_reach(host, args):
    """One TCP connection from here, as evidence of who reaches whom."""
    import socket
    started = time.monotonic()

    def answer(word):
        return {'answer': word, 'ms': milliseconds_since(started)}

    try:
        socket.create_connection((args['address'], args['port']), args['timeoutSeconds']).close()
    except ConnectionRefusedError:
        return answer('refused')
    except TimeoutError:
        return answer('silent')
    except OSError:
        return answer('unreachable')
    return answer('open')

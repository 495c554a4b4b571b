"""PgBouncer's console."""

import os
import re

from .programs import user_named
from .refusals import Refusal

FIELD = '\x1f'


def psql_program(host):
    """The newest real psql; Debian's wrapper of that name costs 30 ms of Perl each time."""
    if not host.places.root:
        folder = '/usr/lib/postgresql'
        versions = os.listdir(folder) if os.path.isdir(folder) else []
        for version in sorted(versions, key=lambda name: [int(part) for part in re.findall(r'\d+', name)], reverse=True):
            if os.access(f'{folder}/{version}/bin/psql', os.X_OK):
                return f'{folder}/{version}/bin/psql'
    return 'psql'


def console(host, pooler, process, *commands):
    """Runs commands on one process's console as PgBouncer's own OS user, who needs no password there.

    @returns the rows of each SHOW as dictionaries, in one list. @raises Refusal CONSOLE_FAILED.
    """
    argv = [
        psql_program(host), '-XAw', '-P', 'footer=off', '-F', FIELD, '-v', 'ON_ERROR_STOP=1',
        '-h', process['socketDirectory'], '-p', str(process['port']), '-U', 'pgbouncer', '-d', 'pgbouncer',
    ]
    for command in commands:
        argv += ['-c', command]
    answer = host.tools.run(argv, 4, {'PGCONNECT_TIMEOUT': '2'}, user_named(pooler['osUser']))
    if answer.returncode != 0:
        raise Refusal('CONSOLE_FAILED', f'{process["name"]}: {answer.stderr.strip()[:300]}')
    rows, names = [], None
    for line in answer.stdout.splitlines():
        fields = line.split(FIELD)
        if len(fields) < 2:
            names = None  # RELOAD, SET, RESUME: the answer to a command.
        elif names is None:
            names = fields
        else:
            rows.append(dict(zip(names, fields)))
    return rows


def quoted_identifier(name):
    return '"' + name.replace('"', '""') + '"'


def databases_shown(pooler, rows):
    """Those rows of SHOW DATABASES that the target file governs, `*` with what it has opened by itself."""
    names = {entry['name'] for entry in pooler['entries']}
    addresses = {member['address'] for member in pooler['members']}
    opened = (lambda row: '*' in names and row['name'] != 'pgbouncer' and row['host'] in addresses)
    return [row for row in rows if row['name'] in names or opened(row)]


def pause_states(host, pooler, process):
    rows = databases_shown(pooler, console(host, pooler, process, 'SHOW DATABASES'))
    return sorted(row['name'] for row in rows if row['paused'] != '0')


def login_retry(host, pooler, process):
    for row in console(host, pooler, process, 'SHOW CONFIG'):
        if row['key'] == 'server_login_retry':
            return row['value']
    return '15'

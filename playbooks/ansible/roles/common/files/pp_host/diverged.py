"""What only an old primary has: kept aside, and summed up."""

import hashlib
import json
import os
import re
import time

from .config import database_of
from .control import check_identity, trusted_control
from .data_directory import check_space
from .durable import replace_file
from .lock import acting
from .processes import processes_of
from .programs import user_named
from .refusals import Refusal
from .requests import MOST_RELATIONS
from .wal import lsn_number, shown_lsn, wal_name
from .waldump import dump


def keep_diverged(host, database, control, ways):
    """Copies the segments from the fork on to a dated folder beside the data, and says what is in them.

    @param control as it is now; None with `ways` None
    @param ways (timeline, where its diverged part begins); None: nothing is known of the fork, and all is kept.
    @returns None when all of them could be read, and no transaction is in them.
    """
    wal = f'{database["dataDirectory"]}/pg_wal'
    chosen = [
        name for name in sorted(os.listdir(wal)) if re.fullmatch(r'[0-9A-F]{24}', name) and (
            ways is None or any(int(name[:8], 16) == timeline and name >= wal_name(timeline, lsn, control['walSegmentBytes']) for timeline, lsn in ways)
        )
    ]
    summary = None
    if ways is not None:
        summary = WalSummary(host, database, control).read(wal, ways)
        if summary.commits == 0 and summary.problem is None:
            return None  # The end of crash recovery alone, which every crashed server has for itself.
    check_space(database, sum(os.path.getsize(f'{wal}/{name}') for name in chosen), 'the WAL that exists nowhere else')
    stamp = time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())
    folder = f'{database["dataDirectory"]}.diverged-{stamp}'
    user = user_named(database['osUser'])
    owner = (user.pw_uid, user.pw_gid)
    os.mkdir(folder, 0o700)
    os.chown(folder, *owner)
    files = []
    for name in chosen:
        with open(f'{wal}/{name}', 'rb') as file:
            content = file.read()
        replace_file(f'{folder}/{name}', content, 0o600, owner)
        files.append({'name': name, 'sha256': hashlib.sha256(content).hexdigest()})
    for name in os.listdir(wal):
        if name.endswith('.history'):
            with open(f'{wal}/{name}', 'rb') as file:
                replace_file(f'{folder}/{name}', file.read(), 0o600, owner)
    found = summary.result() if summary is not None else {'commits': None, 'problem': None, 'tables': []}
    if summary is not None:
        # Read once more, now from the copies, which are what stays.
        with open(f'{folder}/transactions.ndjson', 'w', encoding='utf-8') as file:
            found = WalSummary(host, database, control, file).read(folder, ways).result()
            file.flush()
            os.fsync(file.fileno())
        os.chown(f'{folder}/transactions.ndjson', *owner)
    kept = {'folder': folder, 'files': files, 'from': None if ways is None else [
        {'timeline': timeline, 'lsn': shown_lsn(lsn)} for timeline, lsn in ways
    ], **found}
    replace_file(f'{folder}/summary.json', json.dumps(kept, indent=2).encode(), 0o600, owner)
    return {
        'folder': folder, 'stamp': stamp, 'files': len(files), 'commits': found['commits'], 'problem': found['problem'],
        'relations': [table['relation'] for table in found['tables']][:MOST_RELATIONS],
    }


MOST_PLACES = 100
"""Row positions that are listed for one table in one transaction; more are only counted."""


class WalSummary:
    """What transactions have changed, read from pg_waldump line by line.

    WAL has no names and no rows that could be read without the catalog of that very moment: a table is its
    tablespace/database/relfilenode, a row its block and offset there (its ctid).
    """

    LINE = re.compile(r'rmgr: (\w+)\s.*?tx:\s*(\d+), lsn: ([0-9A-F]+/[0-9A-F]+), .*?desc: (.*)')
    BLOCK = re.compile(r'blkref #0: rel (\d+/\d+/\d+)(?: fork \w+)? blk (\d+)')
    KINDS = {'INSERT': 'inserts', 'MULTI_INSERT': 'inserts', 'UPDATE': 'updates', 'HOT_UPDATE': 'updates', 'DELETE': 'deletes'}
    COMMIT = re.compile(r'COMMIT(?:_PREPARED (\d+):)? (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^;]*)')

    def __init__(self, host, database, control, file=None):
        self.host, self.database, self.control, self.file = host, database, control, file
        self.open = {}
        self.tables = {}
        self.commits, self.first = 0, []
        self.problem = None
        """Why there may be more than was counted."""

    def read(self, folder, ways):
        for (timeline, begin), stop in zip(ways, [*(lsn for _, lsn in ways[1:]), None]):
            if stop is None or begin < stop:
                found = dump(self.host, self.database, self.control, folder, timeline, begin, self.take, stop)
                self.problem = self.problem or found.problem
        return self

    def take(self, line):
        found = self.LINE.match(line)
        if found is None:
            return
        manager, transaction, lsn, said = found.groups()
        if manager in ('Heap', 'Heap2'):
            self.change(transaction, said)
        elif manager == 'Transaction':
            self.end(transaction, lsn, said)

    def change(self, transaction, said):
        kind = self.KINDS.get(said.split(' ', 1)[0].partition('+')[0])
        block = self.BLOCK.search(said)
        if kind is None or block is None:
            return
        several = re.search(r'(?:ntuples: (\d+))|(?:(\d+) tuples)', said) if said.startswith('MULTI') else None
        table = self.open.setdefault(transaction, {}).setdefault(block[1], {'inserts': 0, 'updates': 0, 'deletes': 0, 'rows': []})
        table[kind] += int(several[1] or several[2]) if several else 1
        place = re.search(r'\bnew[_ ]off:? (\d+)', said) or re.search(r'\boff:? (\d+)', said)
        if place is not None and len(table['rows']) < MOST_PLACES:
            table['rows'].append([kind[:-1], f'({block[2]},{place[1]})'])

    def end(self, transaction, lsn, said):
        under = re.search(r'subxacts: ([\d ]+)', said)
        aborted = re.match(r'ABORT(?:_PREPARED (\d+))?', said)
        committed = self.COMMIT.match(said)
        if aborted is None and committed is None:
            return
        top = (committed or aborted)[1] or transaction
        changes = {}
        for number in (top, *(under[1].split() if under else ())):
            for relation, table in self.open.pop(number, {}).items():
                add(changes.setdefault(relation, {'inserts': 0, 'updates': 0, 'deletes': 0, 'rows': []}), table)
        if committed is None:
            return
        self.commits += 1
        for relation, table in changes.items():
            into = self.tables.setdefault(relation, {'inserts': 0, 'updates': 0, 'deletes': 0, 'transactions': 0})
            into['transactions'] += 1
            add(into, table)
        entry = {'xid': int(top), 'committedAt': committed[2].strip(), 'lsn': lsn, 'tables': [
            {'relation': relation, **table} for relation, table in changes.items()
        ]}
        if self.file is not None:
            self.file.write(json.dumps(entry) + '\n')
        if len(self.first) < 20:
            self.first.append({**entry, 'tables': [{key: value for key, value in table.items() if key != 'rows'} for table in entry['tables']]})

    def result(self):
        order = sorted(self.tables.items(), key=lambda item: -item[1]['transactions'])
        return {
            'commits': self.commits, 'problem': self.problem, 'firstTransactions': self.first,
            # Below 16384 are the system's own catalogs: something was created, changed or analysed there.
            'tables': [
                {'relation': relation, 'name': None, 'isCatalog': int(relation.split('/')[2]) < 16384, **table}
                for relation, table in order
            ],
        }


def add(into, table):
    for kind in ('inserts', 'updates', 'deletes'):
        into[kind] += table[kind]
    if 'rows' in into:
        into['rows'] += table['rows'][:MOST_PLACES - len(into['rows'])]


def verb_name_kept(host, args):
    """Writes the names of tables, as the new primary's catalog has them, into the summary of what was kept aside."""
    database = database_of(host, args)
    with acting(host, args, 'name-kept'):
        path = f'{database["dataDirectory"]}.diverged-{args["stamp"]}/summary.json'
        user = user_named(database['osUser'])
        with open(path, encoding='utf-8') as file:
            summary = json.load(file)
        lists = [summary['tables'], *(entry['tables'] for entry in summary.get('firstTransactions', []))]
        for table in (table for tables in lists for table in tables):
            table['name'] = args['names'].get(table['relation'], table.get('name'))
        replace_file(path, json.dumps(summary, indent=2).encode(), 0o600, (user.pw_uid, user.pw_gid))
        return {'named': sum(1 for table in summary['tables'] if table['name'] is not None)}


def verb_wal_summary(host, args):
    """What the transactions behind a position of a stopped server's WAL have changed. Changes nothing."""
    database = database_of(host, args)
    control = trusted_control(host, database)
    check_identity(control, args)
    if processes_of(database):
        raise Refusal('STILL_RUNNING', 'PostgreSQL runs, so its WAL has no end yet.')
    summary = WalSummary(host, database, control).read(f'{database["dataDirectory"]}/pg_wal', [(args['timeline'], lsn_number(args['lsn']))])
    found = summary.result()
    return {**found, 'tables': found['tables'][:MOST_RELATIONS]}

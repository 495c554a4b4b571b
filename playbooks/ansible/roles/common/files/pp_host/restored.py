"""What is looked at in a restored server, and what its log says of its recovery."""

import re

from .refusals import Refusal

LATE_SECONDS = 60


def replayed_to(log):
    """How far it has replayed, in the words of its log."""
    def last(pattern):
        found = re.findall(pattern, log)
        return found[-1] if found else None

    return {
        'stoppedAt': last(r'recovery stopping ((?:before|after) .+)'),
        'lastTransactionAt': last(r'last completed transaction was at log time (.+)'),
        'lsn': last(r'redo done at ([0-9A-F]+/[0-9A-F]+)'),
    }


def check_content(instance, args, reached, tell):
    """What SQL says. @returns checks: id, status (ok, warn, failed), measured."""
    checks = [identity(instance, args), target(args, reached)]
    beat = heartbeat(instance, args)
    checks += [beat] if beat else []
    names = [name for [name] in instance.ask('postgres', 'select datname from pg_database where datallowconn and not datistemplate order by 1')]
    checks += [rows(instance, name) for name in names]
    if not args['quick']:
        checks.append(structure(instance, args['timeoutSeconds'], tell))
    return checks


def check(name, status, measured):
    return {'id': name, 'status': status, 'measured': measured}


def identity(instance, args):
    [[found]] = instance.ask('postgres', 'select system_identifier from pg_control_system()')
    return check('identity', 'ok' if found == args['systemIdentifier'] else 'failed', f'system {found}')


def target(args, reached):
    """PostgreSQL ends by itself where it does not come to its target; what it came to is said here."""
    came = reached['stoppedAt'] or f'at the end of the archive, {reached["lsn"]}'
    is_there = reached['stoppedAt'] is not None or (args['toTime'] is None and args['toLsn'] is None)
    return check('target', 'ok' if is_there else 'failed', f'stopped {came}; last transaction {reached["lastTransactionAt"] or "none"}')


def heartbeat(instance, args):
    """The primary's sign of life, one a second: the newest is of no later than the target, and of a moment before it."""
    if instance.ask('postgres', "select to_regclass('pp.heartbeat') is not null") != [['t']]:
        return None
    aim = 'null' if args['toTime'] is None else f"'{args['toTime']}'::timestamptz"
    [[newest, before]] = instance.ask(
        'postgres', f'select max(written_at), round(extract(epoch from {aim} - max(written_at)), 1) from pp.heartbeat')
    if newest == '':
        return check('heartbeat', 'warn', 'no sign of life in it')
    if before == '':
        return check('heartbeat', 'ok', newest)
    status = 'failed' if float(before) < 0 else 'warn' if float(before) > LATE_SECONDS else 'ok'
    return check('heartbeat', status, f'{newest}, {before} s before the target')


def rows(instance, database):
    tables = "select count(*) from pg_class join pg_namespace n on n.oid = relnamespace where relkind in ('r', 'm', 'p') and nspname not in ('pg_catalog', 'information_schema')"
    [[count, size]] = instance.ask(database, f'select ({tables}), pg_size_pretty(pg_database_size(current_database()))')
    measured = f'{count} tables, {size}'
    if instance.ask(database, "select to_regclass('pp.probe') is not null") == [['t']]:
        [[probes, newest]] = instance.ask(database, 'select count(*), max(written_at) from pp.probe')
        measured += f'; {probes} probe rows' + (f', the newest of {newest}' if newest else '')
    return check(f'database.{database}', 'ok', measured)


def structure(instance, seconds, tell):
    """Every table and index read through, by amcheck."""
    status, said = instance.run(
        'pg_amcheck', [*instance.place, '--no-password', '--all', '--install-missing', '--progress'], seconds, tell.percentage('check'))
    if status == 0:
        return check('amcheck', 'ok', 'no complaint')
    return check('amcheck', 'failed', ' '.join(said.splitlines()[-3:])[-300:])


def check_pages(instance, seconds, tell):
    """Every page's checksum, of the stopped server."""
    status, said = instance.run('pg_checksums', ['--check', '--progress', '-D', instance.data], seconds, tell.percentage('pages'))
    if 'checksums are not enabled' in said:
        return [check('checksums', 'warn', 'this database has no checksums')]
    bad = re.search(r'Bad checksums: +(\d+)', said)
    scanned = re.search(r'Blocks scanned: +(\d+)', said)
    if bad is None:
        raise Refusal('RESTORE_FAILED', f'pg_checksums: {" ".join(said.splitlines()[-3:])[-300:]}')
    return [check('checksums', 'ok' if status == 0 else 'failed', f'{scanned.group(1) if scanned else "?"} pages, {bad.group(1)} bad')]

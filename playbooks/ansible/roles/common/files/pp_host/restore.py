"""Restore: a backup made a server again, alone, beside what lives on this host, and looked at.

It lies in a folder of its own, listens on no network, archives nothing, follows nobody, and reads the repository with a
configuration that knows no member. Nothing here opens a live data directory.
"""

import contextlib
import os
import re
import shutil
import signal
import time

from .backup import Telling, alone, backup_of, complaint, is_running, pgbackrest
from .durable import make_private_folder, read_state, remove_file, replace_file, write_state
from .places import milliseconds_since, wall_time
from .processes import all_processes, is_of_this_host, is_postgres, open_postmaster, signal_process, works_in
from .programs import last_words, user_named
from .refusals import Refusal
from .restored import check_content, check_pages, replayed_to

ENTRIES = ('data', 'socket', 'tablespaces', 'server.log', 'again.log')
"""All that is ever made there, so all that is ever removed."""
PORT = 5432
WAL_BYTES = 1024 ** 3
START_SECONDS = 10
# A live server on the same disk must not come near its end.
QUIETLY = ('nice', '-n', '10', 'ionice', '-t', '-c', '3')


def verb_restore(host, args):
    """Restores, recovers, checks, and removes it again or keeps it. It goes on to its end when the caller is gone."""
    backup = backup_of(host, args)
    target = args['target']
    with alone(host, target, 'restore', 'RESTORE_RUNNING'):
        before = read_state(host.places.restore(target))
        if before is not None and before['isKept']:
            raise Refusal('RESTORE_KEPT', f'{backup["restoreDirectory"]} has what was restored on {before["time"]} and kept.', kept=before)
        # What a helper left that was killed, or whose host lost its power.
        remove(host, target, backup)
        check_space(host, backup, args)
        run = {'time': wall_time(), 'label': args['label'], 'toTime': args['toTime'], 'toLsn': args['toLsn']}
        write_state(host.places.restore(target), {**run, 'isKept': False})
        tell = Stages(host, target, run)
        is_kept = False
        try:
            facts = perform(host, backup, args, tell)
            is_kept = args['keep']
            return {**facts, 'kept': kept_at(backup) if is_kept else None}
        finally:
            if is_kept:
                write_state(host.places.restore(target), {**run, 'isKept': True})
            else:
                remove(host, target, backup)
            remove_file(host.places.restore_progress(target))


class Stages:
    """Which part is at work and how far; how long each took. Every look asks whether it shall end."""

    def __init__(self, host, target, run):
        self.path = host.places.restore_stop(target)
        self.telling = Telling(host.places.restore_progress(target), run)
        self.phases = []

    @contextlib.contextmanager
    def stage(self, name):
        started = time.monotonic()
        self.say(name)
        yield
        self.phases.append({'id': name, 'ms': milliseconds_since(started)})

    def say(self, step, percent=None, detail=None):
        if os.path.exists(self.path):
            raise Refusal('RESTORE_STOPPED', 'The restore was ended by pp db restore --clean.')
        self.telling.facts['detail'] = detail
        self.telling.say(step, percent)

    def percentage(self, step):
        def take(line):
            found = re.search(r'([\d.]+)%', line)
            self.say(step, float(found.group(1)) if found else None)
        return take


def perform(host, backup, args, tell):
    database = server_of(backup)
    with tell.stage('restore'):
        fetch(host, backup, args, tell)
        configure(host, backup, database)
    with tell.stage('recover'):
        start(host, backup, database, args, tell)
    reached = replayed_to(server_log(backup))
    with tell.stage('check'):
        checks = check_content(Instance(host, backup, database), args, reached, tell)
    bytes_ = sum(found.st_blocks * 512 for found in files_of(backup))
    if not args['quick']:
        with tell.stage('pages'):
            stop(host, backup, database)
            checks += check_pages(Instance(host, backup, database), args['timeoutSeconds'], tell)
            if args['keep']:
                start(host, backup, database, args, tell, 'again.log')
    return {'reached': reached, 'checks': checks, 'phases': tell.phases, 'bytes': bytes_}


class Instance:
    """The restored server, as its checks see it."""

    def __init__(self, host, backup, database):
        self.tools = host.tools
        self.user = user_named(backup['osUser'])
        self.database = database
        self.bin = database['binDirectory']
        self.data = database['dataDirectory']
        self.place = ['-h', f'{backup["restoreDirectory"]}/socket', '-p', str(PORT), '-U', 'postgres']

    def ask(self, database, query, seconds=60):
        """@returns rows of texts. @raises Refusal when it does not answer."""
        argv = [f'{self.bin}/psql', '-XAtqw', '-F', '\t', '-v', 'ON_ERROR_STOP=1', *self.place, '-d', database, '-c', query]
        answer = self.tools.run(argv, seconds, user=self.user)
        if answer.returncode != 0:
            raise Refusal('RESTORE_FAILED', f'The restored server: {last_words(answer)}')
        return [line.split('\t') for line in answer.stdout.splitlines()]

    def run(self, program, arguments, seconds, take):
        return self.tools.each_line([*QUIETLY, f'{self.bin}/{program}', *arguments], self.user, seconds, take, merged=True)


def server_of(backup):
    return {'dataDirectory': f'{backup["restoreDirectory"]}/data', 'binDirectory': backup['binDirectory']}


def kept_at(backup):
    return {'directory': f'{backup["restoreDirectory"]}/data', 'socketDirectory': f'{backup["restoreDirectory"]}/socket', 'port': PORT}


def check_space(host, backup, args):
    """@raises Refusal DISK_SHORT; nothing has been touched."""
    directory = backup['restoreDirectory']
    disk = os.statvfs(directory)
    free = disk.f_bavail * disk.f_frsize
    shares = any(os.stat(database['dataDirectory']).st_dev == os.stat(directory).st_dev
                 for database in host.config.databases.values() if os.path.isdir(database['dataDirectory']))
    needed = args['bytes'] + args['bytes'] // 20 + WAL_BYTES + (disk.f_blocks * disk.f_frsize // 10 if shares else 0)
    if free < needed:
        beside = ', a tenth of the disk of the live database among them' if shares else ''
        raise Refusal('DISK_SHORT', f'{needed} bytes are needed in {directory}{beside}, and {free} are free.', neededBytes=needed, freeBytes=free)


def fetch(host, backup, args, tell):
    user, directory = user_named(backup['osUser']), backup['restoreDirectory']
    for name in ('data', 'socket', 'tablespaces'):
        os.mkdir(f'{directory}/{name}', 0o700)
        os.chown(f'{directory}/{name}', user.pw_uid, user.pw_gid)
    aim = ['--type=default']
    if args['toTime'] is not None:
        aim = ['--type=time', f'--target={args["toTime"]}', '--target-action=promote']
    elif args['toLsn'] is not None:
        aim = ['--type=lsn', f'--target={args["toLsn"]}', '--target-action=promote']
    argv = [
        *QUIETLY, *pgbackrest(backup, args['target'], 'restore.conf'), 'restore', f'--set={args["label"]}', *aim, '--archive-mode=off',
        # A tablespace keeps its old path in the backup, and on a member the live one is there.
        f'--tablespace-map-all={directory}/tablespaces', '--log-level-console=detail', '--log-level-stderr=off', '--no-log-timestamp',
    ]
    status, said = host.tools.each_line(argv, user, args['timeoutSeconds'], tell.percentage('restore'), merged=True)
    if status != 0:
        raise Refusal('RESTORE_FAILED', complaint(said))


def configure(host, backup, database):
    """Of what the live server had set only the way to its WAL is left: its memory, libraries, files and standbys are none of this."""
    data, directory = database['dataDirectory'], backup['restoreDirectory']
    user = user_named(backup['osUser'])
    with open(f'{data}/postgresql.auto.conf', encoding='utf-8') as file:
        recovery = file.read().rpartition('# Recovery settings generated by pgBackRest')[2]
    kept = [line for line in recovery.splitlines() if re.match(r'(restore_command|recovery_target\w*) *=', line)]
    control = host.tools.run([f'{backup["binDirectory"]}/pg_controldata', '-D', data], 5)
    prepared = re.search(r'max_prepared_xacts setting: *(\d+)', control.stdout)
    settings = [
        "listen_addresses = ''", f'port = {PORT}', f"unix_socket_directories = '{directory}/socket'", 'unix_socket_permissions = 0700',
        'archive_mode = off', 'hot_standby = off', 'max_wal_senders = 0', 'max_connections = 20', "cluster_name = 'restored'",
        f'max_prepared_transactions = {prepared.group(1) if prepared else 0}', 'autovacuum = off', 'ssl = off',
        "lc_messages = 'C'", "log_timezone = 'UTC'", "timezone = 'UTC'", "log_line_prefix = '%m [%p] '",
    ]
    for name, lines in (
        ('postgresql.conf', settings), ('postgresql.auto.conf', kept),
        # The folder of the socket lets in nobody but its owner.
        ('pg_hba.conf', ['local all all trust']), ('pg_ident.conf', []),
    ):
        replace_file(f'{data}/{name}', '\n'.join([*lines, '']).encode(), 0o600, (user.pw_uid, user.pw_gid))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f'{data}/standby.signal')


def start(host, backup, database, args, tell, log='server.log'):
    answer = host.tools.run(
        [*QUIETLY, f'{backup["binDirectory"]}/pg_ctl', '-D', database['dataDirectory'], '-l', f'{backup["restoreDirectory"]}/{log}',
         '-W', 'start'], 60, user=user_named(backup['osUser']),
    )
    if answer.returncode != 0:
        raise Refusal('RESTORE_FAILED', f'pg_ctl start: {last_words(answer)}')
    wait_until_recovered(Instance(host, backup, database), backup, args, tell, log)


def stop(host, backup, database):
    answer = host.tools.run(
        [f'{backup["binDirectory"]}/pg_ctl', '-D', database['dataDirectory'], '-m', 'fast', '-w', '-t', '600', 'stop'], 620,
        user=user_named(backup['osUser']),
    )
    if answer.returncode != 0:
        raise Refusal('RESTORE_FAILED', f'pg_ctl stop: {last_words(answer)}')


def wait_until_recovered(instance, backup, args, tell, name):
    started = time.monotonic()
    while True:
        with contextlib.suppress(Refusal):
            if instance.ask('postgres', 'select pg_is_in_recovery()', 10) == [['f']]:
                return
        log = server_log(backup, name)
        segments = re.findall(r'restored log file "([0-9A-F]{24})" from archive', log)
        tell.say('recover', detail=segments[-1] if segments else None)
        lasts = time.monotonic() - started
        # It takes a moment until a server that was started shows itself.
        if not is_alive(instance.database) and ('database system is shut down' in log or lasts > START_SECONDS):
            raise ended_early(log, args)
        if lasts > args['timeoutSeconds']:
            raise Refusal('RESTORE_FAILED', f'Recovery has not ended within {args["timeoutSeconds"]} s.')
        time.sleep(0.3)


def is_alive(database):
    postmaster = open_postmaster(database)
    if postmaster is None:
        return False
    postmaster.close()
    return True


def ended_early(log, args):
    reached = replayed_to(log)
    if 'before configured recovery target was reached' in log:
        aim = args['toTime'] or args['toLsn']
        return Refusal(
            'RESTORE_TARGET_NOT_REACHED',
            f'The archive ends before {aim}; the last transaction in it is of {reached["lastTransactionAt"] or "an unknown time"}.', reached=reached,
        )
    said = [line for line in log.splitlines() if re.search('(FATAL|PANIC): (?!.*not accepting connections)', line)]
    return Refusal('RESTORE_FAILED', f'The restored server ended: {" ".join(said[-2:])[-400:] or "it says nothing"}')


def server_log(backup, name='server.log'):
    """Its last megabytes: a long recovery names every segment."""
    try:
        descriptor = os.open(f'{backup["restoreDirectory"]}/{name}', os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return ''
    with open(descriptor, 'rb') as file:
        file.seek(max(os.fstat(descriptor).st_size - 4 * 1024 * 1024, 0))
        return file.read().decode(errors='replace')


def files_of(backup):
    for folder, _, names in os.walk(backup['restoreDirectory']):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                yield os.lstat(f'{folder}/{name}')


def remove(host, target, backup):
    """Its server first, then its files, then the marker: whatever is left in between is found again."""
    database = server_of(backup)
    for _ in range(200):
        left = [facts for facts in all_processes() if is_of_this_host(facts) and belongs(facts, backup, database)]
        if not left:
            break
        for facts in left:
            signal_process(facts, signal.SIGKILL)
        time.sleep(0.02)
    else:
        raise Refusal('RESTORE_FAILED', 'Processes of an earlier restore cannot be ended.', pids=[facts['pid'] for facts in left])
    for name in ENTRIES:
        path = f'{backup["restoreDirectory"]}/{name}'
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            remove_file(path)
    remove_file(host.places.restore(target))
    remove_file(host.places.restore_stop(target))


def belongs(facts, backup, database):
    """Its server, or the pgBackRest that fills its folder or fetches WAL for it."""
    if is_postgres(facts, database):
        return works_in(facts, database)
    return f'--config={backup["configFolder"]}/restore.conf' in facts['arguments']


def verb_restore_progress(host, args):
    """How far the restore is that runs now, and what was restored and kept; null where there is none. Changes nothing."""
    backup = backup_of(host, args)
    target = args['target']
    runs = is_running(host, target, 'restore')
    found = None if runs else read_state(host.places.restore(target))
    return {
        'progress': read_state(host.places.restore_progress(target)) if runs else None,
        'left': found and {**found, **kept_at(backup)},
    }


def verb_restore_clean(host, args):
    """Ends a restore that runs here, and removes what is left of one or was kept."""
    backup = backup_of(host, args)
    target = args['target']
    runs = is_running(host, target, 'restore')
    if runs:
        make_private_folder(host.places.run)
        write_state(host.places.restore_stop(target), {'time': wall_time()})
        for _ in range(600):
            if not is_running(host, target, 'restore'):
                break
            time.sleep(0.1)
    with alone(host, target, 'restore', 'RESTORE_RUNNING'):
        found = read_state(host.places.restore(target))
        remove(host, target, backup)
        return {'ended': runs, 'removed': found is not None}

"""Backups: what the repository host makes and has, and what its members have still to send.

None of this needs a token: it changes nothing that a change of primary has to know of, and must never wait for one.
"""

import contextlib
import json
import os
import re
import time

from .config import backup_of
from .durable import read_state, remove_file, write_state
from .flocks import holding
from .places import boot_seconds, milliseconds_since, wall_time
from .programs import last_words, user_named
from .refusals import Refusal, complain

INFO_SECONDS = 20
LONGEST_SECONDS = 7 * 86400
LOOK_SECONDS = 5
STEPS = (
    ('execute non-exclusive backup start', 'start'), ('wait for replay', 'replay'), ('backup stop and wait', 'archive'),
    ('expire command begin', 'expire'),
)


def verb_backup(host, args):
    """Makes a backup, from a standby where one answers. It goes on to its end when the caller is gone."""
    backup = repository_of(host, args)
    target = args['target']
    with alone(host, target, 'backup', 'BACKUP_RUNNING'):
        run = {'type': args['type'], 'startedAt': wall_time()}
        tell = Telling(host.places.backup_progress(target), run)
        started = time.monotonic()
        label, problem = None, 'the helper was ended'
        try:
            label, is_from_standby = make(host, backup, args, tell)
            problem = None
        except Refusal as error:
            problem = error.message
            raise
        finally:
            write_state(host.places.backup(target), {**run, 'endedAt': wall_time(), 'label': label, 'problem': problem})
            remove_file(host.places.backup_progress(target))
        return {'label': label, 'isFromStandby': is_from_standby, 'ms': milliseconds_since(started)}


def backup_main(host, target, kind):
    """The timer's program. It waits for one that runs: else the full backup of a week would fall out for an incremental one.

    @returns the exit status, by which the unit fails.
    """
    give_up = time.monotonic() + LONGEST_SECONDS
    while True:
        try:
            made = verb_backup(host, {'target': target, 'type': kind, 'timeoutSeconds': LONGEST_SECONDS})
        except (Refusal, OSError) as error:
            if getattr(error, 'code', None) == 'BACKUP_RUNNING' and time.monotonic() < give_up:
                time.sleep(LOOK_SECONDS)
                continue
            complain(f'{kind} backup of {target}: {error}')
            return 1
        print(f'{kind} backup of {target}: {made["label"]}')
        return 0


def repository_of(host, args):
    backup = backup_of(host, args)
    if not backup['isRepository']:
        raise Refusal('NOT_A_REPOSITORY', f'{host.config.host} does not keep the backups of {args["target"]}.')
    return backup


@contextlib.contextmanager
def alone(host, target, what, code):
    """The flock is the kernel's, so what a helper that was killed had begun holds nobody up."""
    with contextlib.ExitStack() as stack:
        try:
            # Whoever only looks holds it for a moment.
            stack.enter_context(holding(host.places, target, what, boot_seconds() + 0.5, f'{what}, pid {os.getpid()}'))
        except Refusal as error:
            raise Refusal(code, f'A {what} of {target} runs here already.', running=error.details.get('running')) from None
        yield


class Telling:
    """How far it is, for another helper to read; not more often than somebody looks."""

    def __init__(self, path, facts):
        self.path = path
        self.facts = {**facts, 'step': 'start', 'percent': None}
        self.written = 0
        write_state(self.path, self.facts)

    def take(self, line):
        found = re.search(r'[ (]([\d.]+)%\) checksum', line)
        step = next((name for text, name in STEPS if text in line), None)
        if found is not None:
            self.say('copy', float(found.group(1)))
        elif step is not None:
            self.say(step)

    def say(self, step, percent=None):
        facts = {**self.facts, 'step': step, 'percent': percent}
        if step != self.facts['step'] or time.monotonic() - self.written > 0.5:
            write_state(self.path, facts)
            self.written = time.monotonic()
        self.facts = facts


def make(host, backup, args, tell):
    """@returns the label, and whether a standby was copied."""
    user = user_named(backup['osUser'])
    for more in ((), ('--no-backup-standby',)):
        found = []

        def take(line):
            label = re.search(r'new backup label = (\S+)', line)
            if label is not None:
                found.append(label.group(1))
            tell.take(line)

        argv = [
            *pgbackrest(backup, args['target']), 'backup', f'--type={args["type"]}', '--log-level-console=detail',
            '--log-level-stderr=off', '--no-log-timestamp', *more,
        ]
        status, said = host.tools.each_line(argv, user, args['timeoutSeconds'], take, merged=True)
        if status == 0 and found:
            return found[-1], not more
        if 'unable to find standby' not in said:
            break
    if '[050]' in said:
        raise Refusal('BACKUP_RUNNING', f'A backup of {args["target"]} runs here already.')
    raise Refusal('BACKUP_FAILED', complaint(said) or f'pgbackrest ended with {status}.')


def complaint(said):
    """What it calls an error, with the hints below it."""
    lines = said.splitlines()
    first = next((place for place, line in enumerate(lines) if 'ERROR:' in line), max(len(lines) - 3, 0))
    return re.sub(r'^P\d\d\s+', '', ' '.join(' '.join(lines[first:]).split()))[:500]


def pgbackrest(backup, target, file='pgbackrest.conf'):
    folder = backup['configFolder']
    return ['pgbackrest', f'--config={folder}/{file}', f'--config-include-path={folder}/conf.d', f'--stanza={target}']


def verb_backup_progress(host, args):
    """How far the backup is that runs now, null when none does; and how the last one ended. Changes nothing."""
    repository_of(host, args)
    target = args['target']
    return {
        'progress': read_state(host.places.backup_progress(target)) if is_running(host, target, 'backup') else None,
        'last': read_state(host.places.backup(target)),
    }


def is_running(host, target, what):
    try:
        with holding(host.places, target, what, boot_seconds()):
            return False
    except Refusal:
        return True


def verb_backup_info(host, args):
    """What the repository has. Changes nothing."""
    backup = repository_of(host, args)
    answer = host.tools.run([*pgbackrest(backup, args['target']), 'info', '--output=json'], INFO_SECONDS, user=user_named(backup['osUser']))
    if answer.returncode != 0:
        raise Refusal('REPOSITORY_UNREADABLE', complaint(last_words(answer)))
    [found] = json.loads(answer.stdout) or [{'backup': [], 'archive': [], 'db': [], 'repo': []}]
    status = found['repo'][0]['status'] if found['repo'] else {'code': 1, 'message': 'missing stanza path'}
    archive = found['archive'][-1] if found['archive'] else {}
    return {
        'place': place(backup), 'status': status['message'], 'isReady': status['code'] in (0, 2),
        'systemIdentifier': str(found['db'][-1]['system-id']) if found['db'] else None,
        'archive': {'first': archive.get('min'), 'last': archive.get('max')},
        'now': time.time(),
        'backups': [described(one) for one in found['backup']],
    }


def described(one):
    return {
        'label': one['label'], 'type': one['type'], 'hasErrors': one.get('error') is True,
        'startedAt': one['timestamp']['start'], 'stoppedAt': one['timestamp']['stop'],
        'bytes': one['info']['size'], 'repositoryBytes': one['info']['repository']['delta'],
        'wal': {'first': one['archive']['start'], 'last': one['archive']['stop']},
        'lsn': {'first': one['lsn']['start'], 'last': one['lsn']['stop']},
        'needs': one['reference'] or [],
    }


def place(backup):
    """Where they lie, as its configuration has it."""
    with open(f'{backup["configFolder"]}/pgbackrest.conf', encoding='utf-8') as file:
        said = dict(line.strip().split('=', 1) for line in file if line.startswith('repo1-'))
    path = said.get('repo1-path', '')
    return f's3://{said.get("repo1-s3-bucket")}{path}' if said.get('repo1-type') == 's3' else path


def verb_backup_queue(host, args):
    """What this member has archived and the repository has not yet. Changes nothing."""
    queue = backup_of(host, args)['queueDirectory']
    if queue is None:
        return {'waiting': 0, 'oldestSeconds': None}
    ages = []
    for entry in os.scandir(queue):
        try:
            ages.append(time.time() - entry.stat().st_mtime)
        except FileNotFoundError:
            pass  # sent meanwhile
    return {'waiting': len(ages), 'oldestSeconds': max(ages, default=None)}

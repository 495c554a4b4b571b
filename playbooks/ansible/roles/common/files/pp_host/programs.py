"""Programs that the helper runs, and what systemd says of a unit."""

import collections
import os
import pwd
import subprocess
import threading

from .refusals import Refusal, refusal_of_os_error

TOOL_SECONDS = 20
"""How long one systemctl call may take."""


class Tools:
    """Runs programs: argument arrays, a fixed PATH, nothing inherited but what is named here."""

    def __init__(self, path):
        self.environment = {'PATH': path, 'LC_ALL': 'C'}

    def run(self, argv, seconds=TOOL_SECONDS, environment=None, user=None, content=None):
        identity = {} if user is None or user.pw_uid == os.geteuid() else {
            'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': [],
        }
        try:
            return subprocess.run(
                argv, **({'stdin': subprocess.DEVNULL} if content is None else {'input': content}), capture_output=True, timeout=seconds, cwd='/',
                env={**self.environment, **(environment or {})}, encoding='utf-8', errors='replace', **identity,
            )
        except subprocess.TimeoutExpired:
            raise Refusal('TOOL_TIMEOUT', f'{argv[0]} did not end within {seconds} s.', tool=argv[0]) from None
        except FileNotFoundError:
            raise Refusal('TOOL_MISSING', f'{argv[0]} is not installed here.', tool=argv[0]) from None

    def each_line(self, argv, user, seconds, take, merged=False):
        """Hands each line over as it comes and keeps none. @returns exit status and complaint.

        @param merged it speaks on stderr, which is handed over too; the complaint is then the last of it.
        """
        import tempfile
        recent = collections.deque(maxlen=10)
        identity = {} if user.pw_uid == os.geteuid() else {'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': []}
        with tempfile.TemporaryFile('w+', encoding='utf-8', errors='replace') as complaints:
            try:
                program = subprocess.Popen(
                    argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT if merged else complaints, cwd='/',
                    env={**self.environment, 'PGCONNECT_TIMEOUT': '5'}, encoding='utf-8', errors='replace', **identity,
                )
            except FileNotFoundError:
                raise Refusal('TOOL_MISSING', f'{argv[0]} is not installed here.', tool=argv[0]) from None
            watchdog = threading.Timer(seconds, program.kill)
            watchdog.start()
            try:
                with program:
                    for line in program.stdout:
                        if merged:
                            recent.append(line.rstrip())
                        take(line)
            except BaseException:
                program.kill()
                raise
            finally:
                late = not watchdog.is_alive()
                watchdog.cancel()
            if late:
                raise Refusal('TOOL_TIMEOUT', f'{argv[0]} did not end within {seconds} s.', tool=argv[0])
            complaints.seek(0)
            return program.returncode, '\n'.join(recent) if merged else complaints.read(65536).strip()

    def systemctl(self, *arguments):
        return self.run(['systemctl', *arguments])


def last_words(answer):
    return ' '.join((answer.stderr.strip() or answer.stdout.strip()).splitlines()[-3:])[:400]


def user_named(name):
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise Refusal('CONFIG_BAD', f'host.json names the user {name}, who does not exist here.') from None


UNIT_PROPERTIES = {
    'loadState': 'LoadState', 'activeState': 'ActiveState', 'subState': 'SubState', 'result': 'Result',
    'restart': 'Restart', 'nRestarts': 'NRestarts', 'fragmentPath': 'FragmentPath', 'unitFileState': 'UnitFileState',
    'dropInPaths': 'DropInPaths', 'mainPid': 'MainPID', 'controlPid': 'ControlPID',
}


def unit_facts(tools, unit):
    """What systemd says of a unit, as texts; numbers where they are numbers."""
    answer = tools.systemctl('show', '--property=' + ','.join(UNIT_PROPERTIES.values()), '--', unit)
    said = dict(line.split('=', 1) for line in answer.stdout.splitlines() if '=' in line)
    facts = {key: said.get(name, '') for key, name in UNIT_PROPERTIES.items()}
    facts['nRestarts'] = int(facts['nRestarts'] or 0) if (facts['nRestarts'] or '0').isdigit() else 0
    for key in ('mainPid', 'controlPid'):
        facts[key] = int(facts[key]) if facts[key].isdigit() and facts[key] != '0' else None
    return facts


def starts_nothing(facts):
    """A start that systemd still has under way, with nobody at work in it.

    Where the server ends while pg_ctlcluster is still starting it, systemd waits for a PID file that nobody writes, for
    ever: TimeoutStartSec is infinite, and a cgroup of version 1 may not tell that it is empty.
    """
    return facts['activeState'] == 'activating' and facts['mainPid'] is None and facts['controlPid'] is None


def at_once(act, items):
    """Runs `act` for every item in parallel. @returns its results, or the Refusal it raised, in order."""
    results = [None] * len(items)

    def one(index):
        try:
            results[index] = act(items[index])
        except (Refusal, OSError) as error:
            results[index] = error if isinstance(error, Refusal) else refusal_of_os_error(error)

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(items))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results

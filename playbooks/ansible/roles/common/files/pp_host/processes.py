"""Processes of a data directory."""

import contextlib
import os
import select
import signal
import time

from .places import boot_seconds


def read_process(pid):
    """What /proc says, or None when the process is gone. Unreadable parts are None."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as file:
            after_name = file.read().rpartition(')')[2].split()
        with open(f'/proc/{pid}/cmdline', 'rb') as file:
            arguments = file.read().rstrip(b'\0').decode(errors='replace').split('\0')
    except OSError:
        return None
    facts = {
        'pid': pid, 'state': after_name[0], 'parent': int(after_name[1]), 'startTicks': after_name[19],
        'arguments': arguments,
    }
    for name in ('exe', 'cwd', 'ns/pid'):
        try:
            facts[name] = os.readlink(f'/proc/{pid}/{name}')
        except OSError:
            facts[name] = None
    return facts


def has_ended(pid):
    """Gone, or only not reaped yet."""
    facts = read_process(pid)
    return facts is None or facts['state'] in 'ZX'


def all_processes():
    pids = [int(name) for name in os.listdir('/proc') if name.isdigit()]
    return [facts for facts in map(read_process, pids) if facts is not None and facts['state'] not in 'ZX']


def is_postgres(facts, database):
    """Is the program PostgreSQL's? A package upgrade leaves it running from a deleted file."""
    exe = (facts['exe'] or '').removesuffix(' (deleted)')
    return exe == f'{os.path.realpath(database["binDirectory"])}/postgres'


def works_in(facts, database):
    """Does it run in the data directory, or name it with -D? Compared by device and inode: in another mount namespace
    (a container on this host) the same path is another directory."""
    directory = file_identity(database['dataDirectory'])
    if directory is None:
        return False
    if file_identity(f'/proc/{facts["pid"]}/cwd') == directory:
        return True
    arguments = facts['arguments']
    named = [arguments[i + 1] for i, word in enumerate(arguments[:-1]) if word == '-D']
    named += [word[2:] for word in arguments if word.startswith('-D') and len(word) > 2]
    return any(file_identity(f'/proc/{facts["pid"]}/root/{path}') == directory for path in named if path.startswith('/'))


def file_identity(path):
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_of_this_host(facts):
    """In this PID namespace: a container on this host may have a unit of the same name, which is none of ours (a test
    that fenced once ended the databases of all lab hosts on its machine)."""
    return facts['ns/pid'] == os.readlink('/proc/self/ns/pid')


def unit_processes(unit):
    """Pids in the unit's cgroup, in whichever hierarchy it shows."""
    found = set()
    for name in os.listdir('/proc'):
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError):
            with open(f'/proc/{name}/cgroup', encoding='utf-8', errors='replace') as file:
                if any(unit in line.rstrip('\n').split(':', 2)[2].split('/') for line in file):
                    found.add(int(name))
    return found


def processes_of(database):
    """Every process of the data directory: its servers, their children (archive_command …), the unit's whole cgroup.

    Somebody's shell that stands in the directory is none of them.
    """
    processes = {facts['pid']: facts for facts in all_processes()}
    chosen = {pid for pid, facts in processes.items() if is_postgres(facts, database) and works_in(facts, database)}
    chosen |= {pid for pid in unit_processes(database['unit']) & set(processes) if is_of_this_host(processes[pid])}
    grown = True
    while grown:
        children = {pid for pid, facts in processes.items() if facts['parent'] in chosen} - chosen
        grown = bool(children)
        chosen |= children
    chosen -= {os.getpid()}
    return [processes[pid] for pid in sorted(chosen)]


def children_of(pid):
    """Without a look at every process of the host: this runs while clients wait."""
    try:
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as file:
            pids = [int(word) for word in file.read().split()]
    except OSError:
        return [facts for facts in all_processes() if facts['parent'] == pid]
    return [facts for facts in map(read_process, pids) if facts is not None]


def title(facts):
    return ' '.join(facts['arguments'])[:200] or f'[{os.path.basename(facts["exe"] or "?")}]'


class Postmaster:
    """The running postmaster of a data directory, held by a pidfd so that its pid cannot become somebody else's."""

    def __init__(self, pid, descriptor, database):
        self.pid = pid
        self.descriptor = descriptor
        self.database = database

    def signal(self, number):
        signal.pidfd_send_signal(self.descriptor, number)

    def is_gone(self, seconds=0.0):
        """Waits up to `seconds` for its end. The descriptor becomes readable the moment it ends."""
        return bool(select.select([self.descriptor], [], [], seconds)[0])

    def status(self):
        """What the postmaster wrote of itself: starting, ready, standby, stopping; '' when it has written nothing yet,
        gone when the file is not there any more."""
        lines = postmaster_file(self.database)
        if not lines or lines[0].strip() != str(self.pid):
            return 'gone'
        return lines[7].strip() if len(lines) > 7 else ''

    def close(self):
        os.close(self.descriptor)


def postmaster_file(database):
    try:
        with open(f'{database["dataDirectory"]}/postmaster.pid', encoding='utf-8', errors='replace') as file:
            return file.read().split('\n')
    except FileNotFoundError:
        return []


@contextlib.contextmanager
def running_postmaster(database):
    """The postmaster, or None. A pid left in the file by a crash may by now be any process: it is proved, not believed."""
    postmaster = open_postmaster(database)
    try:
        yield postmaster
    finally:
        if postmaster is not None:
            postmaster.close()


def open_postmaster(database):
    lines = postmaster_file(database)
    if not lines or not lines[0].strip().lstrip('-').isdigit():
        return None
    pid = abs(int(lines[0].strip()))  # Negative: a single-user server.
    try:
        descriptor = os.pidfd_open(pid)
    except (OSError, ValueError, OverflowError):
        return None
    facts = read_process(pid)
    if facts is not None and is_of_this_host(facts) and facts['state'] not in 'ZX' and is_postgres(facts, database) and works_in(facts, database):
        parent = read_process(facts['parent'])
        if parent is None or not (is_postgres(parent, database) and works_in(parent, database)):
            return Postmaster(pid, descriptor, database)
    os.close(descriptor)
    return None


def kill_all(database, seconds, empty_looks=2):
    """SIGKILL until the table has been empty at so many looks 50 ms apart. @returns what does not end."""
    deadline = boot_seconds() + seconds
    looks = 0
    while True:
        processes = processes_of(database)
        looks = 0 if processes else looks + 1
        if looks == empty_looks:
            return []
        for facts in processes:
            signal_process(facts, signal.SIGKILL)
        if boot_seconds() >= deadline:
            return [{'pid': facts['pid'], 'title': title(facts)} for facts in processes]
        time.sleep(0.05 if not processes else 0.01)


def signal_process(facts, number):
    """Only the process that was looked at: its pid may have become another's meanwhile."""
    with contextlib.suppress(OSError):
        descriptor = os.pidfd_open(facts['pid'])
        try:
            again = read_process(facts['pid'])
            if again is not None and again['startTicks'] == facts['startTicks']:
                signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)

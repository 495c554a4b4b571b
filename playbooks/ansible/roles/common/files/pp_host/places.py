"""The clock, and where the helper keeps its own files."""

import time


def boot_seconds():
    """Seconds since boot, suspension included. The only clock used for deadlines: wall clocks jump and differ."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wall_time():
    """For people and records only."""
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime()) + f'.{time.time_ns() // 1_000_000 % 1000:03d}Z'


def milliseconds_since(started):
    return round((time.monotonic() - started) * 1000, 1)


class Places:
    """Where the helper keeps its own files. `root` is for tests and moves all of them."""

    def __init__(self, root='', config=None):
        self.root = root.rstrip('/')
        self.config_given = config is not None
        self.config = config or f'{self.root}/etc/pp/host.json'
        self.state = f'{self.root}/var/lib/pp'
        self.run = f'{self.root}/run/pp'
        self.systemd_runtime = f'{self.root}/run/systemd'

    def lock(self, target):
        return f'{self.state}/lock/{target}.json'

    def fence(self, target):
        return f'{self.state}/fence/{target}.json'

    def tags(self, target):
        return f'{self.state}/tags/{target}.json'

    def guard(self, target):
        return f'{self.state}/guard/{target}.json'

    def fault_folder(self):
        return f'{self.state}/fault'

    def fault(self, fault):
        return f'{self.fault_folder()}/{fault}.json'

    def lever(self, target):
        return f'{self.state}/lever/{target}.json'

    def journal_folder(self, target):
        return f'{self.state}/journal/{target}'

    def mask(self, target):
        return f'{self.run}/mask-{target}.json'

    def rewind(self, target):
        return f'{self.state}/rewind/{target}.json'

    def clone(self, target):
        return f'{self.state}/clone/{target}.json'

    def clone_progress(self, target):
        return f'{self.run}/clone-{target}.json'

    def backup(self, target):
        return f'{self.state}/backup/{target}.json'

    def backup_progress(self, target):
        return f'{self.run}/backup-{target}.json'

    def restore(self, target):
        return f'{self.state}/restore/{target}.json'

    def restore_progress(self, target):
        return f'{self.run}/restore-{target}.json'

    def restore_stop(self, target):
        return f'{self.run}/restore-{target}.stop'

    def permit(self, target):
        return f'{self.run}/may-start-{target}'

    def starts(self, target):
        return f'{self.run}/starts-{target}.json'

    def boot(self):
        return f'{self.run}/boot.json'

    def flock(self, target, what):
        return f'{self.run}/{target}.{what}.flock'

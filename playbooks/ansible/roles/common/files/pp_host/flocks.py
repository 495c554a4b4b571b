"""Flocks: who acts on a target, one at a time."""

import contextlib
import fcntl
import os
import time

from .durable import make_private_folder
from .places import boot_seconds
from .refusals import Refusal

WAIT_FOR_ACT_SECONDS = 15
"""How long a verb without a not-after waits for a running act."""


class Flock:
    """One advisory lock of the kernel; it is gone with the process that held it.

    A target has three, always taken in this order: `act` (held for a whole act, and while the token is raised),
    `lease` (the lock file), `journal`. So renewing the lease and copying the journal never wait for a stop.
    """

    def __init__(self, path):
        self.path = path
        self.descriptor = None

    def acquire(self, deadline):
        """Returns False when `deadline` (boot seconds) passes first."""
        make_private_folder(os.path.dirname(self.path))
        self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        while True:
            try:
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if boot_seconds() >= deadline:
                    self.release()
                    return False
                time.sleep(0.005)

    def release(self):
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def say(self, text):
        """Leaves a note for those who wait. Best effort: the lock itself is the kernel's."""
        with contextlib.suppress(OSError):
            os.ftruncate(self.descriptor, 0)
            os.pwrite(self.descriptor, text.encode(), 0)

    def said(self):
        try:
            with open(self.path, encoding='utf-8', errors='replace') as file:
                return file.read(500)
        except OSError:
            return ''


@contextlib.contextmanager
def holding(places, target, what, deadline=None, note=''):
    lock = Flock(places.flock(target, what))
    if not lock.acquire(boot_seconds() + WAIT_FOR_ACT_SECONDS if deadline is None else deadline):
        running = lock.said()
        raise Refusal('ACT_RUNNING', f'Another act on {target} has not ended: {running or "unknown"}.', running=running)
    try:
        if note:
            lock.say(note)
        yield
    finally:
        if note and lock.descriptor is not None:
            lock.say('')
        lock.release()

"""A file of what was seen: one JSON object a line, the clocks first, how it ended last."""

import contextlib
import json
import os
import sys
import threading

from .clocks import all_clocks


class Record:
    """Lines are whole or at the end of the file: what a power cut leaves of the last one is no line yet."""

    def __init__(self, path, **first):
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self.descriptor = os.open(path, flags, 0o600)
        self.lock = threading.Lock()
        self.is_due = False
        self.is_closed = False
        self.write({**first, **all_clocks()})
        self.flush()

    def write(self, entry, is_due=False):
        """@param is_due whether it has to be on the disk at the next `flush`."""
        line = (json.dumps(entry, separators=(',', ':')) + '\n').encode()
        with self.lock:
            if self.is_closed:
                return
            self.append(line)
            self.is_due = self.is_due or is_due

    def append(self, line):
        length = os.fstat(self.descriptor).st_size
        try:
            while line:
                line = line[os.write(self.descriptor, line):]
        except OSError as error:
            # Half a line would spoil the next one, and a prober that cannot note down what it does must not go on.
            with contextlib.suppress(OSError):
                os.ftruncate(self.descriptor, length)
            print(f'pp-probe: its record cannot be written: {error.strerror}', file=sys.stderr, flush=True)
            os._exit(1)

    def flush(self, always=True):
        with self.lock:
            if always or self.is_due:
                os.fdatasync(self.descriptor)
                self.is_due = False

    def end(self, why):
        """What comes later is left out: a reader takes this line for the last one."""
        self.write({'ended': why, **all_clocks()})
        self.flush()
        with self.lock:
            self.is_closed = True

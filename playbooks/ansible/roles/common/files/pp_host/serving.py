"""Serving: JSON lines on stdin and stdout."""

import contextlib
import json
import os
import signal

from .durable import write_whole
from .host import Host
from .refusals import bad

LONGEST_LINE = 1024 * 1024


class Ending:
    """Signals end the program between two requests, never inside one: a stop whose caller has vanished still has
    to finish its proof and write it down."""

    def __init__(self):
        self.busy = False
        self.asked = False
        for number_ in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number_, self.on_signal)

    def on_signal(self, _number, _frame):
        self.asked = True
        if not self.busy:
            raise SystemExit(0)

    @contextlib.contextmanager
    def not_now(self):
        self.busy = True
        try:
            yield
        finally:
            self.busy = False
        if self.asked:
            raise SystemExit(0)


def lines_of(descriptor):
    """Whole lines; None for one that was too long. What has no end of line was cut off, so it is not executed."""
    kept, too_long = b'', False
    while True:
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return
        *whole, rest = (kept + chunk).split(b'\n')
        for line in whole:
            if too_long or len(line) > LONGEST_LINE:
                too_long = False
                yield None
            elif line.strip():
                yield line
        kept = rest
        if len(kept) > LONGEST_LINE:
            kept, too_long = b'', True


def serve(host):
    ending = Ending()
    try:
        send(host.hello())
        # While the caller reads that. Python loses an exception that a signal raises inside an import.
        with ending.not_now():
            from . import verbs  # noqa: F401
        for line in lines_of(0):
            with ending.not_now():
                if line is None:
                    answer = Host.failure(None, bad(f'line longer than {LONGEST_LINE} bytes'))
                else:
                    answer = host.answer(line)
                send(answer)
    except BrokenPipeError:
        pass  # Nobody listens any more; what was asked for has been done and written down.
    finally:
        ending.busy = True
    return 0


def show(host, target=None):
    """The one thing that the key of a boot gate may ask, without a conversation."""
    args = {} if target is None else {'target': target}
    answer = host.answer(json.dumps({'id': 0, 'verb': 'show', 'args': args}))
    send(answer.get('result') if answer['ok'] else {'error': answer['error']})
    return 0 if answer['ok'] else 1


def send(answer):
    write_whole(1, (json.dumps(answer, separators=(',', ':')) + '\n').encode(), 'stdout')

"""The command line, and the end."""

import os
import signal
import sys
import threading

from .clocks import boot_seconds, moment
from .config import Unusable, read_config
from .looks import Probe
from .markers import MarkerWriter
from .record import Record


class Ending:
    """Over when told so by SIGTERM or SIGINT, or at the end of its life time. A terminal that goes away ends nothing."""

    def __init__(self, seconds):
        self.ends = boot_seconds() + seconds
        self.told = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.told.set())
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def is_over(self):
        return self.told.is_set() or boot_seconds() >= self.ends

    def wait(self, until):
        self.told.wait(max(0, min(until - moment(), self.ends - boot_seconds())))

    def why(self):
        return 'stopped' if self.told.is_set() else 'life time over'


def main(arguments):
    """@param arguments the folder for its files."""
    os.umask(0o077)
    if len(arguments) != 1 or not os.path.isdir(arguments[0]):
        return complain('usage: pp-probe FOLDER; the configuration is read from stdin')
    try:
        config = read_config(0)
    except Unusable as error:
        return complain(str(error))
    ending = Ending(config['lifeSeconds'])
    first = {'schemaVersion': 1, **{key: config[key] for key in ('run', 'bootId', 'paceSeconds', 'timeoutSeconds')}}
    looks = Record(f'{arguments[0]}/probes.ndjson', **first)
    markers = Record(f'{arguments[0]}/markers.ndjson', **first)
    for probe in config['probes']:
        Probe(probe, config, looks, ending).start()
    MarkerWriter(config, markers).run(ending)
    looks.end(ending.why())
    markers.end(ending.why())
    return 0


def complain(message):
    print(f'pp-probe: {message}', file=sys.stderr, flush=True)
    return 2

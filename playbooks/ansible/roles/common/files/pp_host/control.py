"""The control file of a data directory."""

import time

from .config import database_of
from .places import boot_seconds, milliseconds_since
from .refusals import Refusal

CONTROL_LINES = {
    'state': 'Database cluster state',
    'systemIdentifier': 'Database system identifier',
    'checkpointLsn': 'Latest checkpoint location',
    'redoLsn': "Latest checkpoint's REDO location",
    'timeline': "Latest checkpoint's TimeLineID",
    'minRecoveryLsn': 'Minimum recovery ending location',
    'minRecoveryTimeline': "Min recovery ending loc's timeline",
    'walSegmentBytes': 'Bytes per WAL segment',
    'checksums': 'Data page checksum version',
    'controlVersion': 'pg_control version number',
}
STATES_OF_A_PRIMARY = ('in production', 'shutting down', 'shut down', 'in crash recovery')
STATES_OF_A_CRASH = ('in production', 'shutting down', 'in crash recovery', 'starting up')
STATES_OF_RECOVERY = ('in archive recovery', 'shut down in recovery')
CONTROL_NUMBERS = ('timeline', 'minRecoveryTimeline', 'walSegmentBytes', 'checksums', 'controlVersion')


def has_unread_wal(control):
    """Whether WAL of its own may go on behind what the control file speaks of: it crashed, and has not replayed that WAL to its
    end since. One that is stopped while it still does so is "shut down in recovery", though it has recovered to no point yet."""
    return control['state'] in STATES_OF_A_CRASH or (
        control['state'] in STATES_OF_RECOVERY and control['minRecoveryLsn'] == '0/0'
    )


def parse_control(output):
    """pg_controldata's answer, or None when a line is missing. A CRC warning is a torn read, so no proof."""
    said = {}
    for line in output.splitlines():
        name, colon, value = line.partition(':')
        if colon:
            said.setdefault(name.strip(), value.strip())
    control = {key: said.get(name) for key, name in CONTROL_LINES.items()}
    if any(value is None for value in control.values()):
        return None
    for key in CONTROL_NUMBERS:
        if not control[key].isdigit():
            return None
        control[key] = int(control[key])
    control['crcOk'] = 'WARNING' not in output and 'CRC' not in output
    return control


def read_control(host, database, attempts=10):
    """The control file's content; `crcOk` false or None when it stayed unreadable."""
    control = None
    for attempt in range(attempts):
        if attempt:
            time.sleep(0.003)
        answer = host.tools.run([f'{database["binDirectory"]}/pg_controldata', '-D', database['dataDirectory']], 5)
        control = parse_control(answer.stdout + answer.stderr) if answer.returncode == 0 else None
        if control is not None and control['crcOk']:
            return control
    return control


def trusted_control(host, database):
    control = read_control(host, database)
    if control is None or not control['crcOk']:
        raise Refusal('CONTROL_UNREADABLE', f'The control file of {database["dataDirectory"]} cannot be read.')
    return control


class ControlWatch:
    """Looks at the control file's bytes every 2 ms and asks pg_controldata only when they have changed."""

    def __init__(self, host, database):
        self.host = host
        self.database = database
        self.path = f'{database["dataDirectory"]}/global/pg_control'
        self.bytes = None
        self.control = None

    def look(self):
        """The newest control state that could be read without a CRC warning, or None.

        Never raises: once a signal is out, a look that fails is no more than a look without proof.
        """
        try:
            with open(self.path, 'rb') as file:
                found = file.read(8192)
            if found == self.bytes:
                return self.control
            control = read_control(self.host, self.database, attempts=1)
        except (OSError, Refusal):
            return None
        else:
            if control is not None and control['crcOk']:
                # Only now: a torn read has to be looked at again.
                self.bytes, self.control = found, control
        return self.control


def check_identity(control, args):
    if args['systemIdentifier'] is not None and control['systemIdentifier'] != args['systemIdentifier']:
        raise Refusal(
            'IDENTITY_MISMATCH',
            f'The data directory belongs to system {control["systemIdentifier"]}, not {args["systemIdentifier"]}.',
            control=control,
        )


def verb_wait_control(host, args):
    """Changes nothing, so it needs no token and waits for no flock."""
    started = time.monotonic()
    database = database_of(host, args)
    watch = ControlWatch(host, database)
    deadline = boot_seconds() + args['timeoutSeconds']
    while True:
        control = watch.look()
        if control is not None and control['state'] == args['state']:
            return {'control': control, 'ms': milliseconds_since(started)}
        if boot_seconds() >= deadline:
            raise Refusal('WAIT_TIMEOUT', f'Not "{args["state"]}" after {args["timeoutSeconds"]} s.', control=control)
        time.sleep(0.002)

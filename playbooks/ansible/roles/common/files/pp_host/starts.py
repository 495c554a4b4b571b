"""Starts of the server: how many lately, and what the next one would replay."""

import contextlib

from .config import database_of
from .control import trusted_control
from .durable import read_state, write_state
from .places import boot_seconds
from .processes import processes_of
from .programs import unit_facts
from .refusals import Refusal
from .wal import lsn_number, written_end


def note_start(places, target):
    """Many starts in a short time are a crash loop. Never keeps the server from starting."""
    with contextlib.suppress(OSError, Refusal):
        write_state(places.starts(target), {'at': [*recent_starts(places, target), boot_seconds()][-20:]})


def recent_starts(places, target, seconds=600):
    """When the server was started in this boot, in the last ten minutes; a start of the host is none of them."""
    return [at for at in (read_state(places.starts(target)) or {'at': []})['at'] if at > boot_seconds() - seconds]


def verb_restart_facts(host, args):
    """What a forecast of a restart in place is made from: how much WAL a dead server replays, and how often it was
    started lately. Changes nothing."""
    database = database_of(host, args)
    control = trusted_control(host, database)
    if processes_of(database):
        raise Refusal('STILL_RUNNING', 'PostgreSQL runs, so there is nothing to restart.')
    redo = lsn_number(control['redoLsn'])
    return {
        'control': control, 'replayBytes': max(0, written_end(database, control, redo) - redo),
        'starts': len(recent_starts(host.places, args['target'])),
        'restarts': unit_facts(host.tools, database['unit'])['nRestarts'],
    }

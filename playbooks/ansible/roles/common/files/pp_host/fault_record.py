"""Faults: what was broken here on purpose, on record before it breaks."""

import os

from .durable import boot_of, make_private_folder, read_state, remove_file, write_state
from .places import boot_seconds, wall_time
from .refusals import Refusal

LIFTED_KEPT = 20
"""How many lifted ones stay on record: what a late request for one of them has to find."""


def read_fault(places, fault):
    return read_state(places.fault(fault))


def write_fault(places, record):
    write_state(places.fault(record['fault']), record)
    return record


def new_record(host, args, undo):
    """@param undo what is needed to take it back, found out before anything was touched."""
    now = boot_seconds()
    return {
        'schemaVersion': 1, 'phase': 'begun', **{key: args[key] for key in ('fault', 'kind', 'target', 'from', 'operation', 'token')},
        'bootId': boot_of(host.places)['bootId'], 'at': now, 'time': wall_time(), 'expiresAt': now + args['expiresSeconds'],
        'undo': undo, 'did': None, 'proof': None, 'lifted': None,
    }


def never_made(host, args, by):
    """Stands for one that nobody has made here: its request may still be on its way, and must find that it is over."""
    return lifted(host.places, {
        'schemaVersion': 1, 'kind': 'unknown', **{key: args[key] for key in ('fault', 'target', 'operation')}, 'proof': None,
    }, by, 'no fault of that id was known here')


def is_of_this_boot(places, record):
    return record['bootId'] == boot_of(places)['bootId']


def is_lifted(record):
    return record['lifted'] is not None


def lifted(places, record, by, measured):
    return write_fault(places, {**record, 'phase': 'lifted', 'lifted': {
        'by': by, 'measured': measured, 'at': boot_seconds(), 'time': wall_time(), 'bootId': boot_of(places)['bootId'],
    }})


def fault_names(places):
    """Of all that are on record, the latest first."""
    make_private_folder(places.fault_folder())
    paths = {
        name.removesuffix('.json'): os.path.getmtime(f'{places.fault_folder()}/{name}')
        for name in os.listdir(places.fault_folder()) if name.endswith('.json') and not name.startswith('.')
    }
    return sorted(paths, key=paths.get, reverse=True)


def read_faults(places):
    """@returns the records, and the refusals of those that cannot be read: one of them must not hide the others."""
    records, problems = [], []
    for name in fault_names(places):
        try:
            record = read_fault(places, name)
        except Refusal as error:
            problems.append(error)
        else:
            # Taken away since the folder was read.
            records += [] if record is None else [record]
    return records, problems


def forget_lifted(places):
    records, _ = read_faults(places)
    for record in [record for record in records if is_lifted(record)][LIFTED_KEPT:]:
        remove_file(places.fault(record['fault']))


def timer_of(fault):
    return f'pp-fault-{fault}'

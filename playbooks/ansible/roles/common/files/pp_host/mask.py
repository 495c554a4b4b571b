"""Mask and unmask: keeping systemd from starting the server."""

import contextlib
import os

from .config import database_of
from .data_directory import has_file
from .durable import read_state, remove_file, replace_file, write_state
from .lock import acting
from .places import boot_seconds
from .programs import unit_facts
from .refusals import Refusal
from .tags import own_fence_tags


def drop_in_path(places, unit):
    return f'{places.systemd_runtime}/system/{unit}.d/90-pp-stopped.conf'


def drop_in_text(places):
    return (
        '# Written by pp-host mask, taken away by pp-host unmask.\n'
        f'[Unit]\nConditionPathExists={places.run}/never\n[Service]\nRestart=no\n'
    )


def is_masked_by_us(places, target):
    return read_state(places.mask(target)) is not None


def verb_mask(host, args):
    with acting(host, args, 'mask'):
        return {'how': mask(host, args)}


def mask(host, args):
    """Keeps systemd from starting the unit. A unit file in /etc beats a runtime mask (a restart loop was seen),
    so LoadState is looked at, and where it is not `masked` a drop-in does the same."""
    unit = database_of(host, args)['unit']
    host.tools.systemctl('mask', '--runtime', '--', unit)
    facts = unit_facts(host.tools, unit)
    how = 'mask'
    if facts['loadState'] != 'masked':
        host.tools.systemctl('unmask', '--runtime', '--', unit)
        how = 'drop-in'
        path = drop_in_path(host.places, unit)
        folder = os.path.dirname(path)
        os.makedirs(folder, mode=0o755, exist_ok=True)
        replace_file(path, drop_in_text(host.places).encode(), mode=0o644)
        host.tools.systemctl('daemon-reload')
        facts = unit_facts(host.tools, unit)
        if path not in facts['dropInPaths'].split() or facts['restart'] != 'no':
            remove_file(path)
            host.tools.systemctl('daemon-reload')
            raise Refusal('MASK_FAILED', f'{unit} could be masked neither by systemctl nor by a drop-in.', unit=facts)
    write_state(host.places.mask(args['target']), {'how': how, 'operation': args['operation'], 'at': boot_seconds()})
    return how


def verb_unmask(host, args):
    with acting(host, args, 'unmask'):
        database = database_of(host, args)
        if own_fence_tags(host, args['target']) and not has_file(database, 'standby.signal'):
            raise Refusal('FENCED', f'{host.config.host} is fenced and would come up writable.')
        return unmask(host, args)


def unmask(host, args):
    unit = database_of(host, args)['unit']
    path = drop_in_path(host.places, unit)
    host.tools.systemctl('unmask', '--runtime', '--', unit)
    if os.path.exists(path):
        remove_file(path)
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(path))
        host.tools.systemctl('daemon-reload')
    host.tools.systemctl('reset-failed', '--', unit)
    facts = unit_facts(host.tools, unit)
    if facts['loadState'] == 'masked' or path in facts['dropInPaths'].split():
        raise Refusal('STILL_MASKED', f'{unit} is still masked; somebody else has masked it.', unit=facts)
    remove_file(host.places.mask(args['target']))
    return {'unit': facts}

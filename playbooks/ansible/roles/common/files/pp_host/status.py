"""Looking: everything observable, and what other hosts may know."""

import os

from . import VERSION
from .config import target_asked
from .control import read_control
from .data_directory import free_bytes, has_file, server_version, unfinished
from .durable import boot_of, read_state
from .guard_record import guard_shown, read_guard
from .journal import journal_list, promote_sent
from .lock import read_lock, shown_lease
from .mask import drop_in_path
from .places import boot_seconds
from .pooler import read_target
from .processes import all_processes, processes_of, running_postmaster
from .programs import at_once, unit_facts
from .refusals import Refusal
from .tags import read_fence_tags, read_tags

CLUSTER_MANAGERS = ('patroni', 'repmgrd', 'repmgr', 'pacemaker', 'pacemakerd', 'corosync', 'keepalived', 'stolon-keeper',
                    'pg_autoctl', 'pgautofailover', 'pg_auto_failover', 'efm')


def verb_status(host, args):
    """Everything observable at once, changes nothing. A torn state file refuses, with the rest in `details.partial`:
    a lock that cannot be read must never look like no lock."""
    target = target_asked(host, args)
    boot = boot_of(host.places)
    status = {'bootSeconds': boot_seconds(), 'bootId': boot['bootId'], 'version': VERSION, 'host': host.config.host,
              'target': target, 'clusterManagers': cluster_managers(host)}
    problems = []

    def part(key, read, empty=None):
        try:
            status[key] = empty if target is None else read()
        except Refusal as error:
            problems.append(error)
            status[key] = {'error': {'code': error.code, 'message': error.message}}

    part('lock', lambda: shown_lease(read_lock(host.places, target)['lease'], boot))
    part('highestToken', lambda: read_lock(host.places, target)['highestToken'], 0)
    part('journal', lambda: journal_list(host.places, target), [])
    part('fenceTags', lambda: read_fence_tags(host.places, target), [])
    part('tags', lambda: read_tags(host.places, target), [])
    part('database', lambda: database_status(host, target))
    part('pooler', lambda: pooler_status(host, target, boot))
    for problem in problems:
        raise Refusal(problem.code, problem.message, **problem.details, partial=status)
    return status


def database_status(host, target):
    database = host.config.databases.get(target)
    if database is None:
        return None
    unit = unit_facts(host.tools, database['unit'])
    processes = processes_of(database)
    with running_postmaster(database) as postmaster:
        pid, said = (postmaster.pid, postmaster.status()) if postmaster is not None else (None, None)
    return {
        'unit': unit, 'unitName': database['unit'],
        'masked': unit['loadState'] == 'masked' or drop_in_path(host.places, database['unit']) in unit['dropInPaths'].split(),
        'maskedBy': read_state(host.places.mask(target)),
        'postmasterPid': pid, 'postmasterStatus': said, 'processCount': len(processes),
        'control': read_control(host, database),
        'standbySignal': has_file(database, 'standby.signal'), 'recoverySignal': has_file(database, 'recovery.signal'),
        'promoteFile': has_file(database, 'promote'), 'promoteSent': promote_sent(host, target),
        'dataDirectory': database['dataDirectory'], 'port': database['port'], 'version': server_version(database),
        'freeBytes': free_bytes(database), 'unfinished': unfinished(host.places, target),
    }


def pooler_status(host, target, boot):
    pooler = host.config.poolers.get(target)
    if pooler is None:
        return None
    target_host, target_hash = read_target(pooler)
    units = at_once(lambda process: unit_facts(host.tools, process['unit']), pooler['processes'])
    for unit in units:
        if isinstance(unit, Refusal):
            raise unit
    return {
        'targetHost': target_host, 'targetSha256': target_hash, 'targetFile': pooler['targetFile'],
        'processes': [
            {**process, 'activeState': unit['activeState'], 'pid': unit['mainPid']}
            for process, unit in zip(pooler['processes'], units)
        ],
        'entries': pooler['entries'], 'members': pooler['members'],
        'guard': guard_shown(read_guard(host.places, target), boot),
    }


def cluster_managers(host):
    """Programs that would promote or restart a server by themselves, as active units or as processes."""
    answer = host.tools.systemctl(
        'list-units', '--type=service', '--state=active', '--plain', '--no-legend', '--no-pager', '--full',
        *(f'{name}*' for name in CLUSTER_MANAGERS),
    )
    found = {line.split()[0] for line in answer.stdout.splitlines() if line.split()}
    for facts in all_processes():
        words = {os.path.basename(word) for word in facts['arguments'][:2]}
        found |= words & set(CLUSTER_MANAGERS)
    return sorted(found)


def verb_show(host, args):
    """What a boot gate of another host may know, and nothing else."""
    target = target_asked(host, args)
    if target is None:
        return {'host': host.config.host, 'target': None}
    boot, lock = boot_of(host.places), read_lock(host.places, target)
    database = host.config.databases.get(target)
    control = read_control(host, database) if database is not None else None
    shown = control and {key: control[key] for key in ('state', 'timeline', 'checkpointLsn', 'systemIdentifier', 'crcOk')}
    tags = [
        {key: tag[key] for key in ('member', 'operation', 'token', 'time')}
        for tag in read_fence_tags(host.places, target)
    ]
    return {
        'host': host.config.host, 'target': target, 'bootSeconds': boot_seconds(), 'control': shown,
        'standbySignal': database is not None and has_file(database, 'standby.signal'),
        # `fenceTag` is what the gate of a helper of before reads.
        'fenceTags': tags, 'fenceTag': tags[-1] if tags else None,
        'lock': shown_lease(lock['lease'], boot), 'highestToken': lock['highestToken'],
    }

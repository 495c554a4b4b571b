"""The verbs: which function of which module answers to a name, and what arguments it takes."""

from importlib import import_module

from .config import ABSOLUTE, ADDRESS, FAULT, NAME, OPERATION
from .requests import (
    ANY_NUMBER, BASE64, CONTROL_STATES, FAULT_KINDS, LABEL, LSN, QUERY, STAMP, SYSTEM_IDENTIFIER, TIME, TIMELINE, TOKEN, URL,
    WAL_CHUNK, addresses, choice, flag, history_steps, items, journal_lines, kind, number, optional, relation_names, shape, text,
)

HOLDER = {'target': text(NAME), 'token': TOKEN, 'operation': text(OPERATION)}
NOT_AFTER = number(0, 2**53 - 1)
ACT = {**HOLDER, 'notAfter': NOT_AFTER}
LATER = {**HOLDER, 'notAfter': optional(NOT_AFTER)}
SECONDS = number(0.01, 3600)
WAL_PLACE = {
    'systemIdentifier': optional(SYSTEM_IDENTIFIER), 'timeline': TIMELINE,
    'lsn': text(LSN),
}
WAL = {'target': text(NAME), **WAL_PLACE}
ASKED = {'target': optional(text(NAME))}
PORT = number(1, 65535, whole=True)
RUN = {'run': text(NAME)}
LOOK = {'type': text(), 'name': text(), 'paceSeconds': number(0.1, 3600), 'timeoutSeconds': number(0.05, 3600)}
LOOKS = kind(
    http=shape(**LOOK, url=text(URL), status=number(100, 599, whole=True), contains=optional(text())),
    tcp=shape(**LOOK, host=text(ADDRESS), port=PORT),
    sql=shape(**LOOK, query=text(QUERY), tolerance=shape(min=optional(ANY_NUMBER), max=optional(ANY_NUMBER))),
)
PROBER = {
    **RUN, 'paceSeconds': number(0.02, 0.25), 'timeoutSeconds': number(0.02, 10), 'lifeSeconds': number(1, 6 * 3600),
    'poolers': items(shape(host=text(ADDRESS), port=PORT), 1, 20),
    'login': shape(user=text(), password=text(), database=text()),
    'tls': optional(shape(mode=choice('disable', 'require', 'verify-ca', 'verify-full'), caFile=optional(text(ABSOLUTE)))),
    'probes': items(LOOKS, 0, 50),
}
NAMED_LEASE = shape(operation=text(OPERATION), token=TOKEN, holderDead=optional(flag, False))

VERBS = {
    'status': ('status.verb_status', shape(**ASKED)),
    'show': ('status.verb_show', shape(**ASKED)),
    'lock-read': ('lock.verb_lock_read', shape(target=text(NAME))),
    'lock': ('lock.verb_lock', shape(
        **LATER, owner=text(), operatorHost=text(), operatorBootId=text(), pid=number(1, 2**31, whole=True),
        leaseSeconds=number(1, 3600), step=optional(text()), takeOver=optional(NAMED_LEASE),
        holderDead=optional(flag, False),
    )),
    'raise': ('lock.verb_raise', shape(**LATER)),
    'renew': ('lock.verb_renew', shape(**LATER, step=optional(text()))),
    'release': ('lock.verb_release', shape(**LATER)),
    'journal': ('journal.verb_journal', shape(
        **LATER, append=journal_lines, head=text(), previousHead=optional(text(r'[^\x00-\x1f\x7f]{0,200}\Z')),
        replace=optional(flag, False),
    )),
    'journal-read': ('journal.verb_journal_read', shape(target=text(NAME), operation=text(OPERATION))),
    'mask': ('mask.verb_mask', shape(**ACT)),
    'unmask': ('mask.verb_unmask', shape(**ACT)),
    'stop': ('stop.verb_stop', shape(**ACT, timeoutSeconds=SECONDS, timeline=TIMELINE, systemIdentifier=SYSTEM_IDENTIFIER)),
    'start': ('start.verb_start', shape(
        **ACT, mode=choice('standby', 'primary'), systemIdentifier=optional(SYSTEM_IDENTIFIER),
        lingerSeconds=optional(number(0, 600), 2), force=optional(flag, False),
    )),
    'promote': ('promote.verb_promote', shape(**ACT, timeoutSeconds=SECONDS, timeline=TIMELINE, systemIdentifier=SYSTEM_IDENTIFIER)),
    'wait-control': ('control.verb_wait_control', shape(target=text(NAME), state=choice(*CONTROL_STATES), timeoutSeconds=SECONDS)),
    'fence': ('fence.verb_fence', shape(
        **ACT, systemIdentifier=optional(SYSTEM_IDENTIFIER), onlyStandby=optional(flag, False),
    )),
    'rewind': ('rewind.verb_rewind', shape(
        **ACT, systemIdentifier=optional(SYSTEM_IDENTIFIER), sourceConninfo=text(), conninfo=text(), slot=text(NAME),
        timeoutSeconds=SECONDS,
    )),
    'restart-facts': ('starts.verb_restart_facts', shape(target=text(NAME))),
    'clone': ('clone.verb_clone', shape(
        **ACT, systemIdentifier=SYSTEM_IDENTIFIER, timeline=TIMELINE, history=history_steps, sourceConninfo=text(), conninfo=text(),
        slot=text(NAME), bytes=number(0, 2**53 - 1, whole=True), removeOld=optional(flag, False),
        timeoutSeconds=number(1, 7 * 86400),
    )),
    'clone-progress': ('clone.verb_clone_progress', shape(target=text(NAME))),
    'name-kept': ('diverged.verb_name_kept', shape(**ACT, stamp=text(STAMP), names=relation_names)),
    'history': ('wal.verb_history', shape(target=text(NAME), timeline=TIMELINE)),
    'wal-summary': ('diverged.verb_wal_summary', shape(**WAL)),
    'wal-end': ('wal_pieces.verb_wal_end', shape(**WAL)),
    'wal-read': ('wal_pieces.verb_wal_read', shape(**WAL, bytes=number(1, WAL_CHUNK, whole=True))),
    'wal-write': ('wal_pieces.verb_wal_write', shape(**ACT, **WAL_PLACE, content=text(BASE64))),
    'backup': ('backup.verb_backup', shape(
        target=text(NAME), type=choice('full', 'diff', 'incr'), timeoutSeconds=number(1, 7 * 86400),
    )),
    'backup-progress': ('backup.verb_backup_progress', shape(target=text(NAME))),
    'backup-info': ('backup.verb_backup_info', shape(target=text(NAME))),
    'backup-queue': ('backup.verb_backup_queue', shape(target=text(NAME))),
    'restore': ('restore.verb_restore', shape(
        target=text(NAME), label=text(LABEL), bytes=number(0, 2**53 - 1, whole=True), systemIdentifier=SYSTEM_IDENTIFIER,
        toTime=optional(text(TIME)), toLsn=optional(text(LSN)), keep=flag, quick=flag, timeoutSeconds=number(1, 7 * 86400),
    )),
    'restore-progress': ('restore.verb_restore_progress', shape(target=text(NAME))),
    'restore-clean': ('restore.verb_restore_clean', shape(target=text(NAME))),
    'fence-tag': ('tags.verb_fence_tag', shape(**ACT, member=text(ADDRESS), isolate=optional(flag, False))),
    'tag': ('tags.verb_tag', shape(**ACT, member=text(ADDRESS), tag=choice('no-failover'), isSet=flag)),
    'unfence': ('tags.verb_unfence', shape(**ACT, fencedBy=text(OPERATION), member=optional(text(ADDRESS)))),
    'set-target': ('pooler.verb_set_target', shape(**ACT, host=text(ADDRESS))),
    'cut-connections': ('pooler.verb_cut_connections', shape(**ACT, member=text(ADDRESS))),
    'ask-members': ('members.verb_ask_members', shape(target=text(NAME))),
    'reach': ('members.verb_reach', shape(
        **ASKED, address=text(ADDRESS), port=PORT, timeoutSeconds=number(0.1, 5),
    )),
    'restart-pooler': ('pooler.verb_restart_pooler', shape(**ACT, process=text(NAME))),
    'arm': ('arm.verb_arm', shape(
        **ACT, afterSeconds=SECONDS, hardLimitSeconds=SECONDS, **{'from': text(ADDRESS)}, to=text(ADDRESS),
        timeline=TIMELINE, systemIdentifier=SYSTEM_IDENTIFIER,
    )),
    'disarm': ('arm.verb_disarm', shape(**ACT)),
    'prober-start': ('prober.verb_prober_start', shape(**PROBER)),
    'prober-read': ('prober.verb_prober_read', shape(
        **RUN, file=choice('markers', 'probes'), offset=number(0, 2**53 - 1, whole=True), bytes=number(1, WAL_CHUNK, whole=True),
    )),
    'prober-stop': ('prober.verb_prober_stop', shape(**RUN)),
    'prober-clear': ('prober.verb_prober_clear', shape(**RUN)),
    'fault': ('fault.verb_fault', shape(
        **ACT, fault=text(FAULT), kind=choice(*FAULT_KINDS), expiresSeconds=number(1, 86400),
        lock=optional(text(NAME)), **{'from': optional(addresses, [])},
    )),
    'lift': ('lift.verb_lift', shape(
        target=text(NAME), token=optional(TOKEN), operation=text(OPERATION), notAfter=optional(NOT_AFTER), fault=text(FAULT),
        lock=optional(text(NAME)),
    )),
    'faults': ('fault.verb_faults', shape(**ASKED)),
    'lever': ('lever.verb_lever', shape(
        target=text(NAME), number=number(1, 2**53 - 1, whole=True), engaged=flag, by=text(), why=text(),
    )),
    'lever-read': ('lever.verb_lever_read', shape(target=text(NAME))),
}


def function_of(verb):
    """Loads its module at its first use."""
    module, _, function = verb.partition('.')
    return getattr(import_module(f'.{module}', __package__), function)

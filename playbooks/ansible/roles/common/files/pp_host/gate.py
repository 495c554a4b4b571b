"""The boot gate, which runs before every start of the server."""

import json
import time

from .control import read_control
from .data_directory import check_whole, has_file, write_signal_file
from .durable import remove_file
from .programs import at_once
from .refusals import complain
from .starts import note_start
from .tags import read_fence_tags

GATE_TRIES = 6
GATE_EVERY_SECONDS = 1.5


def gate_main(host, target):
    """Runs before every start of the server. One that would come up writable asks the others first: after a power
    cycle another member may have become primary, and nobody could tell this host.

    Never keeps the server from starting: where it may not be writable it starts as a standby.
    """
    database = host.config.databases[target]
    check_whole(host, target)
    note_start(host.places, target)
    control = read_control(host, database)
    for attempt in range(1, GATE_TRIES + 1):
        permit = take_permit(host.places.permit(target))
        if control is None or has_file(database, 'standby.signal') or has_file(database, 'recovery.signal'):
            return 0
        if permit is not None:
            complain(f'gate of {target}: {permit} starts it as primary')
            return 0
        if database['gate'] is None:
            return 0
        answers = ask_peers(host, database['gate'])
        decision, reason = decide_gate({
            'host': host.config.host, 'control': control, 'fenceTags': read_fence_tags(host.places, target),
            'peers': [peer['host'] for peer in database['gate']['peers']], 'answers': answers,
            'isLast': attempt == GATE_TRIES,
        })
        if decision != 'ask again':
            break
        time.sleep(GATE_EVERY_SECONDS)
    complain(f'gate of {target}: {"read-only" if decision == "standby" else "primary as before"}: {reason}')
    if decision == 'standby':
        write_signal_file(database, 'standby.signal')
    return 0


def take_permit(path):
    """The operation that has decided on this start, as `start` leaves it; it is for one start only."""
    try:
        with open(path, encoding='utf-8') as file:
            permit = file.read()
    except FileNotFoundError:
        return None
    remove_file(path)
    return permit


def decide_gate(facts):
    """Whether a server that would start as primary may. A pure function of what was seen.

    @returns 'open', 'standby' or 'ask again', and why.
    """
    me, mine, answers = facts['host'], facts['control'], facts['answers']
    for tag in (*facts['fenceTags'], *(tag for answer in answers.values() for tag in tags_shown(answer))):
        if tag['member'] == me:
            return 'standby', f'operation {tag["operation"]} has fenced {me}'
    for name, answer in sorted(answers.items()):
        other = answer['control']
        if other is not None and other['crcOk'] and other['systemIdentifier'] == mine['systemIdentifier']:
            if other['timeline'] > mine['timeline']:
                return 'standby', f'{name} is on timeline {other["timeline"]}, after {mine["timeline"]}'
            # Right after a promotion the control file still has the old timeline; on a lower one it is a dead primary's.
            if other['state'] == 'in production' and other['timeline'] == mine['timeline']:
                return 'standby', f'{name} accepts writes'
    # One whose lease has ended promotes nothing any more; when it is resumed it fences first.
    busy = [answer['lock'] for answer in answers.values() if answer['lock'] and answer['lock']['leaseLeftSeconds'] > 0]
    if busy:
        return 'standby' if facts['isLast'] else 'ask again', f'operation {busy[0]["operation"]} is at work'
    voters = len(facts['peers']) + 1
    if len(answers) == len(facts['peers']):
        return 'open', 'all others answer, and none of them is ahead'
    silent = ', '.join(name for name in facts['peers'] if name not in answers)
    if not facts['isLast']:
        return 'ask again', f'no answer from {silent}'
    if (len(answers) + 1) * 2 > voters:
        return 'open', f'a majority answers, and none of them is ahead (no answer from {silent})'
    return 'standby', f'no majority answers ({silent} do not); when nobody is primary: pp db open'


def tags_shown(answer):
    if 'fenceTags' in answer:
        return answer['fenceTags']
    # A helper of before shows one tag alone.
    return [answer['fenceTag']] if answer['fenceTag'] is not None else []


def ask_peers(host, gate):
    """What the other hosts show, by name; without those that do not answer."""
    answers = at_once(lambda peer: ask_peer(host, gate, peer), gate['peers'])
    return {peer['host']: answer for peer, answer in zip(gate['peers'], answers) if isinstance(answer, dict)}


def ask_peer(host, gate, peer):
    answer = host.tools.run(
        [
            'ssh', '-F', 'none', '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '-o', 'StrictHostKeyChecking=yes',
            '-o', f'UserKnownHostsFile={gate["knownHostsFile"]}', '-o', 'GlobalKnownHostsFile=none',
            '-o', 'ConnectTimeout=2', '-i', gate['keyFile'], '-l', gate['user'], '--', peer['address'],
        ],
        4,
    )
    try:
        shown = json.loads(answer.stdout) if answer.returncode == 0 else None
    except ValueError:
        shown = None
    # What does not look like an answer is none: the gate then decides as if the host were silent.
    return shown if isinstance(shown, dict) and {'control', 'fenceTag', 'lock'} <= set(shown) else None

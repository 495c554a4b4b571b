"""Poolers: the file that says where they lead, their connections and processes."""

import os
import re
import stat
import time

from .config import member_named, pooler_of, process_named
from .durable import replace_file
from .guard_record import hold_guard_back
from .lock import acting
from .places import boot_seconds
from .programs import unit_facts
from .refusals import Refusal
from .sha256 import sha256
from .tags import read_fence_tags


def target_text(pooler, member):
    """The whole [databases] section. A partial or wrong one makes PgBouncer answer OK and drop the database.

    Without a member it is empty, on purpose: after a RELOAD every client has an error at once (waiting ones
    "database removed", new ones "no such database"), nothing is paused, and a later file with a RELOAD brings all
    back. An entry with a dead host was tried instead: new and waiting clients hung until their time-outs.
    """
    lines = ['; Written by pp-host; which member it names is not for playbooks to decide.', '[databases]']
    for entry in pooler['entries'] if member is not None else []:
        words = {'host': member['address'], 'port': str(member['port'])}
        if 'dbname' in entry:
            words['dbname'] = entry['dbname']
        words.update(entry['options'])
        settings = ' '.join(f'{name}={target_value(value)}' for name, value in words.items())
        lines.append(f'{entry["name"]} = {settings}')
    return '\n'.join(lines) + '\n'


def target_value(value):
    return value if re.fullmatch(r'[A-Za-z0-9_./:%-]+', value) else "'" + value.replace("'", "''") + "'"


def read_target(pooler):
    """Which member the file names (None when none or several), and the file's hash."""
    try:
        with open(pooler['targetFile'], 'rb') as file:
            content = file.read()
    except FileNotFoundError:
        return None, None
    named = set(re.findall(r'\bhost=(\S+) port=(\d+)', content.decode(errors='replace')))
    hosts = {member['host'] for member in pooler['members'] if (member['address'], str(member['port'])) in named}
    return (hosts.pop() if len(hosts) == 1 and len(named) == 1 else None), sha256(content).hexdigest()


def write_target(pooler, member):
    """Moves a whole file into place, owner and mode as before. @returns its hash."""
    content = target_text(pooler, member).encode()
    path = pooler['targetFile']
    try:
        with open(path, 'rb') as file:
            found = os.fstat(file.fileno())
            if file.read() == content:
                return sha256(content).hexdigest()
        owner, mode = (found.st_uid, found.st_gid), stat.S_IMODE(found.st_mode)
    except FileNotFoundError:
        owner, mode = None, 0o644
    replace_file(path, content, mode=mode, owner=owner)
    return sha256(content).hexdigest()


def verb_set_target(host, args):
    """Moves the file into place, without RELOAD: that, and RESUME, are the console's.

    Never to a member that another operation has fenced: clients would write where nobody replicates from.
    """
    with acting(host, args, 'set-target'):
        pooler = pooler_of(host, args)
        member = member_named(pooler, args['host'])
        for tag in read_fence_tags(host.places, args['target']):
            if tag['member'] == args['host'] and tag['operation'] != args['operation']:
                raise Refusal('FENCED', f'Operation {tag["operation"]} has fenced {args["host"]}.', fenceTag=tag)
        hold_guard_back(host, args)
        previous, previous_hash = read_target(pooler)
        written = write_target(pooler, member)
        return {'host': args['host'], 'previousHost': previous, 'sha256': written, 'previousSha256': previous_hash}


def verb_cut_connections(host, args):
    """Closes this host's connections to a member's database. A silent server never does, and PgBouncer waits for it."""
    with acting(host, args, 'cut-connections'):
        member = member_named(pooler_of(host, args), args['member'])
        found = connections_to(host, member)
        for _ in range(3):
            left = connections_to(host, member, kill=True) and connections_to(host, member)
            if not left:
                return {'cut': len(found), 'left': 0}
        raise Refusal('CUT_UNSUPPORTED', f'{len(left)} connections to {args["member"]} stay: the kernel does not close them.', left=len(left))


def connections_to(host, member, kill=False):
    """Established connections and those still being made; TIME-WAIT holds nobody. @see man ss"""
    states = ['state', 'established', 'state', 'syn-sent', 'state', 'fin-wait-1', 'state', 'close-wait']
    wanted = ['dst', member['address'], 'and', 'dport', '=', f':{member["port"]}']
    answer = host.tools.run(['ss', *(['--kill'] if kill else []), '--tcp', '--numeric', '--no-header', *states, *wanted])
    if answer.returncode != 0:
        raise Refusal('CUT_UNSUPPORTED', answer.stderr.strip()[:200] or 'ss failed')
    return answer.stdout.splitlines()


def verb_restart_pooler(host, args):
    """SIGTERM, then SIGKILL, then a start where systemd does not restart it by itself: `systemctl restart` may send
    SIGINT and wait for a silent server, 42 s were seen."""
    with acting(host, args, 'restart-pooler'):
        unit = process_named(pooler_of(host, args), args['process'])['unit']
        before = unit_facts(host.tools, unit)['mainPid']
        for name in ('TERM', 'KILL'):
            host.tools.systemctl('kill', '--kill-who=main', f'--signal={name}', '--', unit)
            if wait_for_unit(host, unit, lambda facts: facts['mainPid'] != before, 3):
                break
        if not wait_for_unit(host, unit, lambda facts: is_another(facts, before), 1):
            host.tools.systemctl('reset-failed', '--', unit)
            host.tools.systemctl('start', '--', unit)
        if not wait_for_unit(host, unit, lambda facts: is_another(facts, before), 5):
            raise Refusal('START_FAILED', f'{unit} does not start.', unit=unit_facts(host.tools, unit))
        return {'unit': unit_facts(host.tools, unit)}


def is_another(facts, before):
    return facts['activeState'] == 'active' and facts['mainPid'] not in (None, before)


def wait_for_unit(host, unit, holds, seconds):
    deadline = boot_seconds() + seconds
    while not holds(unit_facts(host.tools, unit)):
        if boot_seconds() >= deadline:
            return False
        time.sleep(0.05)
    return True

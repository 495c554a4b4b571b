"""The outside prober of drills: started, read, stopped and cleared here. What it does is its own affair (role client).

It takes no token: it changes nothing but rows of pp.probe, and has to work while nobody holds the lock.
"""

import contextlib
import json
import os
import shutil
import time

from .durable import boot_of
from .flocks import holding
from .places import boot_seconds
from .programs import last_words, unit_facts, user_named
from .refusals import Refusal, bad

FILES = ('markers', 'probes')
MOST_AT_ONCE = 4
MOST_KEPT = 20
LONGEST_CONFIG = 60_000
"""It has to fit into a pipe whose other end nobody reads yet."""
BEGIN_SECONDS = 10
"""How long its first line may take."""
GIVE_UP_SECONDS = 5
"""How much longer than its own time-out its end may take before systemd kills it."""

SANDBOX = (
    'NoNewPrivileges=yes', 'CapabilityBoundingSet=', 'ProtectSystem=strict', 'ProtectHome=yes', 'PrivateTmp=yes',
    'PrivateDevices=yes', 'ProtectKernelTunables=yes', 'ProtectKernelModules=yes', 'ProtectKernelLogs=yes',
    'ProtectControlGroups=yes', 'ProtectProc=invisible', 'RestrictNamespaces=yes', 'RestrictSUIDSGID=yes',
    'RestrictRealtime=yes', 'LockPersonality=yes', 'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
    'SystemCallArchitectures=native', 'SystemCallFilter=@system-service', 'UMask=0077',
    # A dump would hold the password.
    'LimitCORE=0', 'MemoryMax=256M', 'TasksMax=256',
)


def verb_prober_start(host, args):
    """Starts it as a unit of its own, so that it outlives this helper and its connection. Returns once it has begun."""
    prober, run = prober_of(host), args['run']
    with holding(host.places, 'prober', 'start'):
        if is_running(host, run):
            return {'started': False, 'already': True}
        folder = folder_of(prober, run)
        if os.path.lexists(folder):
            raise Refusal('PROBER_ENDED', f'The prober of {run} has run on {host.config.host} and ended; what it has seen is in {folder}.')
        running = running_units(host)
        if len(running) >= MOST_AT_ONCE:
            raise Refusal('PROBER_TOO_MANY', f'{len(running)} probers run on {host.config.host}: {", ".join(sorted(running))}.')
        remove_old(prober, running)
        make_folder(prober, folder)
        try:
            start(host, prober, args, folder)
        except BaseException:
            # Nothing was measured that somebody could want.
            host.tools.systemctl('stop', '--', unit_of(run))
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return {'started': True, 'already': False}


def verb_prober_read(host, args):
    """A piece of one of its files, from a place on; what is there may grow until it does not run any more."""
    folder = existing_folder(host, args['run'])
    # Asked before the file is read: whoever hears that it does not run has then read its last line.
    running = is_running(host, args['run'])
    with open(f'{folder}/{args["file"]}.ndjson', 'rb') as file:
        file.seek(args['offset'])
        content = file.read(args['bytes'])
    return {'content': content.decode('ascii', errors='replace'), 'offset': args['offset'] + len(content), 'running': running}


def verb_prober_stop(host, args):
    """It waits for the rows that are under way, then ends. @raises Refusal PROBER_ALIVE"""
    existing_folder(host, args['run'])
    was_running = is_running(host, args['run'])
    if was_running:
        host.tools.systemctl('stop', '--', unit_of(args['run']))
        if is_running(host, args['run']):
            raise Refusal('PROBER_ALIVE', f'{unit_of(args["run"])} has not ended.')
    return {'stopped': was_running}


def verb_prober_clear(host, args):
    folder = folder_of(prober_of(host), args['run'])
    with holding(host.places, 'prober', 'start'):
        if is_running(host, args['run']):
            raise Refusal('PROBER_RUNS', f'The prober of {args["run"]} runs; what it writes is not removed.')
        existed = os.path.isdir(folder)
        if existed:
            shutil.rmtree(folder)
    return {'cleared': existed}


def prober_of(host):
    if host.config.prober is None:
        raise Refusal('NO_PROBER', f'{host.config.host} is no client host: its host.json names no prober.')
    return host.config.prober


def folder_of(prober, run):
    return f'{prober["folder"]}/{run}'


def existing_folder(host, run):
    folder = folder_of(prober_of(host), run)
    if not os.path.isdir(folder):
        raise Refusal('PROBER_UNKNOWN', f'No prober of {run} has run on {host.config.host}.')
    return folder


def unit_of(run):
    return f'pp-probe-{run}.service'


def is_running(host, run):
    return unit_facts(host.tools, unit_of(run))['activeState'] not in ('inactive', 'failed', '')


def running_units(host):
    answer = host.tools.systemctl('list-units', '--all', '--plain', '--no-legend', '--no-pager', '--full', 'pp-probe-*.service')
    lines = [line.split() for line in answer.stdout.splitlines()]
    return {words[0] for words in lines if len(words) > 2 and words[2] not in ('inactive', 'failed')}


def remove_old(prober, running):
    """Keeps the newest, this one included."""
    folders = [entry for entry in os.scandir(prober['folder']) if entry.is_dir(follow_symlinks=False)]
    ended = [entry for entry in folders if unit_of(entry.name) not in running]
    ended.sort(key=lambda entry: entry.stat(follow_symlinks=False).st_mtime, reverse=True)
    for entry in ended[MOST_KEPT - 1:]:
        shutil.rmtree(entry.path)


def make_folder(prober, folder):
    """The folder stays root's: the prober fills two files and can put no link in their place, which root would follow."""
    user = user_named(prober['osUser'])
    os.mkdir(folder, 0o750)
    os.chown(folder, 0 if os.geteuid() == 0 else -1, user.pw_gid)
    os.chmod(folder, 0o750)
    for name in FILES:
        path = f'{folder}/{name}.ndjson'
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.chown(path, user.pw_uid, user.pw_gid)


def start(host, prober, args, folder):
    """Hands the configuration over through a pipe that has a name only until systemd has opened it for the program: the
    password is in no argument, no file and no property of the unit."""
    config = {**{key: value for key, value in args.items() if value is not None}, 'bootId': boot_of(host.places)['bootId']}
    line = (json.dumps(config) + '\n').encode()
    if len(line) > LONGEST_CONFIG:
        raise bad(f'the configuration is longer than {LONGEST_CONFIG} bytes')
    with named_pipe(f'{host.places.run}/prober-{args["run"]}.pipe') as (path, descriptor):
        os.write(descriptor, line)
        answer = host.tools.run(['systemd-run', *properties(prober, args, folder, path), '--', prober['program'], folder])
        if answer.returncode != 0:
            raise Refusal('PROBER_FAILED', f'systemd-run: {last_words(answer)}')
        wait_until_begun(host, args['run'], folder)


@contextlib.contextmanager
def named_pipe(path):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    os.mkfifo(path, 0o600)
    try:
        # Both ways, so that neither this open waits for the other end nor that one for this.
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            yield path, descriptor
        finally:
            os.close(descriptor)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def properties(prober, args, folder, pipe):
    last = args['lifeSeconds'] + args['timeoutSeconds'] + GIVE_UP_SECONDS
    own = (
        # systemd-run returns when the program has been started, so after its stdin was opened.
        'Type=exec', f'User={prober["osUser"]}', f'StandardInput=file:{pipe}', f'ReadWritePaths={folder}',
        f'RuntimeMaxSec={last:.0f}', f'TimeoutStopSec={args["timeoutSeconds"] + GIVE_UP_SECONDS:.0f}',
    )
    return [
        f'--unit={unit_of(args["run"])}', '--collect', '--no-ask-password', '--quiet',
        f'--description=pp outside prober of {args["run"]}', *(f'--property={one}' for one in (*own, *SANDBOX)),
    ]


def wait_until_begun(host, run, folder):
    """Its first line is there; until then the pipe has to stay open at this end too."""
    deadline = boot_seconds() + BEGIN_SECONDS
    while os.path.getsize(f'{folder}/markers.ndjson') == 0:
        if not is_running(host, run) or boot_seconds() >= deadline:
            raise Refusal('PROBER_FAILED', f'The prober did not begin; what it said: journalctl -u {unit_of(run)}')
        time.sleep(0.05)

"""Faults of processes: the server stopped by its unit, killed, or frozen; the pooler's where the host has no server."""

import signal
import time

from .data_directory import unfinished
from .durable import remove_file
from .fence import kill_postmaster_first
from .mask import drop_in_path
from .places import boot_seconds
from .processes import all_processes, is_of_this_host, processes_of, read_process, running_postmaster, signal_process, unit_processes
from .programs import unit_facts
from .refusals import Refusal
from .start import wait_until_reaped
from .tags import own_fence_tags

STOP_SECONDS = 60
START_SECONDS = 20
SIGNAL_SECONDS = 5


class Processes:
    starts = False

    def __init__(self, host, record):
        self.host = host
        self.record = record
        self.target = record['target']
        self.database = host.config.databases.get(self.target)
        pooler = host.config.poolers.get(self.target) if self.database is None else None
        self.units = [self.database['unit']] if self.database is not None else []
        self.units += [process['unit'] for process in pooler['processes']] if pooler is not None else []

    def prepare(self):
        if not self.units:
            raise Refusal('FAULT_NO_DATABASE', f'{self.host.config.host} runs neither a server nor a pooler of {self.target}.')
        if not self.running():
            raise Refusal('FAULT_NOT_RUNNING', f'{self.words()}; there is nothing to {self.record["kind"]}.')
        return {'units': self.units}

    def running(self):
        if self.database is not None:
            return processes_of(self.database)
        pids = {unit_facts(self.host.tools, unit)['mainPid'] for unit in self.units}
        pids |= {pid for unit in self.units for pid in unit_processes(unit)}
        return [facts for facts in all_processes() if facts['pid'] in pids and is_of_this_host(facts)]

    def words(self):
        """As an operator would say it: "postgresql@15-main.service is failed; none runs"."""
        states = ', '.join(f'{unit} is {unit_facts(self.host.tools, unit)["activeState"]}' for unit in self.units)
        count = len(self.running())
        return f'{states}; {count or "none"} {"run" if count > 1 else "runs"}'

    def after_boot(self):
        return True, 'ended with the boot of the host'


class Down(Processes):
    """A server that does not run any more. It comes back by its unit alone, whose gate decides whether it may be writable."""

    starts = True

    def undo(self):
        if self.database is not None:
            wait_until_reaped(self.database, SIGNAL_SECONDS)
        for unit in self.units:
            if self.held(unit) is None and unit_facts(self.host.tools, unit)['activeState'] in ('inactive', 'failed'):
                # Left by an operation's start that came to nothing: it would open the gate unasked.
                remove_file(self.host.places.permit(self.target))
                self.host.tools.systemctl('reset-failed', '--', unit)
                self.host.tools.systemctl('start', '--no-block', '--', unit)
        deadline = boot_seconds() + START_SECONDS
        while not self.gone()[0] and not self.has_failed() and boot_seconds() < deadline:
            time.sleep(0.1)

    def has_failed(self):
        return any(unit_facts(self.host.tools, unit)['activeState'] == 'failed' for unit in self.units)

    def held(self, unit):
        """Why it stays down though the fault is over: somebody holds it down on purpose. None where nobody does."""
        facts = unit_facts(self.host.tools, unit)
        if facts['loadState'] == 'masked' or drop_in_path(self.host.places, unit) in facts['dropInPaths'].split():
            return f'{unit} is masked, and left so'
        if self.database is None:
            return None
        for tag in own_fence_tags(self.host, self.target):
            return f'operation {tag["operation"]} has fenced this host, and {unit} is left as it is'
        begun = unfinished(self.host.places, self.target)
        return begun and f'the {begun["kind"]} of operation {begun["operation"]} has not ended, and {unit} is left as it is'

    def gone(self):
        seen = []
        for unit in self.units:
            held = self.held(unit)
            state = unit_facts(self.host.tools, unit)['activeState']
            if held is None and state != 'active':
                return False, f'{unit} is {state}'
            seen.append(held or f'{unit} is active')
        return True, '; '.join(seen)


class Stop(Down):
    """As an administrator stops it: by its unit."""

    def act(self):
        for unit in self.units:
            self.host.tools.systemctl('stop', '--no-block', '--', unit)
        deadline = boot_seconds() + STOP_SECONDS
        while self.running():
            if boot_seconds() >= deadline:
                raise Refusal('FAULT_FAILED', f'After {STOP_SECONDS} s {self.words()}.')
            time.sleep(0.05)

    def in_force(self):
        return not self.running(), self.words()


class Kill(Down):
    """SIGKILL to all its processes. What systemd starts again by itself, it starts."""

    def act(self):
        victims = kill_postmaster_first(self.database) if self.database is not None else self.running()
        for facts in victims:
            signal_process(facts, signal.SIGKILL)
        deadline = boot_seconds() + SIGNAL_SECONDS
        while any(is_still(facts) for facts in victims):
            if boot_seconds() >= deadline:
                raise Refusal('FAULT_FAILED', f'Not all processes have ended {SIGNAL_SECONDS} s after SIGKILL: {self.words()}.')
            time.sleep(0.01)
        return {'killed': len(victims)}

    def in_force(self):
        did = self.record['did']
        return did is not None, f'{did["killed"]} killed; {self.words()}' if did is not None else self.words()


def is_still(facts):
    now = read_process(facts['pid'])
    return now is not None and now['startTicks'] == facts['startTicks'] and now['state'] not in 'ZX'


class Freeze(Processes):
    """SIGSTOP to all its processes. They are no less dead to SIGKILL, so a fence works as ever; the kernel's freezer would
    hold it up where control groups are of the first version."""

    def act(self):
        if self.database is not None:
            # The postmaster first: it would start new ones.
            with running_postmaster(self.database) as postmaster:
                if postmaster is not None:
                    postmaster.signal(signal.SIGSTOP)
        self.signal_until(signal.SIGSTOP, lambda facts: facts['state'] in 'Tt')

    def undo(self):
        self.signal_until(signal.SIGCONT, lambda facts: facts['state'] not in 'Tt')

    def signal_until(self, number, holds):
        deadline = boot_seconds() + SIGNAL_SECONDS
        while True:
            left = [facts for facts in self.running() if not holds(facts)]
            if not left:
                return
            for facts in left:
                signal_process(facts, number)
            if boot_seconds() >= deadline:
                raise Refusal('FAULT_FAILED', f'{len(left)} processes take no {signal.Signals(number).name}: {self.frozen()}.')
            time.sleep(0.02)

    def frozen(self):
        states = [facts['state'] in 'Tt' for facts in self.running()]
        return f'{sum(states)} of {len(states)} processes stand still'

    def in_force(self):
        states = [facts['state'] in 'Tt' for facts in self.running()]
        return bool(states) and all(states), self.frozen()

    def gone(self):
        return not any(facts['state'] in 'Tt' for facts in self.running()), self.frozen()

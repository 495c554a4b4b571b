"""Fault: the API server of a Kubernetes cluster is stopped by its unit, and stays down until it is started again."""

import socket
import time

from .places import boot_seconds
from .programs import unit_facts
from .refusals import Refusal

STOP_SECONDS = 30
START_SECONDS = 40
ASK_SECONDS = 1


class ApiServerDown:
    starts = False

    def __init__(self, host, record):
        self.host = host
        self.record = record
        self.server = host.config.api_servers.get(record['target'])

    def prepare(self):
        if self.server is None:
            raise Refusal('FAULT_NO_API_SERVER', f'{self.host.config.host} runs no API server of {self.record["target"]}.')
        if self.state() != 'active':
            raise Refusal('FAULT_NOT_RUNNING', f'{self.server["unit"]} is {self.state()}; there is nothing to stop.')
        return {'unit': self.server['unit']}

    def act(self):
        self.systemctl('stop', '--no-block')
        # By itself it would end what it is answering, for up to a minute. One that is lost does not.
        self.systemctl('kill', '--signal=KILL')
        self.wait(lambda: self.in_force()[0], STOP_SECONDS)

    def undo(self):
        if self.state() != 'active':
            self.systemctl('reset-failed')
            self.systemctl('start', '--no-block')
            self.wait(lambda: self.gone()[0], START_SECONDS)

    def systemctl(self, *words):
        self.host.tools.systemctl(*words, '--', self.server['unit'])

    def wait(self, holds, seconds):
        deadline = boot_seconds() + seconds
        while not holds() and boot_seconds() < deadline:
            time.sleep(0.2)

    def state(self):
        return unit_facts(self.host.tools, self.server['unit'])['activeState']

    def listens(self):
        try:
            with socket.create_connection((self.server['address'], self.server['port']), timeout=ASK_SECONDS):
                return True
        except OSError:
            return False

    def in_force(self):
        state, listens = self.state(), self.listens()
        return state in ('inactive', 'failed') and not listens, self.words(state, listens)

    def gone(self):
        state, listens = self.state(), self.listens()
        return state == 'active' and listens, self.words(state, listens)

    def words(self, state, listens):
        return f'{self.server["unit"]} is {state}, port {self.server["port"]} {"takes connections" if listens else "takes none"}'

    def after_boot(self):
        return True, 'ended with the boot of the host'

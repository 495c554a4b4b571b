"""Outside probes: looks at a steady pace, each good or bad, with a few words of our own."""

import queue
import threading

from .clocks import moment
from .fate import code_of
from .look_http import look_http
from .look_sql import SqlLook
from .look_tcp import look_tcp
from .poolers import NotSent


class Probe(threading.Thread):
    """Looks do not overlap: the next one begins a pace after the last one, or when that has ended."""

    def __init__(self, probe, config, record, ending):
        super().__init__(daemon=True)
        self.probe = probe
        self.record = record
        self.ending = ending
        looks = {'http': lambda: look_http, 'tcp': lambda: look_tcp, 'sql': lambda: SqlLook(config)}
        self.look = looks[probe['type']]()

    def run(self):
        step = moment()
        while not self.ending.is_over():
            started = moment()
            state, said = self.look_once(started + self.probe['timeoutSeconds'])
            self.record.write({'probe': self.probe['name'], 'startedAt': started, 'endedAt': moment(), 'state': state, 'said': said})
            step = max(step + self.probe['paceSeconds'], moment())
            self.ending.wait(step)

    def look_once(self, deadline):
        """In a thread of its own, so that a name service without deadlines cannot hold the probe up."""
        answers = queue.SimpleQueue()
        threading.Thread(target=lambda: answers.put(self.answer(deadline)), daemon=True).start()
        try:
            return answers.get(timeout=max(0, deadline - moment()))
        except queue.Empty:
            return 'bad', f'no answer in {self.probe["timeoutSeconds"]:g} s'

    def answer(self, deadline):
        try:
            complaint, said = self.look(self.probe, deadline)
        except Exception as error:  # noqa: BLE001 – what keeps a look from an answer is its answer.
            return 'bad', code_of(error.reason if isinstance(error, NotSent) else error)
        return ('good', said) if complaint is None else ('bad', complaint)

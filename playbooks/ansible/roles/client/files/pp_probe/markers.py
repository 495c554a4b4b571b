"""The marker writer: numbered rows, each in a transaction of its own."""

import threading

from .clocks import moment, wall_time
from .fate import code_of, fate_of_sent
from .poolers import NotSent, Poolers

INSERT = 'insert into pp.probe (writer, n) values (%s, %s)'


class MarkerWriter:
    """One new number a step, tried once. A row that hangs is given up at its time-out and holds nobody up until then: the
    next number has a thread and a connection of its own. So at most time-out / pace rows are under way."""

    def __init__(self, config, record):
        self.writer = f'drill-{config["run"]}'
        self.pace = config['paceSeconds']
        self.timeout = config['timeoutSeconds']
        self.poolers = Poolers(config['poolers'], config['login'])
        self.record = record
        self.under_way = []

    def run(self, ending):
        number, step = 0, moment()
        while not ending.is_over():
            self.record.flush(always=False)
            number += 1
            attempt = threading.Thread(target=self.attempt, args=(number, moment(), wall_time()), daemon=True)
            attempt.start()
            self.under_way = [one for one in self.under_way if one.is_alive()] + [attempt]
            # Steps that were missed are not made up for: a burst would measure nothing.
            step = max(step + self.pace, moment())
            ending.wait(step)
        # Each of them ends by itself at its time-out.
        for attempt in self.under_way:
            attempt.join()

    def attempt(self, number, started, at):
        outcome = self.write(number, started + self.timeout)
        ended = moment()
        self.record.write(
            {'n': number, **outcome, 'startedAt': started, 'endedAt': ended, 'at': at}, is_due=outcome['fate'] == 'acknowledged',
        )

    def write(self, number, deadline):
        try:
            _, pooler = self.poolers.send(lambda session: session.execute(INSERT, (self.writer, number), deadline), deadline)
        except NotSent as error:
            return {'fate': 'failed', 'code': code_of(error.reason)}
        except Exception as error:  # noqa: BLE001 – whatever it was, it was sent: its number must not be without a line.
            return {'fate': fate_of_sent(error), 'code': code_of(error)}
        return {'fate': 'acknowledged', 'code': None, 'pooler': pooler}

"""A connection to a pooler as a client has it, never waited for beyond a deadline.

psycopg2 waits for ever by itself, so its connections are used without blocking and are waited for here. Nobody is asked
to cancel: a statement without an answer is given up by closing its connection.
"""

import contextlib
import math
import select

import psycopg2
from psycopg2 import extensions

from .clocks import moment
from .fate import Late


class Session:
    def __init__(self, pooler, login, deadline):
        """@raises psycopg2.Error, Late: nothing was sent then."""
        address = {'host': pooler['host'], 'hostaddr': pooler['address'], 'port': pooler['port']}
        dbname = login['database']
        rest = {key: value for key, value in login.items() if key != 'database'}
        self.connection = psycopg2.connect(
            **address, **rest, dbname=dbname, async_=True, application_name='pp-probe', gssencmode='disable',
        )
        try:
            self.wait(deadline, 'CONNECT_TIMEOUT')
        except BaseException:
            self.close()
            raise

    def execute(self, statement, parameters, deadline):
        """@returns the cursor when the statement has ended and the server is ready for the next one.
        @raises psycopg2.Error, Late: see `fate_of_sent`."""
        cursor = self.connection.cursor()
        cursor.execute(statement, parameters)
        self.wait(deadline, 'NO_ANSWER')
        return cursor

    def is_lost(self):
        """What can be read from a connection that waits for nothing is its end, or the reason for it."""
        return self.connection.closed or bool(ready(self.connection.fileno(), select.POLLIN, 0))

    def close(self):
        with contextlib.suppress(psycopg2.Error):
            self.connection.close()

    def wait(self, deadline, code):
        while True:
            state = self.connection.poll()
            if state == extensions.POLL_OK:
                return
            left = deadline - moment()
            if left <= 0:
                raise Late(code)
            ready(self.connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT, left)


def ready(descriptor, event, seconds):
    waiting = select.poll()
    waiting.register(descriptor, event)
    return waiting.poll(math.ceil(seconds * 1000))

"""The way through the poolers: which one is tried, and the connections that wait there for the next statement."""

import contextlib
import threading

import psycopg2

from .fate import Late
from .session import Session

MOST_KEPT = 2


class NotSent(Exception):
    """No pooler gave a connection; `reason` is what the last one said."""

    def __init__(self, reason):
        super().__init__('not sent')
        self.reason = reason


class Poolers:
    """A client goes on with the pooler that answered last. One that refuses is passed over in the same try, since nothing
    was sent there; one where an earlier statement still hangs comes after the others, so that a frozen one costs one pace
    and not one time-out."""

    def __init__(self, poolers, login):
        self.poolers = poolers
        self.login = login
        self.kept = [[] for _ in poolers]
        self.busy = [0 for _ in poolers]
        self.last = 0
        self.lock = threading.Lock()

    def send(self, statement, deadline):
        """Hands a session to `statement`, once. @returns what it returns, and the pooler's name.

        @raises NotSent. What `statement` raises goes through; its session is not used again.
        """
        reason = None
        for place in self.in_turn():
            with self.at_work(place):
                try:
                    session = self.kept_session(place) or Session(self.poolers[place], self.login, deadline)
                except (psycopg2.Error, OSError, Late) as error:
                    reason = error
                    if isinstance(error, Late):
                        break
                    continue
                try:
                    result = statement(session)
                except BaseException:
                    session.close()
                    self.leave(place)
                    raise
                self.keep(place, session)
                return result, name_of(self.poolers[place])
        self.leave(self.last)
        raise NotSent(reason)

    def in_turn(self):
        """Each pooler once; which is next is decided when it is asked for."""
        left = set(range(len(self.poolers)))
        while left:
            with self.lock:
                place = min(left, key=lambda one: (self.busy[one], (one - self.last) % len(self.poolers)))
            left.remove(place)
            yield place

    @contextlib.contextmanager
    def at_work(self, place):
        with self.lock:
            self.busy[place] += 1
        try:
            yield
        finally:
            with self.lock:
                self.busy[place] -= 1

    def kept_session(self, place):
        while True:
            with self.lock:
                session = self.kept[place].pop() if self.kept[place] else None
            if session is None or not session.is_lost():
                return session
            session.close()

    def keep(self, place, session):
        with self.lock:
            self.last = place
            if len(self.kept[place]) < MOST_KEPT:
                self.kept[place].append(session)
                return
        session.close()

    def leave(self, place):
        """The next client begins with the next pooler."""
        with self.lock:
            if self.last == place:
                self.last = (place + 1) % len(self.poolers)


def name_of(pooler):
    return f'{pooler["host"]}:{pooler["port"]}'

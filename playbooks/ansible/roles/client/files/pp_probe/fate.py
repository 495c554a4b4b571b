"""What became of a row whose statement did not end well. The rules are those of the load client
(src/lib/drivers/application/fate.ts); what is changed there is changed here."""

import errno
import os
import re

import psycopg2

NEVER_FORWARDED = re.compile(
    r'\A(?:.*: )?(?:FATAL:  )?(?:query_wait_timeout|client_login_timeout|server login has been failing'
    r'|pgbouncer cannot connect to server|no such database|database .* is disabled|no more connections allowed)',
)
"""What PgBouncer says to a client whose statement it has never passed to a server. It ends the connection with these,
under the same SQLSTATE 08P01 as when a server was lost in the middle of a statement."""


class Late(Exception):
    """No answer before the deadline."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def fate_of_sent(error):
    """Whether a statement that was sent and ended in this error surely did not happen.

    An ERROR rolls a transaction of one statement back. A connection that ends, also with a FATAL message, leaves it
    open: the server may have committed and died before it could say so.
    """
    if was_never_forwarded(error):
        return 'failed'
    if not isinstance(error, psycopg2.Error) or error.pgcode is None:
        return 'unknown'
    is_lost = error.pgcode.startswith('08') or error.pgcode == '40003'
    severity = error.diag.severity_nonlocalized or error.diag.severity
    return 'failed' if severity == 'ERROR' and not is_lost else 'unknown'


def was_never_forwarded(error):
    """Looks at the text too: of a message and the end of the connection right after it, psycopg2 keeps only that."""
    return isinstance(error, psycopg2.Error) and NEVER_FORWARDED.search(str(error)) is not None


def code_of(error):
    """SQLSTATE, system error code or our own word; never a message, which may hold data."""
    if isinstance(error, Late):
        return error.code
    if isinstance(error, psycopg2.Error):
        return error.pgcode or ('08P01' if was_never_forwarded(error) else system_error_in(str(error))) or 'CONNECTION_LOST'
    if isinstance(error, OSError) and error.errno in errno.errorcode:
        return errno.errorcode[error.errno]
    return type(error).__name__


def system_error_in(text):
    """libpq tells of a refused connection in words only."""
    return next((code for number, code in errno.errorcode.items() if os.strerror(number) in text), None)

"""Refusals: the answers of `ok: false`, and what is complained about on stderr."""

import contextlib
import errno
import os
import sys


class Refusal(Exception):
    """An answer of `ok: false`. Unless its code says otherwise (STOP_TIMEOUT, PROMOTE_UNKNOWN, FENCE_INCOMPLETE …),
    nothing was changed."""

    def __init__(self, code, message, **details):
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


def refusal_of_os_error(error):
    where = error.filename or 'a file'
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Refusal('DISK_FULL', f'No space to write {where}; nothing was changed.', path=str(where))
    return Refusal('IO_ERROR', f'{where}: {os.strerror(error.errno or errno.EIO)}', path=str(where))


def bad(message):
    return Refusal('BAD_REQUEST', message)


def complain(message):
    with contextlib.suppress(OSError, ValueError):
        print(f'pp-host: {message}', file=sys.stderr, flush=True)

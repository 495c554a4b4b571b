"""Requests: the checks that arguments have to pass.

Patterns are texts here and in `config`: `re` compiles them at their first use, and a start uses few of them.
"""

import json
import re

from .config import NO_CONTROL_CHARACTERS
from .refusals import bad


def text(pattern=NO_CONTROL_CHARACTERS):
    def check(value, name):
        if not isinstance(value, str) or not re.match(pattern, value):
            raise bad(f'{name} must be a text of the allowed form')
        return value
    return check


def number(least, most, whole=False):
    def check(value, name):
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            raise bad(f'{name} must be a {"whole " if whole else ""}number')
        if not least <= value <= most:  # NaN fails here too.
            raise bad(f'{name} must be from {least} to {most}')
        return value
    return check


def choice(*allowed):
    def check(value, name):
        if value not in allowed or not isinstance(value, str):
            raise bad(f'{name} must be one of {", ".join(allowed)}')
        return value
    return check


def flag(value, name):
    if not isinstance(value, bool):
        raise bad(f'{name} must be true or false')
    return value


def optional(check, default=None):
    def checked(value, name):
        return default if value is None else check(value, name)
    checked.default = default
    return checked


def shape(**fields):
    """A check for an object with exactly these keys; optional ones may be left out."""
    def check(value, name):
        if not isinstance(value, dict):
            raise bad(f'{name} must be an object')
        unknown = sorted(str(key) for key in set(value) - set(fields))
        if unknown:
            raise bad(f'{name} has unknown keys: {", ".join(unknown)[:200]}')
        checked = {}
        for key, field in fields.items():
            if key not in value and not hasattr(field, 'default'):
                raise bad(f'{name}.{key} is missing')
            checked[key] = field(value.get(key), f'{name}.{key}')
        return checked
    return check


TOKEN = number(1, 2**53 - 1, whole=True)
SYSTEM_IDENTIFIER = text(r'[0-9]{1,20}\Z')
TIMELINE = number(1, 2**32 - 1, whole=True)
LINE = r'[^\n\r]{2,262144}\Z'
LSN = r'[0-9A-F]{1,8}/[0-9A-F]{1,8}\Z'
RELATION = r'\d{1,10}/\d{1,10}/\d{1,10}\Z'
STAMP = r'\d{8}T\d{6}Z\Z'
BASE64 = r'[A-Za-z0-9+/=]*\Z'

MOST_RELATIONS = 1000
WAL_CHUNK = 512 * 1024
"""Most bytes of one piece: it has to fit into a line, even where it cannot be compressed."""

CONTROL_STATES = (
    'starting up', 'shut down', 'shut down in recovery', 'shutting down', 'in crash recovery', 'in archive recovery',
    'in production',
)


def journal_lines(value, name):
    if not isinstance(value, list) or len(value) > 10_000:
        raise bad(f'{name} must be a list of lines')
    for line in value:
        if not isinstance(line, str) or not re.match(LINE, line):
            raise bad(f'{name} must hold lines of 2 to 262144 characters')
        try:
            if not isinstance(json.loads(line), dict):
                raise ValueError
        except (ValueError, RecursionError):
            raise bad(f'{name} holds a line that is not a JSON object') from None
    return value


def relation_names(value, name):
    if not isinstance(value, dict) or len(value) > MOST_RELATIONS:
        raise bad(f'{name} must be an object of at most {MOST_RELATIONS} names')
    for relation, shown in value.items():
        text(RELATION)(relation, name)
        text()(shown, name)
    return value


def history_steps(value, name):
    if not isinstance(value, list) or len(value) > 10000:
        raise bad(f'{name} must be a list')
    step = shape(timeline=TIMELINE, lsn=text(LSN))
    return [step(item, name) for item in value]


def request_id(value):
    if isinstance(value, bool) or not isinstance(value, (int, str)) or len(str(value)) > 64:
        raise bad('id must be a number or a short text')
    return value


ENVELOPE = shape(id=lambda value, name: request_id(value), verb=text(), args=optional(lambda value, name: value, {}))

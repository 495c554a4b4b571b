"""Requests: the checks that arguments have to pass.

Patterns are texts here and in `config`: `re` compiles them at their first use, and a start uses few of them.
"""

import json
import re

from .config import ADDRESS, NO_CONTROL_CHARACTERS
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
LABEL = r'\d{8}-\d{6}F(_\d{8}-\d{6}[DI])?\Z'
TIME = r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00\Z'
STAMP = r'\d{8}T\d{6}Z\Z'
BASE64 = r'[A-Za-z0-9+/=]*\Z'
URL = r'https?://[^\x00-\x20\x7f]{1,1000}\Z'
QUERY = r'[^\x00]{1,4000}\Z'
ANY_NUMBER = number(-1.7e308, 1.7e308)

MOST_RELATIONS = 1000
WAL_CHUNK = 512 * 1024
"""Most bytes of one piece: it has to fit into a line, even where it cannot be compressed."""

CONTROL_STATES = (
    'starting up', 'shut down', 'shut down in recovery', 'shutting down', 'in crash recovery', 'in archive recovery',
    'in production',
)

FAULT_KINDS = ('stop', 'kill', 'freeze', 'cut', 'disk-full', 'hang-archiver', 'api-server-down')


def addresses(value, name):
    if not isinstance(value, list) or len(value) > 100:
        raise bad(f'{name} must be a list of at most 100 addresses')
    return [text(ADDRESS)(item, name) for item in value]


def items(check, least, most):
    def checked(value, name):
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise bad(f'{name} must be a list of {least} to {most}')
        return [check(item, f'{name}[{index}]') for index, item in enumerate(value)]
    return checked


def kind(**shapes):
    """An object whose other keys depend on its `type`."""
    def check(value, name):
        found = value.get('type') if isinstance(value, dict) else None
        if not isinstance(found, str) or found not in shapes:
            raise bad(f'{name}.type must be one of {", ".join(shapes)}')
        return shapes[found](value, name)
    return check


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

"""What to do: one line of JSON on stdin, so that the password is in no argument and no file."""

import json
import os
import socket

LONGEST_PACE_SECONDS = 0.25
LONGEST_LIFE_SECONDS = 6 * 3600
MOST_AT_ONCE = 40
"""Rows that may be under way at once: each is a connection to a pooler."""


class Unusable(Exception):
    """The configuration cannot be used; says which key, never its value."""


def read_config(descriptor):
    """Reads to the end of the line and not of the file: the other end of a pipe may stay open."""
    line = b''
    while not line.endswith(b'\n'):
        piece = os.read(descriptor, 65536)
        if not piece:
            break
        line += piece
    try:
        return checked(json.loads(line))
    except (ValueError, RecursionError):
        raise Unusable('the configuration is not a line of JSON') from None
    except (KeyError, TypeError) as error:
        raise Unusable(f'the configuration lacks {error}' if isinstance(error, KeyError) else 'the configuration has another form') from None


def checked(config):
    within('paceSeconds', config['paceSeconds'], 0.02, LONGEST_PACE_SECONDS)
    within('lifeSeconds', config['lifeSeconds'], 1, LONGEST_LIFE_SECONDS)
    within('timeoutSeconds', config['timeoutSeconds'], config['paceSeconds'], MOST_AT_ONCE * config['paceSeconds'])
    if not config['poolers']:
        raise Unusable('there is no pooler to write through')
    for probe in config['probes']:
        within(f'paceSeconds of {probe["name"]}', probe['paceSeconds'], 0.1, 3600)
        within(f'timeoutSeconds of {probe["name"]}', probe['timeoutSeconds'], 0.05, 3600)
    login = {key: config['login'][key] for key in ('user', 'password', 'database')}
    return {
        'run': config['run'], 'bootId': config['bootId'], 'login': {**login, **tls(config.get('tls'))},
        'poolers': [{**pooler, 'address': resolved(pooler['host'])} for pooler in config['poolers']],
        **{key: config[key] for key in ('paceSeconds', 'timeoutSeconds', 'lifeSeconds', 'probes')},
    }


def within(name, value, least, most):
    if not least <= value <= most:
        raise Unusable(f'{name} must be from {least:g} to {most:g}')


def tls(wanted):
    """As libpq calls it. Without a word about it the pooler decides, as with every client that says nothing."""
    if wanted is None:
        return {}
    return {'sslmode': wanted['mode'], **({'sslrootcert': wanted['caFile']} if wanted.get('caFile') else {})}


def resolved(host):
    """Once, at the start: a name service that hangs in the outage would hold up what has a deadline."""
    try:
        return socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0]
    except OSError as error:
        raise Unusable(f'{host} has no address: {error.strerror}') from None

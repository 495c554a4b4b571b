"""What the host is: /etc/pp/host.json, and what callers may name of it."""

import json
import os
import re

from .refusals import Refusal, bad

NAME = r'[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z'
OPERATION = r'[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z'
DRILL_SUFFIX = '.drill'
"""A drill of a database has a lock of its own: that of the database is for the operations in it, and for everybody else's."""

FAULT = r'[A-Za-z0-9_][A-Za-z0-9_-]{0,63}\Z'
UNIT = r'[A-Za-z0-9:_.@\\-]{1,200}\.service\Z'
ADDRESS = r'[A-Za-z0-9:_.%-]{1,255}\Z'
NO_CONTROL_CHARACTERS = r'[^\x00-\x1f\x7f]{1,200}\Z'
ENTRY = r'(\*|[A-Za-z0-9_][A-Za-z0-9_.-]{0,62})\Z'
ABSOLUTE = r'/[^\x00-\x1f\x7f]{0,1000}\Z'


class Config:
    """host.json, checked. @raises Refusal CONFIG_BAD naming the key."""

    def __init__(self, places):
        document = self.load(places)
        self.host = self.text(document, 'host', ADDRESS)
        self.databases = {
            self.key(name): self.database(value, f'databases.{name}')
            for name, value in self.mapping(document, 'databases').items()
        }
        self.poolers = {
            self.key(name): self.pooler(value, f'poolers.{name}')
            for name, value in self.mapping(document, 'poolers').items()
        }
        self.backups = {
            self.key(name): self.backup(value, f'backups.{name}')
            for name, value in self.mapping(document, 'backups').items()
        }
        self.api_servers = {
            self.key(name): self.api_server(value, f'apiServers.{name}')
            for name, value in self.mapping(document, 'apiServers').items()
        }
        voter_for = document.get('voterFor', [])
        if not isinstance(voter_for, list):
            raise self.bad('voterFor', 'must be a list of targets')
        self.prober = self.prober_section(document['prober']) if 'prober' in document else None
        self.targets = sorted({*self.databases, *self.poolers, *self.backups, *self.api_servers, *(self.key(name) for name in voter_for)})

    @staticmethod
    def bad(key, reason):
        return Refusal('CONFIG_BAD', f'host.json: {key} {reason}.', key=key)

    def load(self, places):
        try:
            with open(places.config, encoding='utf-8') as file:
                found = os.fstat(file.fileno())
                # Who can write this file chooses what root stops and starts.
                if not places.config_given and (found.st_uid != 0 or found.st_mode & 0o022):
                    raise self.bad(places.config, 'must be owned by root and writable by nobody else')
                document = json.load(file)
        except FileNotFoundError:
            raise self.bad(places.config, 'is missing: this host has not been set up') from None
        except (ValueError, RecursionError) as error:
            raise self.bad(places.config, f'is not JSON: {error}') from None
        if not isinstance(document, dict) or document.get('schemaVersion') != 1:
            raise self.bad('schemaVersion', 'must be 1')
        return document

    def key(self, name):
        if not isinstance(name, str) or not re.match(NAME, name):
            raise self.bad(f'{name!r}', 'is not a target name')
        return name

    def mapping(self, holder, key):
        value = holder.get(key, {})
        if not isinstance(value, dict):
            raise self.bad(key, 'must be an object')
        return value

    def items(self, holder, key, where):
        value = holder.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise self.bad(f'{where}.{key}', 'must be a list of objects, not empty')
        return value

    def text(self, holder, key, pattern, where=''):
        value = holder.get(key) if isinstance(holder, dict) else None
        if not isinstance(value, str) or not re.match(pattern, value):
            raise self.bad(f'{where}.{key}'.lstrip('.'), f'is {value!r}, which is not allowed there')
        return value

    def port(self, holder, where):
        value = holder.get('port')
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 65536:
            raise self.bad(f'{where}.port', 'must be a port number')
        return value

    def database(self, value, where):
        return {
            'unit': self.text(value, 'unit', UNIT, where),
            'dataDirectory': self.text(value, 'dataDirectory', ABSOLUTE, where).rstrip('/'),
            'binDirectory': self.text(value, 'binDirectory', ABSOLUTE, where).rstrip('/'),
            'osUser': self.text(value, 'osUser', NAME, where),
            'port': self.port(value, where),
            'socketDirectory': self.text(value, 'socketDirectory', ABSOLUTE, where),
            'configFile': self.text(value, 'configFile', ABSOLUTE, where) if 'configFile' in value else None,
            'archiveCommand': self.text(value, 'archiveCommand', ABSOLUTE, where) if 'archiveCommand' in value else None,
            'gate': self.gate(value['gate'], f'{where}.gate') if 'gate' in value else None,
        }

    def gate(self, value, where):
        return {
            'user': self.text(value, 'user', NAME, where),
            'keyFile': self.text(value, 'keyFile', ABSOLUTE, where),
            'knownHostsFile': self.text(value, 'knownHostsFile', ABSOLUTE, where),
            'peers': [
                {
                    'host': self.text(item, 'host', ADDRESS, f'{where}.peers'),
                    'address': self.text(item, 'address', ADDRESS, f'{where}.peers'),
                }
                for item in self.items(value, 'peers', where)
            ],
        }

    def pooler(self, value, where):
        guard = self.mapping(value, 'guard')
        return {
            'targetFile': self.text(value, 'targetFile', ABSOLUTE, where),
            'osUser': self.text(value, 'osUser', NAME, where),
            'port': self.port(value, where),
            'processes': [
                {
                    'name': self.text(item, 'name', NAME, f'{where}.processes'),
                    'unit': self.text(item, 'unit', UNIT, f'{where}.processes'),
                    'socketDirectory': self.text(item, 'socketDirectory', ABSOLUTE, f'{where}.processes'),
                    'port': self.port(item if 'port' in item else value, f'{where}.processes'),
                }
                for item in self.items(value, 'processes', where)
            ],
            'entries': [self.entry(item, f'{where}.entries') for item in self.items(value, 'entries', where)],
            'members': [
                {
                    'host': self.text(item, 'host', ADDRESS, f'{where}.members'),
                    'address': self.text(item, 'address', ADDRESS, f'{where}.members'),
                    'port': self.port(item, f'{where}.members'),
                }
                for item in self.items(value, 'members', where)
            ],
            'guard': {
                'user': self.text(guard, 'user', NO_CONTROL_CHARACTERS, f'{where}.guard'),
                'database': self.text(guard, 'database', NO_CONTROL_CHARACTERS, f'{where}.guard'),
                'passwordFile': self.text(guard, 'passwordFile', ABSOLUTE, f'{where}.guard'),
            },
        }

    def api_server(self, value, where):
        return {
            'unit': self.text(value, 'unit', UNIT, where),
            'address': self.text(value, 'address', ADDRESS, where),
            'port': self.port(value, where),
        }

    def prober_section(self, value):
        return {
            'program': self.text(value, 'program', ABSOLUTE, 'prober'),
            'osUser': self.text(value, 'osUser', NAME, 'prober'),
            'folder': self.text(value, 'folder', ABSOLUTE, 'prober').rstrip('/'),
        }

    def backup(self, value, where):
        backup = {
            'osUser': self.text(value, 'osUser', NAME, where),
            'isRepository': value.get('isRepository') is True,
            'binDirectory': self.text(value, 'binDirectory', ABSOLUTE, where).rstrip('/'),
            'configFolder': self.text(value, 'configFolder', ABSOLUTE, where).rstrip('/'),
            'restoreDirectory': self.text(value, 'restoreDirectory', ABSOLUTE, where).rstrip('/'),
            'queueDirectory': None if value.get('queueDirectory') is None else self.text(value, 'queueDirectory', ABSOLUTE, where),
        }
        for database in self.databases.values():
            # What is restored is removed again; nothing of a database may ever lie there.
            if f'{database["dataDirectory"]}/'.startswith(f'{backup["restoreDirectory"]}/'):
                raise self.bad(f'{where}.restoreDirectory', 'holds the data directory of a database')
        return backup

    def entry(self, item, where):
        """One line of PgBouncer's [databases]. `options` is for its own words (pool_size …), never host or port."""
        # PgBouncer 1.18 cannot read any other name in its file, quoted or not.
        entry = {'name': self.text(item, 'name', ENTRY, where)}
        if 'dbname' in item:
            entry['dbname'] = self.text(item, 'dbname', NO_CONTROL_CHARACTERS, where)
        options = self.mapping(item, 'options')
        if {'host', 'port', 'dbname'} & set(options):
            raise self.bad(f'{where}.options', 'must not name host, port or dbname')
        entry['options'] = {
            self.key(name): self.text(options, name, NO_CONTROL_CHARACTERS, f'{where}.options') for name in options
        }
        return entry


def known_target(host, target):
    if target.removesuffix(DRILL_SUFFIX) not in host.config.targets:
        raise Refusal('UNKNOWN_TARGET', f'{host.config.host} does not know {target}.')
    return target


def target_asked(host, args):
    """The target named, or the only one; a host without any has None."""
    if args['target'] is not None:
        return known_target(host, args['target'])
    if len(host.config.targets) > 1:
        raise bad(f'args.target is missing: {", ".join(host.config.targets)}')
    return host.config.targets[0] if host.config.targets else None


def database_of(host, args):
    database = host.config.databases.get(args['target'])
    if database is None:
        raise Refusal('UNKNOWN_TARGET', f'{host.config.host} has no database {args["target"]}.')
    return database


def pooler_of(host, args):
    pooler = host.config.poolers.get(args['target'])
    if pooler is None:
        raise Refusal('UNKNOWN_TARGET', f'{host.config.host} has no pooler of {args["target"]}.')
    return pooler


def backup_of(host, args):
    backup = host.config.backups.get(args['target'])
    if backup is None:
        raise Refusal('UNKNOWN_TARGET', f'{host.config.host} has no part in backups of {args["target"]}.')
    return backup


def member_named(pooler, name):
    for member in pooler['members']:
        if member['host'] == name:
            return member
    raise Refusal('UNKNOWN_MEMBER', f'{name} is no member of this database.')


def process_named(pooler, name):
    for process in pooler['processes']:
        if process['name'] == name:
            return process
    raise Refusal('UNKNOWN_PROCESS', f'There is no pooler process {name} here.')

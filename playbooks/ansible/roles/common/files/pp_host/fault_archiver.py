"""Fault: PostgreSQL's archive_command begins and does not end, as with an archive behind a dead network mount."""

import os

from .durable import remove_file, replace_file, sync_folder
from .programs import user_named
from .refusals import Refusal

HANGS_SECONDS = 0.5
ENDS_SECONDS = 15

HANGING = '''#!/bin/sh
# Put here by pp-host; what it stands for lies beside it and goes on by itself as soon as it is back.
[ -z "${PP_HELD:-}" ] || exit 1
while [ -e "$0.pp-held" ]; do sleep 0.2; done
PP_HELD=1 exec "$0" "$@"
'''


class HangArchiver:
    starts = False

    def __init__(self, host, record):
        self.host = host
        self.record = record
        self.database = host.config.databases.get(record['target'])

    def prepare(self):
        command = self.database and self.database['archiveCommand']
        if command is None:
            raise Refusal('FAULT_NO_ARCHIVER', f'host.json names no program that archives for {self.record["target"]}.')
        if not os.path.isfile(command):
            raise Refusal('FAULT_NO_ARCHIVER', f'{command} is not there.')
        if stands_in(command):
            raise Refusal('FAULT_IN_FORCE', f'{command} hangs already.')
        return {'command': command}

    @property
    def command(self):
        return self.record['undo']['command']

    @property
    def held(self):
        return f'{self.command}.pp-held'

    def act(self):
        if self.is_hanging():
            return
        remove_file(self.held)  # A second name of the command that is in its place.
        os.link(self.command, self.held)
        sync_folder(os.path.dirname(self.command))
        replace_file(self.command, HANGING.encode(), mode=0o755)

    def undo(self):
        if self.is_hanging():
            os.replace(self.held, self.command)
            sync_folder(os.path.dirname(self.command))
        elif not stands_in(self.command):
            # A playbook has put the command in its place meanwhile, perhaps a newer one.
            remove_file(self.held)

    def after_boot(self):
        self.undo()
        return self.gone()

    def is_hanging(self):
        return stands_in(self.command) and os.path.exists(self.held)

    def in_force(self):
        ends = not self.is_hanging() or self.comes_to_an_end(HANGS_SECONDS)
        return not ends, f'archive_command {"ends" if ends else "does not end"}, {self.waiting()} files wait'

    def gone(self):
        if stands_in(self.command):
            return False, f'{self.command} is not the program that archives'
        ends = not os.path.exists(self.held) and self.comes_to_an_end(ENDS_SECONDS)
        return ends, f'archive_command {"ends" if ends else "does not end"}'

    def comes_to_an_end(self, seconds):
        """A trial as the server would call it. The real one ends at once: there is no such file."""
        user = user_named(self.database['osUser'])
        try:
            self.host.tools.run([self.command, '/nonexistent', 'trial', '/nonexistent'], seconds, user=user)
        except Refusal as error:
            if error.code != 'TOOL_TIMEOUT':
                raise
            return False
        return True

    def waiting(self):
        folder = f'{self.database["dataDirectory"]}/pg_wal/archive_status'
        names = os.listdir(folder) if os.path.isdir(folder) else []
        return sum(name.endswith('.ready') for name in names)


def stands_in(command):
    try:
        with open(command, encoding='utf-8', errors='replace') as file:
            return file.read(len(HANGING) + 1) == HANGING
    except FileNotFoundError:
        return False

"""The command line."""

import os
import sys

from . import VERSION
from .config import known_target
from .host import Host
from .places import Places
from .refusals import Refusal, complain

PATH_FOR_TOOLS = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'


def main(program, arguments):
    """@param program the path that starts it: a guard's timer keeps it, and runs what is there when its time has come."""
    os.umask(0o077)
    options = {}
    rest = list(arguments)
    # For tests only: sudoers allows no argument at all.
    while len(rest) >= 2 and rest[0] in ('--root', '--config'):
        options[rest[0][2:]] = rest[1]
        del rest[:2]
    places = Places(**options)
    path = os.environ.get('PATH', PATH_FOR_TOOLS) if options else PATH_FOR_TOOLS
    flags = [word for name, value in options.items() for word in (f'--{name}', value)]
    host = Host(places, path, [*([sys.executable, '-ISB'] if options else []), program, *flags])
    if rest == ['--version']:
        print(VERSION)
        return 0
    if rest == []:
        from .serving import serve
        return serve(host)
    if rest[0] == 'show' and len(rest) <= 2:
        from .serving import show
        return show(host, *rest[1:])
    if rest[0] == 'guard' and len(rest) == 2:
        from .guard import guard_main
        try:
            return guard_main(host, known_target(host, rest[1]))
        except (Refusal, OSError) as error:
            complain(f'guard of {rest[1]}: {error}')
            return 1
    if rest[0] == 'gate' and len(rest) == 2:
        from .gate import gate_main
        try:
            return gate_main(host, known_target(host, rest[1]))
        except (Refusal, OSError, KeyError) as error:
            # The unit then does not start: nothing is known, and writable would be a guess.
            complain(f'gate of {rest[1]}: {error}')
            return 1
    if rest[0] == 'lift' and len(rest) == 2:
        from .lift import lift_main
        return lift_main(host, rest[1])
    if rest[0] == 'backup' and len(rest) == 3 and rest[2] in ('full', 'diff', 'incr'):
        from .backup import backup_main
        return backup_main(host, rest[1], rest[2])
    if rest == ['lift-left-over']:
        from .lift import lift_left_over
        return lift_left_over(host)
    complain('usage: pp-host | pp-host show [TARGET] | pp-host --version, and for systemd: '
             'pp-host guard TARGET | pp-host gate TARGET | pp-host lift FAULT | pp-host lift-left-over | '
             'pp-host backup TARGET TYPE')
    return 2

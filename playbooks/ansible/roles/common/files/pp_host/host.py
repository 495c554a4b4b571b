"""The host that verbs work with, and its answers to requests."""

import contextlib
import json
import os

from . import VERSION
from .config import Config, known_target
from .durable import boot_of
from .places import boot_seconds
from .refusals import Refusal, bad, refusal_of_os_error
from .sha256 import sha256


class Host:
    """What verbs work with: places, tools, and host.json as it is now."""

    def __init__(self, places, path, command):
        self.places = places
        self.path = path
        self.command = command
        self.kept = None
        self.kept_tools = None

    @property
    def config(self):
        if self.kept is None:
            self.kept = Config(self.places)
        return self.kept

    @property
    def tools(self):
        if self.kept_tools is None:
            from .programs import Tools
            self.kept_tools = Tools(self.path)
        return self.kept_tools

    def answer(self, line):
        """One answer for one line; never raises for what a caller can send."""
        identifier = None
        try:
            from .requests import ENVELOPE, request_id
            from .verbs import VERBS, function_of
            try:
                request = json.loads(line)
            except (ValueError, RecursionError):
                raise bad('not a line of JSON') from None
            if isinstance(request, dict):
                with contextlib.suppress(Refusal):
                    identifier = request_id(request.get('id'))
            request = ENVELOPE(request, 'request')
            if request['verb'] not in VERBS:
                raise Refusal('UNKNOWN_VERB', f'There is no verb {request["verb"]}.')
            verb, check = VERBS[request['verb']]
            args = check(request['args'], 'args')
            self.kept = None
            if args.get('target') is not None:
                known_target(self, args['target'])
            return {'id': identifier, 'ok': True, 'result': function_of(verb)(self, args)}
        except Refusal as error:
            return self.failure(identifier, error)
        except OSError as error:
            return self.failure(identifier, refusal_of_os_error(error))
        except Exception as error:  # noqa: BLE001 – a bug must be an answer, the process may hold somebody's window.
            place = error.__traceback__
            while place.tb_next is not None:
                place = place.tb_next
            code = place.tb_frame.f_code
            where = f'{type(error).__name__} in {code.co_name}, {os.path.basename(code.co_filename)} line {place.tb_lineno}'
            return self.failure(identifier, Refusal('HELPER_BUG', f'{where}: {str(error)[:200]}'))

    @staticmethod
    def failure(identifier, refusal):
        error = {'code': refusal.code, 'message': refusal.message}
        if refusal.details:
            error['details'] = refusal.details
        return {'id': identifier, 'ok': False, 'error': error}

    def hello(self):
        hello = {'version': VERSION, 'sha256': own_digest(), 'bootSeconds': None, 'host': None, 'bootId': None}
        try:
            hello['host'] = self.config.host
            hello['bootId'] = boot_of(self.places)['bootId']
        except Refusal as error:
            hello['error'] = {'code': error.code, 'message': error.message}
        except OSError as error:
            hello['error'] = {'code': refusal_of_os_error(error).code, 'message': refusal_of_os_error(error).message}
        hello['bootSeconds'] = boot_seconds()
        return {'hello': hello}


def own_digest():
    """Over names and contents of everything that this start may run; sha256sum pp-host pp_host/*.py | sha256sum."""
    package = os.path.dirname(__file__)
    folder, name = os.path.split(package)
    modules = sorted(f'{name}/{file}' for file in os.listdir(package) if file.endswith('.py'))
    lines = []
    for path in ('pp-host', *modules):
        with open(f'{folder}/{path}', 'rb', buffering=0) as file:
            lines.append(f'{sha256(file.read()).hexdigest()}  {path}\n')
    return sha256(''.join(lines).encode()).hexdigest()

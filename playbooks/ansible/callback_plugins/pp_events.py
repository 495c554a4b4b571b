"""One JSON object a line on stdout, as things happen: what pp reads instead of prose."""

import json
import sys
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = '''
name: pp_events
type: stdout
short_description: NDJSON events
description: play, task, result, notice and stats, each as one JSON object on a line of its own.
'''


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'stdout'
    CALLBACK_NAME = 'pp_events'

    def __init__(self):
        super().__init__()
        self.started = {}

    def emit(self, event, **fields):
        sys.stdout.write(json.dumps({'event': event, **fields}, default=str) + '\n')
        sys.stdout.flush()

    def v2_playbook_on_play_start(self, play):
        self.emit('play', name=play.get_name().strip())

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.emit('task', name=task.get_name().strip(), isHandler=False)

    def v2_playbook_on_handler_task_start(self, task):
        self.emit('task', name=task.get_name().strip(), isHandler=True)

    def v2_runner_on_start(self, host, task):
        self.started[host.get_name(), task._uuid] = time.monotonic()

    def v2_runner_on_ok(self, result):
        if result._task.action in ('debug', 'ansible.builtin.debug') and not is_censored(result._result):
            self.emit('notice', host=result._host.get_name(), message=str(result._result.get('msg', '')))
        self.result(result, 'changed' if result._result.get('changed') else 'ok')

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.result(result, 'failed', ignored=bool(ignore_errors))

    def v2_runner_on_unreachable(self, result):
        self.result(result, 'unreachable', ignored=bool(result._task.ignore_unreachable))

    def v2_runner_on_skipped(self, result):
        self.result(result, 'skipped')

    def v2_runner_retry(self, result):
        values = result._result
        self.emit('retry', host=result._host.get_name(), task=result._task.get_name().strip(),
                  attempt=values.get('attempts'), attempts=values.get('retries'))

    def v2_playbook_on_no_hosts_matched(self):
        self.emit('no-hosts')

    def v2_playbook_on_stats(self, stats):
        self.emit('stats', hosts={host: counts(stats.summarize(host)) for host in sorted(stats.processed)})

    def result(self, result, status, ignored=False):
        values = result._result
        host, task = result._host.get_name(), result._task
        started = self.started.pop((host, task._uuid), None)
        self.emit(
            'result', host=host, task=task.get_name().strip(), status=status, ignored=ignored,
            message=message(values) if status in ('failed', 'unreachable') else '',
            details=details(values) if status == 'changed' else [],
            seconds=None if started is None else round(time.monotonic() - started, 3))


def is_censored(values):
    return bool(values.get('_ansible_no_log') or 'censored' in values)


def message(values):
    """What a person needs to know of a failure; nothing of a task that handles secrets."""
    if is_censored(values):
        return 'its output is hidden, because the task handles secrets'
    items = [item for item in values.get('results') or [] if isinstance(item, dict) and item.get('failed')]
    if items:
        return '; '.join(dict.fromkeys(message(item) for item in items))
    said = [str(values.get('msg') or '').strip()]
    said += [str(values.get(key) or '').strip()[-2000:] for key in ('module_stderr', 'stderr')]
    return '\n'.join(dict.fromkeys(part for part in said if part)) or 'no message'


def details(values):
    """What was changed, where the module says so."""
    if is_censored(values):
        return []
    named = values.get('paths') or values.get('statements') or []
    return [str(name) for name in named] if isinstance(named, list) else []


def counts(summary):
    return {
        'ok': summary['ok'], 'changed': summary['changed'], 'failed': summary['failures'],
        'unreachable': summary['unreachable'], 'skipped': summary['skipped'], 'ignored': summary['ignored'],
    }

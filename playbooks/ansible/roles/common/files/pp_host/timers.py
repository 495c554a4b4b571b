"""Transient timers of systemd: what the helper does later, whatever becomes of `pp` and of the network."""


def start_transient(host, unit, seconds, description, words):
    """A timer that runs the helper with these words. @returns what systemd shows of it, and its complaint or None."""
    answer = host.tools.run([
        'systemd-run', f'--unit={unit}', f'--on-active={int(seconds * 1000)}ms',
        # The default accuracy is a minute.
        '--timer-property=AccuracySec=100ms', '--collect', '--property=Type=exec',
        '--property=Restart=on-failure', '--property=RestartSec=500ms',
        f'--description={description}', '--', *host.command, *words,
    ])
    shown = timer_facts(host, unit)
    failed = answer.returncode != 0 or shown['activeState'] != 'active'
    return shown, f'systemd-run: {answer.stderr.strip()[:300]}' if failed else None


def timer_facts(host, unit):
    names = {'loadState': 'LoadState', 'activeState': 'ActiveState', 'subState': 'SubState',
             'accuracy': 'AccuracyUSec', 'nextElapse': 'NextElapseUSecMonotonic'}
    answer = host.tools.systemctl('show', '--property=' + ','.join(names.values()), '--', f'{unit}.timer')
    said = dict(line.split('=', 1) for line in answer.stdout.splitlines() if '=' in line)
    return {'unit': f'{unit}.timer', **{key: said.get(name, '') for key, name in names.items()}}

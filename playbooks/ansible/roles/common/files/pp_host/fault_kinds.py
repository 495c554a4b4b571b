"""The kinds of faults: each breaks one thing, knows the way back, and proves both."""

from importlib import import_module

KINDS = {
    'stop': 'fault_processes.Stop',
    'kill': 'fault_processes.Kill',
    'freeze': 'fault_processes.Freeze',
    'cut': 'fault_cut.Cut',
    'disk-full': 'fault_disk.DiskFull',
    'hang-archiver': 'fault_archiver.HangArchiver',
    'api-server-down': 'fault_api_server.ApiServerDown',
}


def fault_of(host, record):
    """The fault that a record, or a request for one, stands for. Loads its module at its first use.

    Each kind has these:
    * `prepare()` refuses whatever would refuse, touches nothing, and returns what undoing it has to know;
    * `act()` breaks it, `undo()` takes it back; again, and after the one or the other was interrupted, they change nothing;
    * `in_force()` and `gone()` look, and return whether it is so and what was seen;
    * `after_boot()` is `undo` and `gone` where the host was booted in between;
    * `starts`: whether `undo` starts something, which must not happen in the middle of another act.
    """
    module, _, name = KINDS[record['kind']].partition('.')
    return getattr(import_module(f'.{module}', __package__), name)(host, record)

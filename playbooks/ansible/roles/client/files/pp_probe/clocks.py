"""The clocks. Only differences of the monotonic one are measurements; wall time is for people."""

import time


def moment():
    """Seconds of CLOCK_MONOTONIC."""
    return time.monotonic()


def boot_seconds():
    """Seconds since boot, suspension included: the clock of the host helper."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wall_time():
    now = time.time_ns()
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now // 1_000_000_000)) + f'.{now // 1_000_000 % 1000:03d}Z'


def all_clocks():
    """Read one right after the other, so that times of one can be told in another."""
    return {'monotonic': moment(), 'boottime': boot_seconds(), 'wall': wall_time()}

"""The system's clock, in the unit of the tracker protocol."""

import time

from lib.sandbox.clock import system_clock


def test_system_clock_tells_milliseconds_since_the_epoch() -> None:
    before = time.time_ns()
    now = system_clock()
    after = time.time_ns()
    assert before // 1_000_000 <= now <= after // 1_000_000

"""Where the sandbox gets the time from: a function, so that tests can pass their own."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns now in milliseconds since the epoch, UTC."""


def system_clock() -> int:
    """The machine's clock, in milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000

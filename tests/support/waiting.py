"""Waiting for a condition, however slow the machine is. No test sleeps."""

import threading
import time
from collections.abc import Callable

PATIENCE_SECONDS = 60.0
PROGRAM_SECONDS = 600.0  # for a program to end
ENDLESS_SECONDS = 3600.0  # for what must not be waited for: a test that does is ended by pytest


def eventually(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether a condition becomes true within this many seconds."""
    waiting = threading.Event()
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        waiting.wait(0.01)
    return met

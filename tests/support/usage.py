"""What a process has open: threads and connections."""

import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

import psutil

RELEASE_SECONDS = 60.0  # however slow the machine is
SETTLE_SECONDS = 5.0
POLL_SECONDS = 0.05


class Usage(NamedTuple):
    """What a process has open: threads, and connections of whichever socket and in any state."""

    threads: int
    connections: int

    @classmethod
    def of(cls, process: psutil.Process) -> "Usage":
        sockets = process.net_connections(kind="inet")
        connections = [each for each in sockets if each.status != psutil.CONN_LISTEN]
        return cls(process.num_threads(), len(connections))

    def is_within(self, other: "Usage") -> bool:
        return self.threads <= other.threads and self.connections <= other.connections


def usages(process: psutil.Process, seconds: float = RELEASE_SECONDS) -> Iterator[Usage]:
    """What the process has open, again and again for as long as it may take to let go."""
    until, pause = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < until:
        yield Usage.of(process)
        pause.wait(POLL_SECONDS)


def settled(process: psutil.Process) -> Usage:
    """The least that it has open in a few seconds."""
    threads, connections = zip(*usages(process, SETTLE_SECONDS), strict=True)
    return Usage(min(threads), min(connections))

"""The routes of the Signals API: dropped streams leave nothing behind."""

import math
import os

import psutil
import pytest

from lib.sandbox.limits import Limits
from tests.support.sandbox import World
from tests.support.slow_client import connected
from tests.support.streams import listeners
from tests.support.waiting import eventually


def test_dropped_subscriptions_leave_no_open_files(server_with):
    world = World(server_with(Limits()).url)
    request = f"GET /sandbox/{world.token}/api/v1/interventions?user_id=a HTTP/1.1\r\n"
    listeners(world)  # which keeps a connection of this test's own
    before = open_files()
    clients = [connected(world.url) for _ in range(subscriptions_possible())]
    for client in clients:
        client.sendall(f"{request}Host: 127.0.0.1\r\n\r\n".encode())
    assert eventually(lambda: listeners(world) == len(clients), seconds=30)
    for client in clients:
        client.close()
    assert eventually(lambda: listeners(world) == 0, seconds=30)
    assert eventually(lambda: open_files() <= before)


def subscriptions_possible() -> int:
    """A thousand, or fewer where a process may have few files: each takes two here."""
    resource = pytest.importorskip("resource")
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    free = math.inf if allowed == resource.RLIM_INFINITY else allowed - open_files() - 50
    return int(min(1_000, free // 2))


def open_files() -> int:
    return int(psutil.Process(os.getpid()).num_fds())

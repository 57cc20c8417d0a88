"""Open subscriptions, without the SDK."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.support.sandbox import HTTP, World, new_id


@contextmanager
def open_stream(world: World) -> Iterator[Iterator[str]]:
    """A subscription that the server has noted: the lines that follow."""
    url = f"{world.collector}/api/v1/interventions?user_id={new_id()}"
    with httpx.Client(trust_env=False, timeout=30) as client, client.stream("GET", url) as answer:
        lines = answer.iter_lines()
        assert next(lines) == ": connected"
        yield lines


def listeners(world: World) -> int:
    count: int = HTTP.get(f"{world.collector}/stats").json()["subscriptions"]
    return count

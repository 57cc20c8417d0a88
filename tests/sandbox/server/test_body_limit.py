"""Limits on a body: its size, and how long it may take to arrive."""

from collections.abc import Iterator
from itertools import islice

import pytest

from lib.sandbox.pipeline.payload import MAX_BODY_BYTES
from lib.sandbox.server import body_limit
from tests.support.sandbox import HTTP, TP2, World, new_id, payload, seen
from tests.support.slow_client import connected, dripped_until_closed, head, until_closed
from tests.support.streams import listeners, open_stream
from tests.support.waiting import eventually

# Size


def padded(size: int) -> bytes:
    event = seen(None)
    empty = len(payload({**event, "co": ""}))
    return payload({**event, "co": "x" * (size - empty)})


def test_body_of_two_megabytes_is_accepted(shared_world: World) -> None:
    answer = HTTP.post(shared_world.collector + TP2, content=padded(MAX_BODY_BYTES))
    assert (answer.status_code, answer.text) == (200, "ok")


def test_larger_body_is_413(shared_world: World) -> None:
    answer = HTTP.post(shared_world.collector + TP2, content=padded(MAX_BODY_BYTES + 1))
    assert answer.status_code == 413


def test_larger_body_is_413_without_a_content_length(shared_world: World) -> None:
    def chunks() -> Iterator[bytes]:
        body = padded(MAX_BODY_BYTES + 1)
        yield from (body[start : start + 65_536] for start in range(0, len(body), 65_536))

    answer = HTTP.post(shared_world.collector + TP2, content=chunks())
    assert answer.status_code == 413


# Time


def test_slow_body_does_not_hold_up_others(server_with):
    world = World(server_with().url)
    with connected(world.url) as slow:
        slow.sendall(head(world, 1_000) + b"{")
        world.post(seen(new_id()))
        slow.setblocking(False)
        with pytest.raises(BlockingIOError):  # the server still waits for it
            slow.recv(1)


def test_slow_body_is_408_and_the_connection_is_closed(server_with, monkeypatch):
    monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.2)
    world = World(server_with().url)
    with connected(world.url) as slow:
        slow.sendall(head(world, 100_000))
        answer = dripped_until_closed(slow, b"{" + b" " * 3_000).decode()
    assert answer.startswith("HTTP/1.1 408 Request Timeout\r\n")
    assert answer.endswith('\r\n\r\n{"detail":"The body did not arrive within 0.2 seconds."}')


@pytest.mark.parametrize("path", ["/api/v1/get-online-attributes", "/api/v1/registry/services/"])
def test_slow_body_to_the_api_is_408(server_with, monkeypatch, path):
    monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.2)
    world = World(server_with().url)
    with connected(world.url) as slow:
        slow.sendall(head(world, 100_000, path) + b"{")
        answer = until_closed(slow).decode()
    assert answer.startswith("HTTP/1.1 408 Request Timeout\r\n")
    assert answer.endswith('\r\n\r\n{"detail":"The body did not arrive within 0.2 seconds."}')


def test_stream_outlasts_the_time_limit_for_a_body(server_with, monkeypatch):
    monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.05)
    monkeypatch.setattr("lib.sandbox.signals.subscriptions.KEEP_ALIVE_SECONDS", 0.1)
    with open_stream(World(server_with().url)) as lines:
        comments = [line for line in islice(lines, 6) if line]
    assert comments == [": keep-alive"] * 3


def test_stream_whose_request_is_slow_is_closed(server_with, monkeypatch, caplog):
    monkeypatch.setattr(body_limit, "BODY_SECONDS", 0.1)
    world = World(server_with().url)
    with connected(world.url) as slow:
        slow.sendall(head(world, 10, "/api/v1/interventions?user_id=a", "GET"))
        assert eventually(lambda: listeners(world) == 1)
        assert eventually(lambda: listeners(world) == 0)
    assert caplog.text == ""

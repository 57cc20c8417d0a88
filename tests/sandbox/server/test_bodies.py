"""All bodies under way together: whoever does not finish gives way to whoever comes."""

import asyncio
import gzip
from contextlib import ExitStack

import pytest

from lib.sandbox.limits import (
    BODIES_BYTES,
    BODIES_BYTES_OF_ONE,
    LARGE_BODIES_AT_ONCE,
    LARGE_BODY_BYTES,
    MAX_BODY_BYTES,
    SMALL_BODY_BYTES,
    Limits,
)
from lib.sandbox.server import bodies, body_limit
from lib.sandbox.server.bodies import Bodies, Body
from tests.support.sandbox import TP2, World, payload, seen
from tests.support.slow_client import connected, head, until_closed
from tests.support.waiting import eventually

PART = b" " * 60_000
COUNTED = seen(None, {"filler": "x" * SMALL_BODY_BYTES})
REFUSED = "The bodies of all requests under way are too large together. Send this one again."


@pytest.fixture
def small(monkeypatch):
    """Room for three parts of bodies, and one and a half of one sandbox."""
    monkeypatch.setattr(bodies, "BODIES_BYTES", 3 * len(PART))
    monkeypatch.setattr(bodies, "BODIES_BYTES_OF_ONE", len(PART) * 3 // 2)


@pytest.fixture
def unfinished():
    """Sends bodies that never end."""
    with ExitStack() as stack:

        def start(world, path=TP2):
            client = stack.enter_context(connected(world.url))
            client.sendall(head(world, 1_000_000, path) + PART)
            return client

        yield start


def held_by(server):
    """What holds the bodies of a server."""
    app = server.app.middleware_stack
    while not isinstance(app, body_limit.BodyLimit):
        app = app.app
    return app.bodies


def arriving(server, count):
    return eventually(lambda: len(held_by(server)._arriving) == count)


@pytest.mark.parametrize("path", [TP2, "/api/v1/registry/services/", "/clock"])
def test_oldest_body_that_does_not_end_gives_way(server_with, small, unfinished, path):
    server = server_with(Limits())
    oldest = unfinished(World(server.url), path)
    assert arriving(server, 1)
    others = [unfinished(World(server.url), path) for _ in range(2)]
    assert arriving(server, 3)
    World(server.url).post(COUNTED)
    answer = until_closed(oldest).decode()
    assert answer.startswith("HTTP/1.1 503 Service Unavailable\r\n")
    assert "retry-after: 1\r\n" in answer.lower()
    assert answer.endswith(f'{{"detail":"{REFUSED}"}}')
    assert held_by(server)._bytes == 2 * len(PART)
    for other in others:
        other.close()
    assert eventually(lambda: held_by(server)._bytes == 0)


def test_bodies_of_one_sandbox_do_not_push_out_those_of_another(server_with, small, unfinished):
    server = server_with(Limits())
    patient, noisy = World(server.url), World(server.url)
    first = unfinished(patient)
    assert arriving(server, 1)
    pushed_out = unfinished(noisy)
    assert arriving(server, 2)
    unfinished(noisy)
    assert until_closed(pushed_out).startswith(b"HTTP/1.1 503 ")
    first.close()
    assert arriving(server, 1)
    assert held_by(server)._bytes_of.keys() == {noisy.token}


def test_bearer_names_the_sandbox_that_a_body_counts_for(server_with, small, unfinished):
    server = server_with(Limits())
    with connected(server.url) as client:
        request = "POST /api/v1/engines/publish HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        client.sendall(f"{request}Authorization: Bearer {'a' * 32}\r\n".encode())
        client.sendall(b"Content-Length: 100000\r\nContent-Type: application/json\r\n\r\n" + PART)
        assert arriving(server, 1)
        assert held_by(server)._bytes_of.keys() == {f"Bearer {'a' * 32}"}


def test_address_has_a_share_where_addresses_count(server_with, small, unfinished):
    server = server_with(Limits(per_address=True))
    pushed_out = unfinished(World(server.url))
    assert arriving(server, 1)
    unfinished(World(server.url))
    assert until_closed(pushed_out).startswith(b"HTTP/1.1 503 ")


def test_sandbox_of_one_person_has_no_share(server_with, small, unfinished):
    server = server_with()
    world = World(server.url)
    for _ in range(3):
        unfinished(world)
    assert arriving(server, 3)
    world_of_same_person = World(server.url)
    world_of_same_person.post(COUNTED)
    assert arriving(server, 2)


def test_small_body_that_came_with_its_head_makes_nobody_give_way(server_with, small, unfinished):
    server = server_with()
    for _ in range(3):
        unfinished(World(server.url))
    assert arriving(server, 3)
    body = payload(seen(None))
    with connected(server.url) as client:
        client.sendall(head(World(server.url), len(body)) + body)
        assert client.recv(1_000).startswith(b"HTTP/1.1 200 ")
    assert arriving(server, 3)


def test_body_has_no_room_where_all_have_arrived(monkeypatch):
    monkeypatch.setattr(bodies, "BODIES_BYTES", 10)
    held = Bodies()
    first = Body(("a",))
    assert held.add(first, 10)
    held.arrived(first)
    late = Body(("b",))
    assert not held.add(late, 1)
    held.gone(first)
    assert held.add(late, 10)


def most_read_at_once(body: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    """How many of ten such bodies an application is handed before it has answered one of them."""
    read = []

    async def all_at_once() -> None:
        answering = asyncio.Event()

        async def app(scope, receive, send):
            await receive()
            read.append(len(read))
            await answering.wait()
            await send({"type": "http.response.start", "status": 200})

        async def receive():
            return {"type": "http.request", "body": body}

        async def send(message):
            pass

        limit = body_limit.BodyLimit(app, max_bytes=MAX_BODY_BYTES)
        scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
        tasks = [asyncio.create_task(limit(scope, receive, send)) for _ in range(10)]
        for _ in range(100):
            await asyncio.sleep(0)
        at_once.append(len(read))
        answering.set()
        await asyncio.gather(*tasks)

    at_once: list[int] = []
    asyncio.run(all_at_once())
    assert len(read) == 10
    return at_once[0]


def test_only_few_large_bodies_are_read_at_a_time():
    assert most_read_at_once(b" " * (LARGE_BODY_BYTES + 1), []) == LARGE_BODIES_AT_ONCE


def test_compressed_bodies_count_as_large():
    gzipped = [(b"content-encoding", b"gzip")]
    assert most_read_at_once(gzip.compress(b" " * MAX_BODY_BYTES), gzipped) == LARGE_BODIES_AT_ONCE


def test_small_bodies_do_not_wait_for_each_other():
    assert most_read_at_once(b" " * LARGE_BODY_BYTES, []) == 10


def test_limits_leave_room_for_many_of_the_largest_bodies():
    assert BODIES_BYTES >= 4 * BODIES_BYTES_OF_ONE >= 32 * MAX_BODY_BYTES

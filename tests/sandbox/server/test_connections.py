"""What connections hold together: whose have given way, and who is still served."""

from contextlib import ExitStack

import pytest

from lib.sandbox.limits import SILENT_SECONDS, Limits
from lib.sandbox.server import connections, prompt_http
from lib.sandbox.server.connections import Connections
from tests.support.sandbox import HTTP, World, seen
from tests.support.slow_client import connected, until_closed
from tests.support.streams import open_stream
from tests.support.waiting import eventually

HEALTH = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Transport:
    """A connection that can be closed."""

    is_closed = False

    def abort(self) -> None:
        self.is_closed = True


def transports(count):
    return [Transport() for _ in range(count)]


def closed(all_of_them):
    return [each.is_closed for each in all_of_them]


@pytest.fixture
def held(monkeypatch, seconds):
    monkeypatch.setattr(connections, "SILENT_CONNECTIONS", 2)
    monkeypatch.setattr(connections, "QUEUED_REQUESTS", 10)
    monkeypatch.setattr(connections, "UNREAD_REQUEST_BYTES", 100)
    monkeypatch.setattr(connections, "UNREAD_ANSWER_BYTES", 100)
    return Connections(seconds)


@pytest.mark.parametrize("kind", ["stranger", "resting"])
def test_connection_that_was_silent_longest_gives_way(held, seconds, kind):
    ours = transports(3)
    for each in (ours[0], ours[1], ours[0], ours[2]):  # the first asked for something in between
        held.busy(each)
        getattr(held, kind)(each)
        seconds.now += SILENT_SECONDS
    assert closed(ours) == [False, True, False]


def test_new_connection_has_time_to_ask_for_something(held, seconds):
    held.at_most = 40
    ours = transports(12)
    for each in ours[:10]:
        held.stranger(each)
    assert closed(ours) == [False] * 12
    held.stranger(ours[10])  # now they are more than a quarter
    assert closed(ours) == [True] + [False] * 11
    seconds.now += SILENT_SECONDS
    held.stranger(ours[11])
    assert closed(ours) == [True] * 2 + [False] * 10


def test_connection_that_asked_for_something_does_not_give_way_to_strangers(held):
    known = Transport()
    held.resting(known)
    for each in transports(10):
        held.stranger(each)
    assert not known.is_closed


def test_connection_with_a_request_does_not_give_way(held):
    ours = transports(4)
    for each in ours:
        held.stranger(each)
        held.busy(each)
    assert closed(ours) == [False] * 4


def test_connection_that_is_gone_gives_nobody_away(held):
    ours = transports(4)
    for each in ours:
        held.stranger(each)
        held.resting(each)
        held.unread(each, 60)
        held.waiting(each, 6, 60)
        held.gone(each)
    assert closed(ours) == [False] * 4


def test_client_that_has_not_read_for_longest_gives_way(held):
    ours = transports(3)
    for each in ours:
        held.unread(each, 40)
    assert closed(ours) == [True, False, False]
    held.unread(ours[1], 0)
    held.unread(Transport(), 60)
    assert closed(ours) == [True, False, False]


@pytest.mark.parametrize(("requests", "size"), [(6, 0), (0, 60)])
def test_client_that_asks_too_much_in_advance_gives_way(held, requests, size):
    ours = transports(2)
    for each in ours:
        held.waiting(each, requests, size)
    assert closed(ours) == [False, True]


def test_few_open_files_leave_half_of_them_for_the_rest(monkeypatch):
    monkeypatch.setattr(connections, "open_files_allowed", lambda: 256)
    held = Connections()
    assert (held.at_most, held.silent_at_most) == (128, 16)


# On a real server


def test_silent_connections_leave_room_for_others(server_with, monkeypatch):
    monkeypatch.setattr(connections, "SILENT_CONNECTIONS", 10)
    monkeypatch.setattr(connections, "SILENT_SECONDS", 0.0)
    world = World(server_with().url)
    with open_stream(world), connected(world.url) as kept, ExitStack() as stack:
        kept.sendall(HEALTH)
        assert kept.recv(12) == b"HTTP/1.1 200"
        silent = [stack.enter_context(connected(world.url)) for _ in range(12)]
        assert until_closed(silent[0]) == b""
        world.post(seen(None))
        silent[-1].sendall(HEALTH)
        assert silent[-1].recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize("begun", [b"G", b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "])
def test_requests_that_stay_half_are_as_good_as_silent(server_with, monkeypatch, begun):
    monkeypatch.setattr(connections, "SILENT_CONNECTIONS", 10)
    monkeypatch.setattr(connections, "SILENT_SECONDS", 0.0)
    world = World(server_with().url)
    with ExitStack() as stack:
        half = [stack.enter_context(connected(world.url)) for _ in range(12)]
        for each in half:
            each.sendall(begun)
        assert until_closed(half[0]) == b""
        world.post(seen(None))


def test_client_that_does_not_read_its_answer_is_closed(server_with, monkeypatch):
    monkeypatch.setattr(prompt_http, "READING_SECONDS", 0.2)
    server = server_with(Limits())
    world = World(server.url)
    world.post(*[seen(None, {"filler": "x" * 10_000}) for _ in range(150)])
    path = f"/sandbox/{world.token}/micro/good"
    with connected(world.url) as deaf:
        deaf.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() * 20)
        held = server.server.config.http_protocol_class.held
        assert eventually(lambda: held._unread_bytes > 0)
        assert eventually(lambda: (held._unread_bytes, held._unread) == (0, {}))
    assert HTTP.get(f"{world.collector}/micro/all").json()["total"] == 150

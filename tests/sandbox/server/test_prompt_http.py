"""HTTP for requests that arrive in time: slow connections are closed, and large heads refused."""

import threading
import time
from itertools import islice

import httpx
import pytest

from lib.sandbox.limits import MAX_BODY_BYTES, MAX_HEAD_BYTES
from lib.sandbox.server import prompt_http
from tests.support.sandbox import World, new_id
from tests.support.slow_client import connected, dripped_until_closed, head, until_closed
from tests.support.streams import open_stream
from tests.support.waiting import eventually

TOO_LARGE = (
    "HTTP/1.1 431 Request Header Fields Too Large",
    '{"detail":"The address and the headers are larger than 65,536 bytes."}',
)
HEALTH = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
NOWHERE = HEALTH.replace(b"/health", b"/nowhere/at/all")


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\nHost: 127.0."], ids=["", "half"])
def test_connection_without_a_whole_request_is_closed(server_with, monkeypatch, sent):
    monkeypatch.setattr(prompt_http, "ARRIVAL_SECONDS", 0.2)
    with connected(server_with().url) as silent:
        silent.sendall(sent)
        assert until_closed(silent) == b""


def test_connection_whose_head_trickles_in_is_closed(server_with, monkeypatch):
    monkeypatch.setattr(prompt_http, "ARRIVAL_SECONDS", 0.2)
    with connected(server_with().url) as slow:
        slow.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ")
        assert dripped_until_closed(slow, b"x" * 3_000) == b""


def test_connection_whose_body_trickles_in_after_the_answer_is_closed(server_with, monkeypatch):
    monkeypatch.setattr(prompt_http, "ARRIVAL_SECONDS", 0.3)
    world = World(server_with().url)
    with connected(world.url) as slow:
        slow.sendall(head(world, MAX_BODY_BYTES + 1))
        assert slow.recv(65536).startswith(b"HTTP/1.1 413 ")
        assert dripped_until_closed(slow, b"x" * 3_000) == b""


def test_each_request_of_a_kept_connection_has_the_full_time(server_with, monkeypatch):
    monkeypatch.setattr(prompt_http, "ARRIVAL_SECONDS", 1.5)
    world = World(server_with().url)
    with connected(world.url) as kept:
        answers, pause = 0, threading.Event()
        began = time.monotonic()
        while time.monotonic() - began < 2:  # requests in two parts, one begun with another
            kept.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /health HTTP/1.1\r\n")
            kept.sendall(b"Host: 127.0.0.1\r\n\r\n")
            received = b""
            while received.count(b"ok") < 2:
                received += kept.recv(65536)
            answers += 2
            pause.wait(0.1)
    assert answers > 2


def test_stream_outlasts_the_time_limit_for_a_request(server_with, monkeypatch):
    monkeypatch.setattr(prompt_http, "ARRIVAL_SECONDS", 0.1)
    monkeypatch.setattr("lib.sandbox.signals.subscriptions.KEEP_ALIVE_SECONDS", 0.1)
    with open_stream(World(server_with().url)) as lines:
        comments = [line for line in islice(lines, 8) if line]
    assert comments == [": keep-alive"] * 4


def test_head_that_is_too_large_is_431(shared_server):
    with connected(shared_server.url) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        # Not more than it reads before it answers: what is unread when it closes resets all.
        client.sendall(b"X-Large: " + b"x" * (MAX_HEAD_BYTES + prompt_http.AT_ONCE_BYTES))
        assert refused_head(until_closed(client)) == TOO_LARGE


def refused_head(answer: bytes) -> tuple[str, str]:
    """The first line of an answer, and its body."""
    head, _, body = answer.decode().partition("\r\n\r\n")
    return head.partition("\r\n")[0], body


@pytest.mark.parametrize(
    "head",
    [
        b"GET /%b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % (b"a" * MAX_HEAD_BYTES),
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: %b\r\n\r\n" % (b"x" * 100_000),
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 11_000 + b"\r\n",
    ],
    ids=["address", "one header", "many headers"],
)
def test_whole_head_in_one_piece_that_is_too_large_is_431(shared_server, head):
    with connected(shared_server.url) as client:
        client.sendall(head)
        assert refused_head(until_closed(client)) == TOO_LARGE


def test_head_that_is_too_large_is_refused_in_its_turn(shared_server):
    large = b"GET / HTTP/1.1\r\nX: %b\r\n\r\n" % (b"x" * MAX_HEAD_BYTES)
    with connected(shared_server.url) as client:
        client.sendall(HEALTH * 3 + large)
        answers = until_closed(client).split(b"HTTP/1.1 ")[1:]
    assert [each[:3] for each in answers] == [b"200", b"200", b"200", b"431"]


@pytest.mark.parametrize("what", ["trailer", "extension of a chunk"])
def test_what_has_no_end_behind_a_body_is_closed(shared_server, what):
    start = {"trailer": b"0\r\nX: ", "extension of a chunk": b"1;x="}[what]
    with connected(shared_server.url) as client:
        client.sendall(b"POST /a/b HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        client.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
        client.sendall(start + b"x" * (MAX_HEAD_BYTES + 2 * prompt_http.BODY_AT_ONCE_BYTES))
        assert until_closed(client) == b""


@pytest.mark.parametrize("count", [500, 5_000])
def test_many_requests_at_once_are_answered_in_their_order(shared_server, count):
    with connected(shared_server.url) as client:
        wanted = [number % 3 == 0 for number in range(count)]
        client.sendall(b"".join(HEALTH if is_health else NOWHERE for is_health in wanted))
        answers = b""
        while answers.count(b"HTTP/1.1 ") < count:
            answers += client.recv(65536)
    got = [each.startswith(b"200") for each in answers.split(b"HTTP/1.1 ")[1:]]
    assert got == wanted


def test_requests_in_advance_are_read_as_earlier_ones_are_answered(server_with):
    server = server_with()
    world = World(server.url)
    with connected(server.url) as client:
        client.sendall(head(world, 10) + b"{")
        client.sendall(b"}        " + HEALTH * 2)
        assert client.recv(12) == b"HTTP/1.1 200"
    with connected(server.url) as client:  # a stream, behind which nothing is read
        path = f"/sandbox/{world.token}/api/v1/interventions?user_id=a"
        client.sendall(b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path.encode())
        assert client.recv(12) == b"HTTP/1.1 200"
        client.sendall(HEALTH * 5_000)
        held = server.server.config.http_protocol_class.held
        assert eventually(lambda: held._queued_bytes > 0)
        assert held._queued <= prompt_http.AT_ONCE_BYTES / len(HEALTH) + 1
    assert eventually(lambda: (held._queued, held._queued_bytes) == (0, 0))


def test_head_has_room_for_a_subscription_to_a_thousand_users(shared_world):
    query = "&".join(f"user_id={new_id()}" for _ in range(1_000))
    url = f"{shared_world.collector}/api/v1/interventions?{query}"
    with httpx.Client(trust_env=False) as client, client.stream("GET", url) as answer:
        assert answer.status_code == 200

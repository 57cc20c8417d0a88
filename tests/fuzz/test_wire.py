"""What is no request, too large, or half of one: the server goes on as if nothing had been."""

import gzip
import json
import socket
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import wire
from tests.support.known import Known
from tests.support.sandbox import PAYLOAD, TP2, new_id, seen
from tests.support.size import sized
from tests.support.waiting import eventually

MB = 1024 * 1024
LIMIT = 2 * MB
JSON = (("Content-Type", b"application/json"),)
GZIP = ("Content-Encoding", b"gzip")


def path_of(known: Known) -> str:
    return f"/sandbox/{known.world.token}{TP2}"


def payload(*events: dict[str, str], size: int = 0) -> bytes:
    """A payload of events, padded with spaces to a size in bytes."""
    return json.dumps({"schema": PAYLOAD, "data": events}).encode().ljust(size)


def post(known: Known, body: bytes, *headers: tuple[str, bytes]) -> wire.Answer:
    sent = wire.request("POST", path_of(known), (*JSON, *headers), body)
    return wire.exchange(known.world.url, sent)


def kept(known: Known, answer: Callable[[], wire.Answer]) -> tuple[int, bytes, int, int]:
    """Status and body of an answer, and how many events it made the sandbox keep: good and bad."""
    before = known.counts()
    got = answer()
    after = known.counts()
    return got.status, got.body, after[0] - before[0], after[1] - before[1]


def is_unharmed(known: Known) -> bool:
    return known.is_as_it_was() and known.takes_in_events()


# Sizes


def test_body_of_exactly_two_megabytes_is_taken_in(known: Known) -> None:
    body = payload(seen(new_id()), size=LIMIT)
    assert kept(known, lambda: post(known, body)) == (200, b"ok", 1, 0)


def test_event_of_nearly_two_megabytes_is_read_back(known: Known) -> None:
    event = seen(new_id(), {"value": "x" * (LIMIT - 2_000)})
    assert kept(known, lambda: post(known, payload(event))) == (200, b"ok", 1, 0)
    good = known.get("/micro/good?limit=1")
    assert good[0]["event"]["event_id"] == event["eid"]
    assert is_unharmed(known)


@pytest.mark.parametrize("excess", [1, MB, 30 * MB])
def test_body_over_two_megabytes_is_refused_and_nothing_kept(known: Known, excess: int) -> None:
    body = payload(seen(new_id()), size=LIMIT + excess)
    status, said, good, bad = kept(known, lambda: post(known, body))
    # A server that refuses early may close before all was sent, and the answer is lost on the way.
    assert (status, good, bad) in ((413, 0, 0), (0, 0, 0))
    assert status == 0 or "detail" in json.loads(said)
    assert is_unharmed(known)


def test_body_that_only_says_it_is_too_large_is_refused_unread(known: Known) -> None:
    length = f"Host: localhost\r\nContent-Length: {10**12}"
    head = f"POST {path_of(known)} HTTP/1.1\r\n{length}\r\n\r\n".encode()
    with socket.create_connection(wire.address(known.world.url), wire.SECONDS) as connection:
        connection.sendall(head + b"{")
        wire.count()
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")
    assert is_unharmed(known)


def test_chunks_that_add_up_to_too_much_are_refused(known: Known) -> None:
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" % path_of(known).encode()
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    sent = head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 40 + b"0\r\n\r\n"
    answer = wire.exchange(known.world.url, sent)
    assert answer.status in (413, 0)
    assert answer.status == 0 or "detail" in json.loads(answer.body)
    assert is_unharmed(known)


@pytest.mark.parametrize("compressed", [gzip.compress, zlib.compress], ids=["gzip", "deflate"])
def test_body_that_inflates_beyond_two_megabytes_is_one_failed_event(
    known: Known, compressed: Callable[[bytes], bytes]
) -> None:
    name = b"gzip" if compressed is gzip.compress else b"deflate"
    bomb = compressed(b" " * (200 * MB))
    answer = kept(known, lambda: post(known, bomb, ("Content-Encoding", name)))
    assert answer == (200, b"ok", 0, 1)
    assert is_unharmed(known)


def test_bomb_in_a_bomb_is_one_failed_event(known: Known) -> None:
    bomb = gzip.compress(gzip.compress(b" " * (100 * MB)))
    assert kept(known, lambda: post(known, bomb, GZIP)) == (200, b"ok", 0, 1)


def test_rows_without_end_that_are_no_events_are_one_failed_event(known: Known) -> None:
    body = b'{"schema":"%s","data":[%s]}' % (PAYLOAD.encode(), b",".join([b"{}"] * 100_000))
    assert kept(known, lambda: post(known, body)) == (200, b"ok", 0, 1)
    assert is_unharmed(known)


# Halves and garbage


def test_request_that_comes_byte_by_byte_and_ends_early_is_nothing(known: Known) -> None:
    sent = wire.request("POST", path_of(known), JSON, payload(seen(new_id())))
    before = known.counts()
    with socket.create_connection(wire.address(known.world.url), wire.SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for position in range(len(sent) - 1):
            connection.sendall(sent[position : position + 1])
    wire.count()
    assert is_unharmed(known)
    assert known.counts() == (before[0] + 1, before[1])  # the one that shows it is unharmed


def test_request_that_comes_byte_by_byte_to_its_end_is_taken_in(known: Known) -> None:
    sent = wire.request("POST", path_of(known), JSON, payload(seen(new_id())))

    def trickle() -> wire.Answer:
        wire.count()
        with socket.create_connection(wire.address(known.world.url), wire.SECONDS) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for position in range(len(sent)):
                connection.sendall(sent[position : position + 1])
            return wire.answer(wire.received(connection))

    assert kept(known, trickle) == (200, b"ok", 1, 0)


def test_body_shorter_than_it_says_is_nothing_when_the_connection_closes(known: Known) -> None:
    body = payload(seen(new_id()))
    length = f"Host: localhost\r\nContent-Length: {len(body) + 1}"
    head = f"POST {path_of(known)} HTTP/1.1\r\n{length}\r\n\r\n"
    before = known.counts()
    for _ in range(20):
        with socket.create_connection(wire.address(known.world.url), wire.SECONDS) as connection:
            connection.sendall(head.encode() + body)
    wire.count(20)
    assert known.counts() == before
    assert is_unharmed(known)


def test_pipelined_requests_are_answered_in_order(known: Known) -> None:
    one = wire.request("POST", path_of(known), JSON, payload(seen(new_id())))
    kept_open = one.replace(b"Connection: close\r\n", b"")
    before = known.counts()
    with socket.create_connection(wire.address(known.world.url), wire.SECONDS) as connection:
        connection.sendall(kept_open * 20 + one)
        answers = wire.received(connection)
    wire.count(21)
    assert answers.count(b"HTTP/1.1 200 OK") == 21
    assert known.counts() == (before[0] + 1, before[1])  # all with one event id
    assert is_unharmed(known)


GARBAGE = {
    "nothing": b"",
    "line ends": b"\r\n\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + b"\x00" * 180,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "other version": b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "long line": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20_000 + b"\r\n",
    "negative length": b"POST /a/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "length of words": b"POST /a/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: ten\r\n\r\n",
    "two lengths": b"POST /a/b HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "both lengths": (
        b"POST /a/b HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "bad chunk": (
        b"POST /a/b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nab\r\n"
    ),
    "upgrade": (
        b"GET /i HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    ),
    "expect": (
        b"POST /a/b HTTP/1.1\r\nHost: localhost\r\n"
        b"Expect: 100-continue\r\nContent-Length: 0\r\n\r\n"
    ),
    "unknown method": b"BREW /i HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "absolute": b"GET http://elsewhere.example/i HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "bad escapes": b"GET /%zz/%f0%28?%zz=%ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "dots": b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


def spoken(known: Known, sent: bytes) -> wire.Answer:
    """What is said to bytes after which nothing more will come."""
    wire.count()
    with socket.create_connection(wire.address(known.world.url), wire.SECONDS) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            return wire.answer(b"")  # refused before all of it was sent
        return wire.answer(wire.received(connection))


@pytest.mark.parametrize("sent", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_refused_or_ignored(known: Known, sent: bytes) -> None:
    assert spoken(known, sent).status < 500
    assert is_unharmed(known)


def cut(sent: bytes) -> st.SearchStrategy[bytes]:
    """The same bytes, ending anywhere."""
    return st.integers(0, len(sent)).map(lambda end: sent[:end])


@sized(50, 1_000)
@given(st.one_of(st.binary(max_size=200), st.sampled_from(list(GARBAGE.values())).flatmap(cut)))
def speak(known: Known, sent: bytes) -> None:
    assert spoken(known, sent).status < 500


def test_random_bytes_are_refused_or_ignored(known: Known) -> None:
    speak(known)
    assert is_unharmed(known)


# Others meanwhile


def test_idle_and_half_open_connections_keep_nobody_waiting(known: Known) -> None:
    half = wire.request("POST", path_of(known), JSON, payload(seen(new_id())))[:-10]
    connections = [
        socket.create_connection(wire.address(known.world.url), wire.SECONDS) for _ in range(100)
    ]
    try:
        for connection in connections[::2]:
            connection.sendall(half)
        assert is_unharmed(known)
    finally:
        for connection in connections:
            connection.close()
    assert is_unharmed(known)


def test_subscriptions_that_are_cut_are_forgotten(known: Known) -> None:
    path = f"/sandbox/{known.world.token}/api/v1/interventions?user_id={new_id()}"
    for _ in range(20):
        with socket.create_connection(wire.address(known.world.url), wire.SECONDS) as connection:
            connection.sendall(wire.request("GET", path))
            assert b"200 OK" in connection.recv(65_536)
    wire.count(20)
    assert eventually(lambda: known.get("/stats")["subscriptions"] == 0)

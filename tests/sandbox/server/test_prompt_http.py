"""HTTP for requests that arrive in time: slow connections are closed, and large heads refused."""

import threading
import time
from itertools import islice

import httpx
import pytest

from lib.sandbox.pipeline.payload import MAX_BODY_BYTES
from lib.sandbox.server import prompt_http
from tests.support.sandbox import World, new_id
from tests.support.slow_client import connected, dripped_until_closed, head, until_closed
from tests.support.streams import open_stream


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
        client.sendall(b"X-Large: " + b"x" * prompt_http.MAX_HEAD_BYTES)
        answer = until_closed(client).decode()
    detail = '{"detail":"The address and the headers are larger than 65536 bytes."}'
    assert (answer.partition("\r\n")[0], answer.partition("\r\n\r\n")[2]) == (
        "HTTP/1.1 431 Request Header Fields Too Large",
        detail,
    )


def test_head_has_room_for_a_subscription_to_a_thousand_users(shared_world):
    query = "&".join(f"user_id={new_id()}" for _ in range(1_000))
    url = f"{shared_world.collector}/api/v1/interventions?{query}"
    with httpx.Client(trust_env=False) as client, client.stream("GET", url) as answer:
        assert answer.status_code == 200

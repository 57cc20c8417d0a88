"""Host names: a server answers to its own, so that no web page reaches it under another."""

import socket

import httpx
import pytest
from starlette.testclient import TestClient

from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.server.app import create_app
from lib.sandbox.storage.store import Store
from tests.support.sandbox import HTTP, PAYLOAD, TP2, World, seen
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.wire import address, exchange

OURS = "This server answers only to 127.0.0.1, [::1], localhost."
STRANGERS = {
    "evil.example": "'evil.example'",
    "evil.example:8501": "'evil.example:8501'",
    "127.0.0.1.evil.example": "'127.0.0.1.evil.example'",
    "localhost.evil.example": "'localhost.evil.example'",
    "evil.example#127.0.0.1": "'evil.example#127.0.0.1'",
    "evil.example@127.0.0.1": "'evil.example@127.0.0.1'",
    "127.0.0.1@evil.example": "'127.0.0.1@evil.example'",
    "127.0.0.1:80:80": "'127.0.0.1:80:80'",
    "127.0.0.1:port": "'127.0.0.1:port'",
    "2130706433": "'2130706433'",
    "127.1": "'127.1'",
    "0.0.0.0": "'0.0.0.0'",
    "::1": "'::1'",
    "[::1": "'[::1'",
    "localhost.": "'localhost.'",
    "": "''",
}
# One request for each kind of answer.
ASKED = {
    "the collector": ("POST", TP2),
    "the pixel": ("GET", "/i?e=pv"),
    "a preflight": ("OPTIONS", TP2),
    "a HEAD request": ("HEAD", "/i"),
    "a stream": ("GET", "/api/v1/interventions?user_id=a"),
    "the registry": ("GET", "/api/v1/registry/services/"),
    "the trace": ("GET", "/stats"),
    "the reset": ("POST", "/reset"),
}


def asked_as(host: str, world: World, method: str = "GET", path: str = "/stats") -> httpx.Response:
    """The answer to a request that names this host, and comes from a page there."""
    headers = {"Host": host, "Origin": f"http://{host}"}
    return HTTP.request(method, world.collector + path, headers=headers)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost", "[::1]"])
@pytest.mark.parametrize("port", ["", ":80", ":8501"])
def test_embedded_server_answers_to_the_names_of_loopback(
    shared_world: World, host: str, port: str
) -> None:
    assert asked_as(host + port, shared_world).status_code == 200


@pytest.mark.parametrize("host", STRANGERS)
def test_embedded_server_answers_to_no_other_name(shared_world: World, host: str) -> None:
    answer = asked_as(host, shared_world)
    detail = f"The request names the host {STRANGERS[host]}. {OURS}"
    assert (answer.status_code, answer.json()) == (421, {"detail": detail})


@pytest.mark.parametrize("what", ASKED)
def test_every_kind_of_request_under_another_name_is_refused(
    shared_world: World, what: str
) -> None:
    method, path = ASKED[what]
    answer = asked_as("evil.example", shared_world, method, path)
    refusal = f'{{"detail":"The request names the host \'evil.example\'. {OURS}"}}'
    text = "" if method == "HEAD" else refusal
    assert (answer.status_code, answer.text) == (421, text)
    assert "access-control-allow-origin" not in answer.headers


def test_event_under_another_name_is_not_stored(shared_world: World) -> None:
    body = {"schema": PAYLOAD, "data": [seen(None)]}
    HTTP.post(shared_world.collector + TP2, json=body, headers={"Host": "evil.example"})
    assert HTTP.get(f"{shared_world.collector}/micro/all").json()["total"] == 0


def test_request_without_a_name_is_refused(shared_world: World) -> None:
    answer = exchange(shared_world.url, b"GET /health HTTP/1.0\r\n\r\n")
    detail = f'{{"detail":"The request names no host. {OURS}"}}'
    assert (answer.status, answer.body.decode()) == (421, detail)


def test_request_with_two_names_is_refused(shared_world: World) -> None:
    answer = exchange(
        shared_world.url,
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n"
        b"Connection: close\r\n\r\n",
    )
    named = "'127.0.0.1' and 'evil.example'"
    detail = f'{{"detail":"The request names the host {named}. {OURS}"}}'
    assert (answer.status, answer.body.decode()) == (421, detail)


def test_upgrade_to_a_websocket_under_another_name_is_refused(shared_world: World) -> None:
    head = (
        "GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade, close\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    # The connection is not closed after an upgrade that was asked for, so only the start is read.
    with socket.create_connection(address(shared_world.url), timeout=PATIENCE_SECONDS) as client:
        client.sendall(head.encode())
        assert client.recv(32) == b"HTTP/1.1 421 Misdirected Request"


def test_long_name_is_shortened_in_the_answer(shared_world: World) -> None:
    detail = asked_as("a" * 10_000, shared_world).json()["detail"]
    assert len(detail) < 200


def test_app_in_process_answers_to_any_name() -> None:
    store = Store(":memory:")
    app = create_app(Sandboxes(store, Iglu(), lambda: 0, isolated=True))
    with TestClient(app, base_url="http://evil.example") as client:
        assert client.get("/health").text == "ok"
    store.close()

"""Which names a server answers to: its own, so that no web page reaches it under another."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from lib.sandbox.__main__ import app_for, parser
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.server.app import create_app
from lib.sandbox.server.serving import EmbeddedServer
from lib.sandbox.storage.store import Store
from tests.support.sandbox import HTTP, PAYLOAD, TP2, SandboxProcess, World, seen

OURS = "It is: 127.0.0.1, [::1], localhost."
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
# Everything that is answered in a way of its own.
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
    """What is answered to a request that names a host, and comes from a page there."""
    headers = {"Host": host, "Origin": f"http://{host}"}
    return HTTP.request(method, world.collector + path, headers=headers)


def raw_answer(url: str, head: str) -> tuple[str, str]:
    """The status line and the body that the bytes of a head are answered with."""
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port or 80), timeout=10) as client:
        client.sendall(head.encode())
        answer = b"".join(iter(lambda: client.recv(4096), b"")).decode()
    return answer.partition("\r\n")[0], answer.partition("\r\n\r\n")[2]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost", "[::1]"])
@pytest.mark.parametrize("port", ["", ":80", ":8501"])
def test_embedded_server_answers_to_the_names_of_loopback(
    shared_world: World, host: str, port: str
) -> None:
    assert asked_as(host + port, shared_world).status_code == 200


@pytest.mark.parametrize("host", STRANGERS)
def test_embedded_server_answers_to_no_other_name(shared_world: World, host: str) -> None:
    answer = asked_as(host, shared_world)
    detail = f"This server is not called {STRANGERS[host]}. {OURS}"
    assert (answer.status_code, answer.json()) == (421, {"detail": detail})


@pytest.mark.parametrize("what", ASKED)
def test_nothing_is_answered_to_another_name(shared_world: World, what: str) -> None:
    method, path = ASKED[what]
    answer = asked_as("evil.example", shared_world, method, path)
    refusal = f'{{"detail":"This server is not called \'evil.example\'. {OURS}"}}'
    text = "" if method == "HEAD" else refusal
    assert (answer.status_code, answer.text) == (421, text)
    assert "access-control-allow-origin" not in answer.headers


def test_event_under_another_name_is_not_stored(shared_world: World) -> None:
    body = {"schema": PAYLOAD, "data": [seen(None)]}
    HTTP.post(shared_world.collector + TP2, json=body, headers={"Host": "evil.example"})
    assert HTTP.get(f"{shared_world.collector}/micro/all").json()["total"] == 0


def test_request_without_a_name_is_refused(shared_world: World) -> None:
    answer = raw_answer(shared_world.url, "GET /health HTTP/1.0\r\n\r\n")
    detail = f'{{"detail":"This server is not called nothing at all. {OURS}"}}'
    assert answer == ("HTTP/1.1 421 Misdirected Request", detail)


def test_request_with_two_names_is_refused(shared_world: World) -> None:
    hosts = "Host: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    answer = raw_answer(shared_world.url, f"GET /health HTTP/1.1\r\n{hosts}")
    named = "'127.0.0.1' and 'evil.example'"
    detail = f'{{"detail":"This server is not called {named}. {OURS}"}}'
    assert answer == ("HTTP/1.1 421 Misdirected Request", detail)


def test_upgrade_to_a_websocket_under_another_name_is_refused(shared_world: World) -> None:
    head = (
        "GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade, close\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    # The connection is not closed after an upgrade that was asked for, so only the start is read.
    address = httpx.URL(shared_world.url)
    with socket.create_connection((address.host, address.port or 80), timeout=10) as client:
        client.sendall(head.encode())
        assert client.recv(32) == b"HTTP/1.1 421 Misdirected Request"


def test_long_name_is_cut_in_the_answer(shared_world: World) -> None:
    detail = asked_as("a" * 10_000, shared_world).json()["detail"]
    assert len(detail) < 200


def test_app_in_process_answers_to_any_name() -> None:
    store = Store(":memory:")
    app = create_app(Sandboxes(store, Iglu(), lambda: 0, isolated=True))
    with TestClient(app, base_url="http://evil.example") as client:
        assert client.get("/health").text == "ok"
    store.close()


# Where they listen


def test_embedded_server_listens_on_loopback_only(shared_server: EmbeddedServer) -> None:
    assert shared_server._socket.getsockname()[0] == "127.0.0.1"


# On its own


def test_server_of_its_own_answers_to_no_strange_name(
    start_process: Callable[..., SandboxProcess],
) -> None:
    answer = HTTP.get(f"{start_process().signals}/health", headers={"Host": "evil.example"})
    detail = f"This server is not called 'evil.example'. {OURS}"
    assert (answer.status_code, answer.json()) == (421, {"detail": detail})


@pytest.mark.parametrize("host", ["127.0.0.2:8085", "demo.internal:8085", "localhost:8085"])
def test_server_of_its_own_answers_to_the_name_that_it_was_given(tmp_path: Path, host: str) -> None:
    options = parser().parse_args(["--host", "demo.internal"])
    app = app_for(options, "127.0.0.2", tmp_path / "sandbox.db")
    with TestClient(app, base_url=f"http://{host}") as client:
        assert client.get("/health").text == "ok"
    app.state.sandboxes.store.close()


def said_and_answered(*options: str) -> tuple[str, int]:
    """What a server that others can reach says first, and what it answers to any name."""
    command = [sys.executable, "-W", "error", "-m", "lib.sandbox", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    timer = threading.Timer(30, process.kill)
    timer.start()
    try:
        assert process.stdout is not None and process.stderr is not None
        port = httpx.URL(process.stdout.readline().split()[-1].split("/sandbox/")[0]).port
        name = {"Host": "sandbox.example"}
        answer = HTTP.get(f"http://127.0.0.1:{port}/health", headers=name)
        return process.stderr.readline(), answer.status_code
    finally:
        timer.cancel()
        process.kill()
        process.communicate()


def test_server_that_others_can_reach_says_what_that_means() -> None:
    assert said_and_answered("--host", "0.0.0.0") == (
        "Warning: anyone who can reach 0.0.0.0 can read and write everything here. There is no TLS"
        " and no sign-in; --isolated gives each token a sandbox of its own.\n",
        200,
    )


def test_isolated_server_that_others_can_reach_says_what_that_means() -> None:
    assert said_and_answered("--host", "0.0.0.0", "--isolated") == (
        "Warning: anyone who can reach 0.0.0.0 can make sandboxes, and use one whose token they"
        " know. There is no TLS: tokens can be read on the way.\n",
        200,
    )

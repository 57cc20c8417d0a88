"""Serving: where the embedded server listens, how it starts, and what is left when it stops."""

import errno
import socket
import sqlite3
import threading
from pathlib import Path

import httpx
import psutil
import pytest

from lib.sandbox.server import serving
from lib.sandbox.server.serving import EmbeddedServer, listening_socket
from lib.sandbox.storage.store import Store
from tests.support.sandbox import HTTP
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tests.support.wire import address


def test_embedded_server_listens_on_loopback_only(shared_server: EmbeddedServer) -> None:
    port = address(shared_server.url)[1]
    listening = [each for each in psutil.Process().net_connections() if each.status == "LISTEN"]
    assert {each.laddr.ip for each in listening if each.laddr.port == port} == {"127.0.0.1"}


def test_connections_send_what_they_have_at_once() -> None:
    """Otherwise an answer waits for the client to acknowledge its first half."""
    with listening_socket("127.0.0.1", 0) as listening:
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_port_and_database_are_free_after_a_stop(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "sandbox.db")
    port = address(server.url)[1]
    server.stop()
    assert (server.is_alive, server.is_stopped) == (False, True)
    with pytest.raises(httpx.ConnectError):
        HTTP.get(f"{server.url}/health")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        server.app.state.sandboxes.store.sandbox_id("a")
    again = EmbeddedServer(tmp_path / "sandbox.db", port=port)
    assert (again.url, HTTP.get(f"{again.url}/health").text) == (server.url, "ok")
    again.stop()


def test_stop_ends_open_streams(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "sandbox.db")
    url = f"{server.url}/sandbox/{'a' * 32}/api/v1/interventions?user_id=a"
    with httpx.stream("GET", url, timeout=30, trust_env=False) as answer:
        lines = answer.iter_lines()
        assert next(lines) == ": connected"
        server.stop()
        assert not server.is_alive
        assert [line for line in lines if line] == []


def test_port_that_is_taken_is_an_error_and_the_database_is_closed(
    tmp_path: Path, shared_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Store] = []

    class Remembered(Store):
        def __init__(self, path: Path | str) -> None:
            super().__init__(path)
            opened.append(self)

    monkeypatch.setattr(serving, "Store", Remembered)
    with pytest.raises(OSError) as taken:
        EmbeddedServer(tmp_path / "sandbox.db", port=address(shared_server.url)[1])
    assert taken.value.errno == errno.EADDRINUSE
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].sandbox_id("a")


def test_stop_does_not_wait_forever_for_a_thread_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "STOP_SECONDS", 0.1)
    server = EmbeddedServer(tmp_path / "sandbox.db")
    has_begun, may_go_on = threading.Event(), threading.Event()

    def hang() -> None:
        has_begun.set()
        may_go_on.wait()

    server.server.servers[0].get_loop().call_soon_threadsafe(hang)
    assert has_begun.wait(PATIENCE_SECONDS)
    server.stop()
    assert server.is_alive
    may_go_on.set()
    assert eventually(lambda: not server.is_alive)
    server.stop()


def test_file_that_is_no_schema_does_not_stop_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "org.acme/thing/jsonschema/1-0-0"
    file.parent.mkdir(parents=True)
    file.write_text("not JSON")
    monkeypatch.setattr(serving, "SCHEMAS", tmp_path)
    server = EmbeddedServer(tmp_path / "sandbox.db")
    [(schema, reason)] = server.schema_problems
    server.stop()
    assert schema == "org.acme/thing/jsonschema/1-0-0"
    assert caplog.messages == [f"Schema {schema}: {reason}"]

"""The doorkeeper: nothing that no page offers can be reached."""

from pathlib import Path

import httpx
import pytest
import streamlit as st
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from lib.ui.doorkeeper import MAX_MESSAGE_BYTES, Doorkeeper
from tests.support.app import PAGES
from tests.support.app_server import Server

ROOT = Path(__file__).parent.parent.parent
UPLOAD = "/_stcore/upload_file/11111111-2222-4333-8444-555555555555/1"
NO_PAGE = "This app has no such page."


def ask(server: Server, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
    answer = httpx.request(method, f"{server.url}{path}", content=body, trust_env=False)
    return answer.status_code, answer.text


@pytest.mark.parametrize("path", [*PAGES, "/_stcore/health", "/_stcore/host-config"])
def test_what_pages_need_is_let_in(server: Server, path: str) -> None:
    assert ask(server, "GET", path)[0] == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", UPLOAD),
        ("DELETE", UPLOAD),
        ("PUT", f"/{UPLOAD}"),
        ("PUT", f"{UPLOAD}/"),
        ("GET", "/_stcore/metrics"),
        ("GET", "/_stcore/script-health-check"),
        ("GET", "/_stcore/bidi-components/anything"),
        ("POST", "/_stcore/agent/interact"),
        ("POST", "/_stcore/agent/mcp"),
        ("GET", "/component/anything/index.html"),
        ("GET", "/auth/login"),
        ("GET", "/oauth2callback"),
        ("GET", "/app/static/anything"),
    ],
)
def test_what_no_page_offers_is_not_there(server: Server, method: str, path: str) -> None:
    assert ask(server, method, path, b"x" * 1_000) == (404, NO_PAGE)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/attributes", "/_stcore/health", "/media/x.csv"])
def test_nothing_can_be_sent_to_a_page(server: Server, method: str, path: str) -> None:
    assert ask(server, method, path, b"x" * 1_000)[0] == 405


def test_a_browser_that_leaves_while_streamlit_closes_is_no_error() -> None:
    async def close_twice(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        await websocket.close()
        await websocket.close()

    with TestClient(Doorkeeper(close_twice)).websocket_connect("/_stcore/stream") as browser:
        assert browser.receive()["type"] == "websocket.close"


def test_message_that_is_too_large_ends_its_connection_only(server: Server) -> None:
    address = server.url.replace("http", "ws") + "/_stcore/stream"
    with connect(address, origin=server.url, max_size=None, proxy=None) as one:
        one.send(b"x" * (MAX_MESSAGE_BYTES + 1))
        with pytest.raises(ConnectionClosed):
            while True:
                one.recv(timeout=60)
    assert ask(server, "GET", "/_stcore/health")[0] == 200


@pytest.mark.parametrize(("is_on", "status"), [(False, 404), (True, 200)])
def test_agent_api_passes_where_the_server_s_owner_turned_it_on(
    monkeypatch: pytest.MonkeyPatch, is_on: bool, status: int
) -> None:
    options = {"server.enableAgentApi": is_on, "server.baseUrlPath": ""}
    monkeypatch.setattr(st, "get_option", options.__getitem__)
    client = TestClient(Doorkeeper(PlainTextResponse("Streamlit's own answer")))
    assert client.post("/_stcore/agent/interact", json={}).status_code == status


@pytest.mark.parametrize(
    "file", [".streamlit/config.toml", "Makefile", ".devcontainer/devcontainer.json"]
)
def test_nothing_that_starts_the_app_turns_the_agent_api_on(file: str) -> None:
    assert "enableagentapi" not in (ROOT / file).read_text().lower()

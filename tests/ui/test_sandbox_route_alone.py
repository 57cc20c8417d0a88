"""The route in this process, without the app around it: what it refuses, and what it hands on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from lib.people.visits import VisitBook
from lib.sandbox.server.serving import EmbeddedServer
from lib.ui import sandbox_route
from lib.ui.sandbox_route import MAX_BODY_BYTES, SandboxRoute
from tests.support.sandbox import new_id

TOKEN = "a" * 32
TP2 = "/com.snowplowanalytics.snowplow/tp2"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    yield server
    server.stop()


def process(sandbox: Any) -> Any:
    """As much of the app as the route asks."""
    return SimpleNamespace(
        backend=SimpleNamespace(sandbox=sandbox),
        participants=SimpleNamespace(open_in=lambda token: token == TOKEN),
        state=SimpleNamespace(is_home=lambda token: False),
        visits=VisitBook(),
    )


async def app(scope: Any, receive: Any, send: Any) -> None:
    """The rest of the app."""
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"the app"})


def ask(found: Any, method: str, path: str, **options: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        route = SandboxRoute(app, lambda: found)
        transport = httpx.ASGITransport(route, client=("203.0.113.7", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            try:
                return await client.request(method, path, **options)
            finally:
                await route.close()

    return asyncio.run(asked())


def test_what_is_for_no_sandbox_goes_to_the_app(sandbox: EmbeddedServer) -> None:
    assert ask(process(sandbox), "GET", "/attributes").text == "the app"


def test_events_are_handed_on_and_noted(sandbox: EmbeddedServer) -> None:
    found = process(sandbox)
    answer = ask(found, "POST", f"/sandbox/{TOKEN}{TP2}", content=b"{}")
    assert (answer.status_code, answer.text) == (200, "ok")
    assert ask(found, "GET", f"/sandbox/{TOKEN}/i?e=pv").headers["content-type"] == "image/gif"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_cookie_of_the_collector_is_for_this_sandbox_only(sandbox: EmbeddedServer) -> None:
    known = new_id()
    cookies = {"Cookie": f"_streamlit_xsrf=secret; sp={known}"}
    answer = ask(process(sandbox), "GET", f"/sandbox/{TOKEN}/i?e=pv", headers=cookies)
    assert answer.headers["set-cookie"].startswith(f"sp={known};")
    assert f"Path=/sandbox/{TOKEN}/;" in answer.headers["set-cookie"]


def test_signals_api_is_handed_on(sandbox: EmbeddedServer) -> None:
    path = f"/sandbox/{TOKEN}/api/v1/registry/attribute_groups/"
    answer = ask(process(sandbox), "GET", path, headers=BEARER)
    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/sandbox/{TOKEN}/reset"),
        ("GET", f"/sandbox/{TOKEN}/clock"),
        ("GET", f"/sandbox/{TOKEN}/micro/all"),
        ("GET", f"/sandbox/{TOKEN}"),
        ("GET", "/sandbox/short/i"),
        ("TRACE", f"/sandbox/{TOKEN}/i"),
        ("GET", f"/sandbox/{TOKEN}/api/v1/../../reset"),
        ("GET", f"/sandbox/{'b' * 32}/i"),
    ],
)
def test_nothing_else_of_a_sandbox_can_be_reached(
    sandbox: EmbeddedServer, method: str, path: str
) -> None:
    assert ask(process(sandbox), method, path).status_code == 404


def test_on_an_account_there_is_nothing_here() -> None:
    answer = ask(process(None), "GET", f"/sandbox/{TOKEN}/i")
    assert (answer.status_code, "no sandbox" in answer.json()["detail"]) == (404, True)


def test_before_the_app_has_started_it_says_when_to_ask_again() -> None:
    answer = ask(None, "GET", f"/sandbox/{TOKEN}/i")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


def test_sandbox_that_does_not_answer_is_told(tmp_path: Path) -> None:
    gone = EmbeddedServer(tmp_path / "sandbox.db")
    gone.stop()
    answer = ask(process(gone), "GET", f"/sandbox/{TOKEN}/i")
    assert (answer.status_code, answer.json()["detail"]) == (
        503,
        "The sandbox does not answer. Try again.",
    )


def test_full_app_takes_no_more(sandbox: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_route, "files_left", lambda: 0)
    answer = ask(process(sandbox), "GET", f"/sandbox/{TOKEN}/i")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


async def in_parts(*parts: bytes) -> Any:
    for part in parts:
        yield part


@pytest.mark.parametrize("is_chunked", [False, True])
def test_body_that_is_too_large_is_refused(sandbox: EmbeddedServer, is_chunked: bool) -> None:
    body = b"x" * (MAX_BODY_BYTES + 1)
    content = in_parts(body) if is_chunked else body
    answer = ask(process(sandbox), "POST", f"/sandbox/{TOKEN}{TP2}", content=content)
    assert answer.status_code == 413


def test_body_that_does_not_arrive_in_time_is_refused(
    sandbox: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_route, "BODY_SECONDS", -1.0)
    answer = ask(process(sandbox), "POST", f"/sandbox/{TOKEN}{TP2}", content=b"{}")
    assert answer.status_code == 408


def test_client_that_hangs_up_in_the_middle_gets_no_answer(sandbox: EmbeddedServer) -> None:
    path = f"/sandbox/{TOKEN}{TP2}"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-length", b"9"), (b"host", b"app")],
        "client": ("203.0.113.7", 1),
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def hung_up() -> None:
        route = SandboxRoute(app, lambda: process(sandbox))
        await route(scope, receive, send)
        await route.close()

    asyncio.run(hung_up())
    assert sent == []

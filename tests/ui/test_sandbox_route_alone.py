"""The route in this process, without the app around it: what it refuses, and what it hands on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from lib.people.code_addresses import EVENTS_ONLY, GUESTS_ARE_OFF, CodeAddresses
from lib.people.visits import VisitBook, Visits
from lib.sandbox.server.serving import EmbeddedServer
from lib.ui import sandbox_route
from lib.ui.sandbox_route import FAILED, MAX_BODY_BYTES, SandboxRoute
from lib.world.app_state import AppState
from lib.world.code_state import EVERYTHING
from tests.support.sandbox import new_id

TOKEN, GUEST = "a" * 32, "g" * 32
PLACE = "p" * 32  # the sandbox's own token
TP2 = "/com.snowplowanalytics.snowplow/tp2"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    yield server
    server.stop()


@pytest.fixture
def found(sandbox: EmbeddedServer) -> Iterator[Any]:
    """As much of the app as the route asks."""
    state = AppState(":memory:")
    state.code.add(PLACE, EVERYTHING, TOKEN)
    state.code.add(PLACE, "guest", GUEST)
    yield SimpleNamespace(
        backend=SimpleNamespace(sandbox=sandbox),
        code_addresses=CodeAddresses(state),
        visits=VisitBook(),
        state=state,
    )
    state.close()


@pytest.fixture
def room(found: Any) -> Any:
    """The same, whose room lets guests bring code."""
    found.code_addresses.let_guests(PLACE, True)
    return found


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


def test_what_is_for_no_sandbox_goes_to_the_app(found: Any) -> None:
    assert ask(found, "GET", "/attributes").text == "the app"


def test_events_are_handed_on_and_noted(found: Any) -> None:
    answer = ask(found, "POST", f"/sandbox/{TOKEN}{TP2}", content=b"{}")
    assert (answer.status_code, answer.text) == (200, "ok")
    assert ask(found, "GET", f"/sandbox/{TOKEN}/i?e=pv").headers["content-type"] == "image/gif"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("token", [TOKEN, GUEST])
def test_address_says_that_it_is_there_without_a_visit(found: Any, token: str) -> None:
    answer = ask(found, "GET", f"/sandbox/{token}/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert found.visits.of(token) == Visits()


def test_server_knows_whether_it_has_the_route(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_route, "_served", [])
    assert not sandbox_route.is_served()
    SandboxRoute(app)
    assert sandbox_route.is_served()


def test_failed_events_are_noted_and_the_sender_gets_no_error(found: Any) -> None:
    answer = ask(found, "POST", f"/sandbox/{TOKEN}{TP2}", content=b"no payload")
    assert (answer.status_code, FAILED in answer.headers) == (200, False)
    visit = found.visits.of(TOKEN).events
    assert (visit.status, visit.failed) == (200, 1)


def test_cookie_of_the_collector_is_for_this_sandbox_only(found: Any) -> None:
    known = new_id()
    cookies = {"Cookie": f"_streamlit_xsrf=secret; sp={known}"}
    answer = ask(found, "GET", f"/sandbox/{TOKEN}/i?e=pv", headers=cookies)
    assert answer.headers["set-cookie"].startswith(f"sp={known};")
    assert f"Path=/sandbox/{TOKEN}/;" in answer.headers["set-cookie"]


def test_signals_api_is_handed_on(found: Any) -> None:
    path = f"/sandbox/{TOKEN}/api/v1/registry/attribute_groups/"
    answer = ask(found, "GET", path, headers=BEARER)
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
        ("GET", f"/sandbox/{PLACE}/i"),
        ("GET", f"/sandbox/{PLACE}/health"),
        ("POST", f"/sandbox/{TOKEN}/health"),
    ],
)
def test_nothing_else_of_a_sandbox_can_be_reached(found: Any, method: str, path: str) -> None:
    assert ask(found, method, path).status_code == 404


def test_answers_do_not_have_the_sandbox_s_own_token(found: Any) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        for path in (
            "/i",
            TP2,
            "/com.example/x",
            "/api/v1/registry/attribute_groups/",
            "/api/v1/x",
        ):
            answer = ask(found, method, f"/sandbox/{TOKEN}{path}", content=b"{}")
            assert PLACE not in f"{answer.headers}{answer.text}"


@pytest.mark.parametrize("kept", [TOKEN, GUEST])
def test_replaced_address_stops_working_and_the_sandbox_stays(room: Any, kept: str) -> None:
    (replaced,) = {TOKEN, GUEST} - {kept}
    address = room.code_addresses.find(replaced)
    room.code_addresses.replace(address)
    new = room.code_addresses.token(address)
    statuses = [
        ask(room, "GET", f"/sandbox/{token}/i?e=pv").status_code for token in (replaced, new, kept)
    ]
    assert (statuses, room.code_addresses.find(new).place) == ([404, 200, 200], PLACE)


def test_guest_s_address_takes_events(room: Any) -> None:
    assert ask(room, "POST", f"/sandbox/{GUEST}{TP2}", content=b"{}").text == "ok"
    assert room.visits.of(GUEST).events.status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "get-online-attributes"),
        ("GET", "interventions?user_id=11111111-2222-4333-8444-555555555555"),
        ("POST", "interventions?user_id=11111111-2222-4333-8444-555555555555"),
        ("GET", "registry/attribute_groups/"),
        ("POST", "registry/attribute_groups/"),
        ("DELETE", "registry/services/x"),
        ("POST", "testing/attribute_groups/"),
        ("GET", "event_log?name=user_id&identifier=x"),
    ],
)
def test_guest_s_address_takes_nothing_else(room: Any, method: str, path: str) -> None:
    answer = ask(room, method, f"/sandbox/{GUEST}/api/v1/{path}", content=b"{}", headers=BEARER)
    said = f"{EVENTS_ONLY.message} {EVENTS_ONLY.advice}"
    assert (answer.status_code, answer.json()) == (403, {"detail": said})


@pytest.mark.parametrize("path", ["/reset", "/clock", "/micro/all"])
def test_guest_s_address_has_no_reset_and_no_clock(room: Any, path: str) -> None:
    assert ask(room, "POST", f"/sandbox/{GUEST}{path}").status_code == 404


def test_guest_brings_no_code_until_the_presenter_lets_them(found: Any) -> None:
    answer = ask(found, "GET", f"/sandbox/{GUEST}/i?e=pv")
    said = f"{GUESTS_ARE_OFF.message} {GUESTS_ARE_OFF.advice}"
    assert (answer.status_code, answer.json()) == (403, {"detail": said})
    assert found.visits.of(GUEST).events.status == 403
    assert ask(found, "GET", f"/sandbox/{TOKEN}/i?e=pv").status_code == 200


def test_guest_s_code_waits_while_the_room_is_paused(room: Any) -> None:
    room.state.rooms.save_room(PLACE, "a-b-c", "abc")
    room.state.rooms.pause_room(PLACE, True)
    answer = ask(room, "GET", f"/sandbox/{GUEST}/i?e=pv")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert ask(room, "GET", f"/sandbox/{TOKEN}/i?e=pv").status_code == 200


def test_page_of_another_origin_may_read_why_it_was_refused(found: Any) -> None:
    origin = {"Origin": "https://shop.example"}
    answer = ask(found, "GET", f"/sandbox/{GUEST}/i?e=pv", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


def test_on_an_account_there_is_nothing_here(found: Any) -> None:
    found.backend.sandbox = None
    answer = ask(found, "GET", f"/sandbox/{TOKEN}/i")
    assert (answer.status_code, "no sandbox" in answer.json()["detail"]) == (404, True)


def test_before_the_app_has_started_it_says_when_to_ask_again() -> None:
    answer = ask(None, "GET", f"/sandbox/{TOKEN}/i")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


def test_sandbox_that_does_not_answer_is_reported(found: Any, tmp_path: Path) -> None:
    found.backend.sandbox = EmbeddedServer(tmp_path / "sandbox.db")
    found.backend.sandbox.stop()
    answer = ask(found, "GET", f"/sandbox/{TOKEN}/i")
    assert (answer.status_code, answer.json()["detail"]) == (
        503,
        "The sandbox does not answer. Try again.",
    )


def test_full_app_takes_no_more(found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_route, "files_left", lambda: 0)
    answer = ask(found, "GET", f"/sandbox/{TOKEN}/i")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


async def in_parts(*parts: bytes) -> Any:
    for part in parts:
        yield part


@pytest.mark.parametrize("is_chunked", [False, True])
def test_body_that_is_too_large_is_refused(found: Any, is_chunked: bool) -> None:
    body = b"x" * (MAX_BODY_BYTES + 1)
    content = in_parts(body) if is_chunked else body
    answer = ask(found, "POST", f"/sandbox/{TOKEN}{TP2}", content=content)
    assert answer.status_code == 413


def test_body_that_does_not_arrive_in_time_is_refused(
    found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_route, "BODY_SECONDS", -1.0)
    answer = ask(found, "POST", f"/sandbox/{TOKEN}{TP2}", content=b"{}")
    assert answer.status_code == 408


def given(found: Any, path: str, receive: Any, send: Any) -> None:
    """Let the route answer a request with a body, from a client of the test's own."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-length", b"9"), (b"host", b"app")],
        "client": ("203.0.113.7", 1),
    }

    async def answered() -> None:
        route = SandboxRoute(app, lambda: found)
        await route(scope, receive, send)
        await route.close()

    asyncio.run(answered())


def test_client_that_hangs_up_in_the_middle_gets_no_answer(found: Any) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    given(found, f"/sandbox/{TOKEN}{TP2}", receive, send)
    assert sent == []


def test_client_that_does_not_read_loses_its_place(
    found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_route, "UNREAD_SECONDS", 0.01)
    was_sent: list[str] = []
    bodies = [{"type": "http.request", "body": b"no JSON x", "more_body": False}]

    async def receive() -> Any:
        return bodies.pop() if bodies else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        was_sent.append(message["type"])
        await asyncio.Event().wait()

    given(found, f"/sandbox/{TOKEN}{TP2}", receive, send)
    assert was_sent == ["http.response.start"]

"""The address of the app takes what people's own code sends to a sandbox, and nothing else."""

import socket
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from snowplow_signals import InterventionInstance, SignalsSandbox
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from lib.sandbox.limits import MAX_BODY_BYTES as MAX_BODY_BYTES_OF_SANDBOX
from lib.sandbox.server.collector_routes import FAILED as FAILED_OF_SANDBOX
from lib.ui.sandbox_route import FAILED, MAX_BODY_BYTES, SandboxRoute
from tests.support.app_server import Server
from tests.support.code_address import shown_address, token_on
from tests.support.sandbox import (
    TP2,
    attribute,
    criterion,
    every,
    group,
    intervention,
    listening,
    new_id,
    payload,
    seen,
    service,
    targets,
    task_completed,
    tracker,
)
from tests.support.sessions import BrowserSession
from tests.support.waiting import PATIENCE_SECONDS, eventually

HTTP = httpx.Client(timeout=30, trust_env=False)
NOT_HERE = "There is nothing here."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("app") / "sandbox.db")
    yield server
    server.kill()


@pytest.fixture(scope="module")
def page(server: Server) -> Iterator[BrowserSession]:
    """The connection page of somebody who asked for their address."""
    with shown_address(server.url) as page:
        yield page


@pytest.fixture(scope="module")
def token(page: BrowserSession) -> str:
    """The token of their address."""
    return token_on(page)


@pytest.fixture
def address(server: Server, token: str) -> str:
    return f"{server.url}/sandbox/{token}"


def post(address: str, *events: dict[str, str], **options: Any) -> httpx.Response:
    headers = {"Content-Type": "application/json", **options.pop("headers", {})}
    return HTTP.post(address + TP2, content=payload(*events), headers=headers, **options)


def test_sdks_track_publish_read_and_subscribe_through_the_address_of_the_app(
    address: str, token: str
) -> None:
    user = new_id()
    signals = SignalsSandbox(api_url=address, sandbox_token=token)
    counted = group(attribute("count", "counter"), name="code")
    fires = intervention(every(criterion("code:count", ">=", 2)), name="code_nudge")
    signals.publish([counted, service(counted, name="code_service"), fires])
    received: list[str] = []
    with listening(signals, user_id=user) as subscription:
        subscription.add_handler(lambda each: received.append(each.name))
        tracked = tracker(address, user)
        tracked.track(task_completed())
        post(address, seen(user), seen(user))
        assert eventually(lambda: "code_nudge" in received)
    values = signals.get_service_attributes("code_service", "user_id", user)
    assert values["count"] == 2


def test_stream_of_the_browser_plugin_sends_as_things_happen(address: str) -> None:
    url = f"{address}/api/v1/interventions?user_id={new_id()}"
    with HTTP.stream("GET", url, headers={"Origin": "https://shop.example"}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert next(answer.iter_lines()) is not None


@pytest.mark.parametrize(
    "path",
    [
        "/reset",
        "/clock",
        "/events",
        "/stats",
        "/trace/x",
        "/fired",
        "/micro/all",
        "/micro/reset",
        "/api/v1/../../reset",
        "/api/v1/%2e%2e/%2e%2e/reset",
        "/com.example/%2e%2e/reset",
        "/com.example/..",
        "//reset",
        "/api/v1//reset",
        "/%6dicro/reset",
        "/i%2F..%2Freset",
        "/api/v1/..%2f..%2freset",
        "/",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_nothing_else_of_a_sandbox_is_there(
    server: Server, token: str, method: str, path: str
) -> None:
    status, body = raw(server, f"{method} /sandbox/{token}{path} HTTP/1.1")
    assert (status, NOT_HERE in body) == (404, True)


@pytest.mark.parametrize("path", ["/sandbox/..", "/sandbox/health", "/sandbox/x/health"])
def test_nothing_of_the_server_is_there(server: Server, path: str) -> None:
    assert raw(server, f"GET {path} HTTP/1.1")[0] == 404


def test_token_that_nobody_has_makes_no_sandbox(server: Server) -> None:
    answer = post(f"{server.url}/sandbox/{uuid.uuid4().hex}", seen(new_id()))
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "No sandbox has this address. It may have been replaced: copy it again from the app.",
    )


def test_token_of_a_sandbox_itself_leads_nowhere(server: Server) -> None:
    own = uuid.uuid4().hex
    with shown_address(server.url, query=f"sandbox={own}") as page:
        assert post(f"{server.url}/sandbox/{own}", seen(new_id())).status_code == 404
        assert post(f"{server.url}/sandbox/{token_on(page)}", seen(new_id())).status_code == 200


def test_bearer_token_of_another_address_changes_nothing(address: str, server: Server) -> None:
    with shown_address(server.url) as page:
        other = token_on(page)
        url = f"{server.url}/sandbox/{other}/api/v1/registry/attribute_groups/"
        signals = SignalsSandbox(api_url=address, sandbox_token=other)
        signals.publish([group(name="mine")])
        theirs = HTTP.get(url, headers={"Authorization": f"Bearer {other}"})
        assert (theirs.status_code, theirs.json()) == (200, [])


def test_stream_ends_when_the_address_is_replaced_and_hears_nothing_more(server: Server) -> None:
    user = new_id()
    with shown_address(server.url) as page:
        url = f"{server.url}/sandbox/{token_on(page)}/api/v1/interventions?user_id={user}"
        with HTTP.stream("GET", url) as answer:
            assert answer.status_code == 200
            page.click("replace_address")
            page.wait_until_run()
            new = token_on(page)
            signals = SignalsSandbox(api_url=f"{server.url}/sandbox/{new}", sandbox_token=new)
            signals.push_intervention(
                targets(user_id=user), InterventionInstance(name="secret", version=1)
            )
            assert not any("secret" in each for each in answer.iter_lines())
        assert HTTP.get(url).status_code == 404


@pytest.mark.parametrize("is_chunked", [False, True])
def test_body_that_is_too_large_is_refused(address: str, is_chunked: bool) -> None:
    body = b"x" * (MAX_BODY_BYTES + 1)
    answer = HTTP.post(address + TP2, content=iter([body]) if is_chunked else body)
    assert (answer.status_code, "2,097,152 bytes" in answer.json()["detail"]) == (413, True)


def test_limit_and_header_are_the_sandbox_s_own() -> None:
    assert (MAX_BODY_BYTES, FAILED) == (MAX_BODY_BYTES_OF_SANDBOX, FAILED_OF_SANDBOX)


def test_cookie_of_the_collector_is_for_one_sandbox_only(address: str, token: str) -> None:
    known = new_id()
    cookies = {"Cookie": f"_streamlit_xsrf=secret; sp={known}; other=1"}
    answer = post(address, seen(new_id()), headers=cookies)
    assert answer.headers["set-cookie"].startswith(f"sp={known};")
    assert f"Path=/sandbox/{token}/;" in answer.headers["set-cookie"]


def test_page_of_another_origin_may_send_events(address: str) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    answer = HTTP.options(address + TP2, headers=asked)
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


def test_many_silent_streams_of_one_sandbox_leave_the_app_s_pages_alone(
    address: str, server: Server
) -> None:
    head = f"GET {httpx.URL(address).path}/api/v1/interventions?user_id={new_id()} HTTP/1.1\r\n"
    streams = [socket.create_connection(("localhost", server.port)) for _ in range(60)]
    try:
        for each in streams:
            each.sendall(f"{head}Host: localhost\r\n\r\n".encode())
        answers = [each.recv(12) for each in streams]
        assert answers.count(b"HTTP/1.1 200") == 20
        assert answers.count(b"HTTP/1.1 429") == 40
        assert HTTP.get(f"{server.url}/_stcore/health").status_code == 200
    finally:
        for each in streams:
            each.close()
    url = f"{address}/api/v1/registry/attribute_groups/"
    assert eventually(lambda: HTTP.get(url).status_code != 429)  # who hung up is not counted


def test_app_that_is_not_open_yet_says_when_to_ask_again() -> None:
    client = TestClient(SandboxRoute(PlainTextResponse("a page"), find=lambda: None))
    answer = client.post(f"/sandbox/{uuid.uuid4().hex}{TP2}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert client.get("/sandboxes").text == "a page"


def raw(server: Server, line: str) -> tuple[int, str]:
    """The status and the whole answer to a request whose path no client has tidied up."""
    head = f"{line}\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with socket.create_connection(
        ("localhost", server.port), timeout=PATIENCE_SECONDS
    ) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    return int(answer.split(b" ", 2)[1]), answer.decode()

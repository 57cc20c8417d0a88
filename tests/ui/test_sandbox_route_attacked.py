"""The address of the app in front of hostile clients: other people's sandboxes, and the pages.

Requests are written byte by byte, as clients tidy up what they are given.
"""

import json
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from snowplow_signals import SignalsSandbox

from lib.ui.route_limits import OPEN_OF_A_TOKEN
from tests.support import wire
from tests.support.app_server import Server
from tests.support.code_address import shown_address, token_on
from tests.support.sandbox import TP2, attribute, group, new_id, payload, seen
from tests.support.sessions import BrowserSession

REGISTRY = "/api/v1/registry/attribute_groups/"
CLIENTS = 1_000
CLOSE = "Host: localhost\r\nConnection: close\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("app") / "sandbox.db")
    yield server
    server.kill()


@pytest.fixture(scope="module")
def mine(server: Server) -> Iterator[str]:
    """The token of an intruder's address."""
    with shown_address(server.url) as page:
        yield token_on(page)


@pytest.fixture(scope="module")
def other(server: Server) -> Iterator[str]:
    """The token of somebody else's address, with a group in their sandbox."""
    with shown_address(server.url) as page:
        token = token_on(page)
        signals = SignalsSandbox(api_url=f"{server.url}/sandbox/{token}", sandbox_token=token)
        signals.publish([group(attribute("count", "counter"), name="theirs")])
        yield token


def groups(server: Server, token: str) -> list[str]:
    """The names of what is defined in somebody's sandbox."""
    answer = httpx.get(f"{server.url}/sandbox/{token}{REGISTRY}", trust_env=False)
    return [each["name"] for each in answer.json()]


@pytest.mark.parametrize(
    "path",
    [
        f"/sandbox/{{mine}}/../{{other}}{REGISTRY}",
        f"/sandbox/{{mine}}/%2e%2e/{{other}}{REGISTRY}",
        f"/sandbox/{{mine}}%2f..%2f{{other}}{REGISTRY}",
        f"/sandbox/{{mine}}\\..\\{{other}}{REGISTRY}",
        f"/sandbox/{{mine}}//{{other}}{REGISTRY}",
        f"/sandbox/{{mine}};{{other}}{REGISTRY}",
        f"/sandbox/{{mine}}%00{{other}}{REGISTRY}",
        f"/sandbox//{{other}}{REGISTRY}",
        f"//sandbox/{{other}}{REGISTRY}",
        f"/./sandbox/{{other}}{REGISTRY}",
        f"/SANDBOX/{{other}}{REGISTRY}",
        f"/%73andbox/{{other}}{REGISTRY}",
        f"/static/../sandbox/{{other}}{REGISTRY}",
        f"/sandbox/{{other}}/x/..{REGISTRY}",
        f"/sandbox/{{other}}%2f{REGISTRY}",
    ],
)
def test_crafted_path_leads_into_no_other_sandbox(
    server: Server, mine: str, other: str, path: str
) -> None:
    for method in ("GET", "POST"):
        answer = wire.exchange(
            server.url, wire.request(method, path.format(mine=mine, other=other))
        )
        assert b"theirs" not in answer.body
    assert groups(server, other) == ["theirs"]


def test_part_of_a_token_and_what_it_is_like_open_nothing(server: Server, other: str) -> None:
    like_it = (other[:-1], other + "a", other.swapcase(), other[::-1], f"{other[:-1]}%2d", "*" * 32)
    statuses = {
        wire.exchange(server.url, wire.request("GET", f"/sandbox/{each}{REGISTRY}")).status
        for each in like_it
    }
    assert statuses == {404}


@pytest.mark.parametrize("host", ["http://localhost", "http://evil.example", "https://127.0.0.1:1"])
def test_address_with_a_host_in_the_request_line_is_the_same_one(
    server: Server, mine: str, host: str
) -> None:
    for path, status in (("/reset", 404), ("/i", 200)):
        request = wire.request("GET", f"{host}/sandbox/{mine}{path}")
        assert wire.exchange(server.url, request).status == status


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 0\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "X-Smuggled: a\0b\r\n",
    ],
)
def test_request_inside_a_request_is_refused_with_it(
    server: Server, mine: str, other: str, headers: str
) -> None:
    inner = f"DELETE /sandbox/{other}{REGISTRY}theirs HTTP/1.1\r\n{CLOSE}\r\n"
    sent = f"POST /sandbox/{mine}{TP2} HTTP/1.1\r\n{CLOSE}{headers}\r\n0\r\n\r\n{inner}"
    answer = wire.exchange(server.url, sent.encode())
    assert (answer.status, b"HTTP/1.1" in answer.body) == (400, False)
    assert groups(server, other) == ["theirs"]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (("X-Large", b"a" * 100_000), 431),
        (("X-Forwarded-For", b"\xff, 127.0.0.1," * 500), 200),
        (("X-Forwarded-Host", b"evil.example"), 200),
        (("Forwarded", b"for=127.0.0.1;host=evil.example"), 200),
        (("Cookie", b"sp=; sp=" + b"\xff" * 1_000), 200),
        (("Authorization", b"Bearer " + b"\xe9" * 1_000), 200),
        (("Connection", b"Authorization, Host"), 200),
    ],
)
def test_hostile_headers_are_answered(
    server: Server, mine: str, header: tuple[str, bytes], status: int
) -> None:
    path = f"/sandbox/{mine}/i?e=pv&p=web&tv=test"
    assert wire.exchange(server.url, wire.request("GET", path, [header])).status == status


def test_no_websocket_leads_to_a_sandbox(server: Server, mine: str) -> None:
    upgrade = (
        f"GET /sandbox/{mine}/i HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert wire.exchange(server.url, upgrade.encode()).status == 403


def test_body_that_is_deeply_nested_is_an_event_that_failed_and_no_fault(
    server: Server, mine: str
) -> None:
    deep = json.dumps({"data": "x"}).replace('"x"', "[" * 50_000)
    sent = wire.request("POST", f"/sandbox/{mine}{TP2}", [], deep.encode())
    assert wire.exchange(server.url, sent).status == 200


def test_thousand_streams_and_slow_bodies_leave_the_pages_and_other_addresses_alone(
    server: Server, mine: str, other: str
) -> None:
    stream = f"GET /sandbox/{mine}/api/v1/interventions?user_id={new_id()} HTTP/1.1\r\n"
    body = f"POST /sandbox/{mine}{TP2} HTTP/1.1\r\nContent-Length: 100\r\n"
    with ExitStack() as opened:
        clients = [
            opened.enter_context(socket.create_connection(("localhost", server.port), 30))
            for _ in range(CLIENTS)
        ]
        for number, each in enumerate(clients):
            head = body if number % 2 and number > OPEN_OF_A_TOKEN else stream
            each.sendall(f"{head}Host: localhost\r\n\r\n".encode())
        answers = Counter(each.recv(12) for each in clients)
        assert answers == {
            b"HTTP/1.1 200": OPEN_OF_A_TOKEN,
            b"HTTP/1.1 429": CLIENTS - OPEN_OF_A_TOKEN,
        }
        sent = httpx.post(
            f"{server.url}/sandbox/{other}{TP2}",
            content=payload(seen(new_id())),
            headers={"Content-Type": "application/json"},
            trust_env=False,
        )
        assert (sent.status_code, groups(server, other)) == (200, ["theirs"])
        with BrowserSession.open(server.url, ticking=False) as board:
            board.wait_until_run()
            assert "publish" in board.buttons()


def test_log_of_the_server_has_no_token(server: Server, mine: str, other: str) -> None:
    log = server.log.read_text()
    assert [each for each in (mine, other) if each in log] == []

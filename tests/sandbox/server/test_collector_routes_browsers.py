"""The collector's routes as browsers use them: other origins, preflights, the cookie, anonymity."""

from http.cookies import SimpleCookie

import httpx
import pytest

from lib.sandbox.server.serving import EmbeddedServer
from tests.support.collected import newest
from tests.support.sandbox import HTTP, JSON, TP2, World, new_id, payload, seen

ORIGIN = "https://shop.example"


@pytest.mark.parametrize("separator", ["&", ";"])
def test_nuid_of_the_query_becomes_the_cookie(
    shared_server: EmbeddedServer, shared_world: World, separator: str
) -> None:
    nuid, known = new_id(), new_id()
    with httpx.Client(trust_env=False) as client:
        url = f"{shared_world.collector}/i?e=pv&p=web&tv=test{separator}nuid={nuid}"
        cookie = cookie_of(client.get(url, headers={"Cookie": f"sp={known}"}))
    assert cookie["id"] == nuid
    assert newest(shared_server, shared_world).atomic["network_userid"] == nuid


def test_anonymous_request_expires_the_cookie_that_it_sends(shared_world: World) -> None:
    headers = {"SP-Anonymous": "*", "Cookie": f"sp={new_id()}"}
    with httpx.Client(trust_env=False) as client:
        answer = client.post(shared_world.collector + TP2, headers=headers)
    assert cookie_of(answer) == {
        "name": "sp",
        "id": "",
        "path": "/",
        "max-age": "0",
        "samesite": "Lax",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", TP2), ("GET", TP2), ("GET", "/i"), ("OPTIONS", TP2), ("OPTIONS", "/i")],
)
def test_origin_is_named_with_credentials(shared_world: World, method: str, path: str) -> None:
    answer = HTTP.request(method, shared_world.collector + path, headers={"Origin": ORIGIN})
    assert {name: answer.headers.get(name) for name in CORS} == CORS


CORS = {
    "access-control-allow-origin": ORIGIN,
    "access-control-allow-credentials": "true",
    "vary": "Origin",
}


PREFLIGHTS = [
    TP2,
    "/i",
    "/ice.png",
    "/robots.txt",
    "/sink-health",
    "/health",
    "/com.acme/v1",
    "/r/tp2",
]


@pytest.mark.parametrize("path", PREFLIGHTS)
def test_preflight_allows_what_trackers_send_for_an_hour(shared_world: World, path: str) -> None:
    """`corsRoute` in snowplow/stream-collector, which answers any path."""
    answer = HTTP.options(shared_world.collector + path, headers={"Origin": ORIGIN})
    assert (
        answer.status_code,
        answer.headers["access-control-allow-headers"],
        answer.headers["access-control-allow-methods"],
        answer.headers["access-control-max-age"],
    ) == (200, "Content-Type, SP-Anonymous", "POST, GET, OPTIONS", "3600")


def cookie_of(answer: httpx.Response) -> dict[str, str]:
    """The cookie that was set, its value as `id`."""
    [morsel] = SimpleCookie(answer.headers["set-cookie"]).values()
    attributes = {name: str(value) for name, value in morsel.items() if value}
    return {"name": morsel.key, "id": morsel.value, **attributes}


def test_cookie_is_made_for_a_year(shared_world: World) -> None:
    with httpx.Client(trust_env=False, headers=JSON) as client:
        cookie = cookie_of(client.post(shared_world.collector + TP2, content=payload(seen(None))))
    assert {**cookie, "id": len(cookie["id"])} == {
        "name": "sp",
        "id": 36,
        "path": "/",
        "max-age": "31536000",
        "samesite": "Lax",
    }


def test_cookie_is_kept(shared_world: World) -> None:
    with httpx.Client(trust_env=False, headers=JSON) as client:
        url = shared_world.collector + TP2
        first, second = (cookie_of(client.post(url, content=payload(seen(None)))) for _ in "12")
    assert first == second


def test_cookie_becomes_the_network_user_id(
    shared_server: EmbeddedServer, shared_world: World
) -> None:
    with httpx.Client(trust_env=False, headers=JSON) as client:
        cookie = cookie_of(client.post(shared_world.collector + TP2, content=payload(seen(None))))
    assert newest(shared_server, shared_world).atomic["network_userid"] == cookie["id"]


def test_anonymous_request_gets_no_cookie(shared_world: World) -> None:
    with httpx.Client(trust_env=False) as client:
        answer = client.post(shared_world.collector + TP2, headers={"SP-Anonymous": "*"})
    assert "set-cookie" not in answer.headers


def test_anonymous_event_keeps_neither_address_nor_id(
    shared_server: EmbeddedServer, shared_world: World
) -> None:
    headers = {"SP-Anonymous": "*", "Cookie": f"sp={new_id()}"}
    HTTP.post(shared_world.collector + TP2, content=payload(seen(None)), headers=headers)
    atomic = newest(shared_server, shared_world).atomic
    assert (atomic["user_ipaddress"], atomic["network_userid"]) == (
        "unknown",
        "00000000-0000-0000-0000-000000000000",
    )

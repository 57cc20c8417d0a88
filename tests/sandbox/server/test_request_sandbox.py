"""Which sandbox a request is for, and how many may subscribe to one."""

import pytest

from lib.sandbox.limits import Limits
from lib.sandbox.server.serving import EmbeddedServer
from tests.support.limited import SMALL
from tests.support.sandbox import HTTP, TP2, World, payload, seen
from tests.support.streams import listeners, open_stream
from tests.support.waiting import eventually


@pytest.mark.parametrize(
    ("headers", "detail"),
    [
        ({}, "Not authenticated: send 'Authorization: Bearer <token>'."),
        (
            {"Authorization": "Basic abc"},
            "Not authenticated: send 'Authorization: Bearer <token>'.",
        ),
        ({"Authorization": "Bearer"}, "Not authenticated: send 'Authorization: Bearer <token>'."),
        ({"Authorization": "Bearer short"}, "This bearer token is not a sandbox token."),
    ],
)
@pytest.mark.parametrize("path", ["registry/services/", "interventions?user_id=a"])
def test_bad_bearer_is_401(
    shared_server: EmbeddedServer, path: str, headers: dict[str, str], detail: str
) -> None:
    answer = HTTP.get(f"{shared_server.url}/api/v1/{path}", headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"detail": detail})


@pytest.mark.parametrize("path", [TP2, "/api/v1/registry/services/"])
def test_malformed_token_in_the_path_is_404(shared_server: EmbeddedServer, path: str) -> None:
    method = "POST" if path == TP2 else "GET"
    answer = HTTP.request(method, f"{shared_server.url}/sandbox/short{path}")
    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": "This is not a sandbox token: it needs 22 or more URL-safe characters."},
    )


def test_isolated_server_takes_no_events_at_the_root(shared_server: EmbeddedServer) -> None:
    answer = HTTP.post(shared_server.url + TP2, content=payload(seen(None)))
    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": "This server holds many sandboxes: use the path /sandbox/<token>."},
    )


# Subscriptions


def test_subscription_beyond_the_limit_is_429(server_with):
    world = World(server_with(SMALL).url)
    detail = "This sandbox has 2 open subscriptions, which is the limit. Close some."
    with open_stream(world), open_stream(world):
        answer = HTTP.get(f"{world.collector}/api/v1/interventions?user_id=a")
        got = (answer.status_code, answer.headers["Retry-After"], answer.json())
        assert got == (429, "5", {"detail": detail})


def test_closed_subscription_leaves_room_for_another(server_with):
    world = World(server_with(Limits(subscriptions=1)).url)
    with open_stream(world):
        pass
    assert eventually(lambda: HTTP.get(f"{world.collector}/stats").json()["subscriptions"] == 0)
    with open_stream(world):
        assert listeners(world) == 1

"""Which sandbox a request reaches, by its bearer or its path."""

from queue import Empty
from typing import Any

import jwt
import pytest

from lib.sandbox.server.serving import EmbeddedServer
from tests.support.collected import (
    COUNT,
    DEFINITIONS,
    counts,
    payload,
)
from tests.support.sandbox import (
    HTTP,
    TP2,
    World,
    criterion,
    intervention,
    listening,
    new_id,
    seen,
)


def test_tokens_do_not_see_each_others_definitions(shared_server: EmbeddedServer) -> None:
    mine, theirs = World(shared_server.url), World(shared_server.url)
    mine.signals.publish(DEFINITIONS)
    assert theirs.api("GET", "registry/attribute_groups/").json() == []


def test_tokens_do_not_see_each_others_values(shared_server: EmbeddedServer) -> None:
    mine, theirs = World(shared_server.url), World(shared_server.url)
    user = new_id()
    for world in (mine, theirs):
        world.signals.publish(DEFINITIONS)
    mine.post(seen(user))
    assert [world.read("user_id", user)["count"] for world in (mine, theirs)] == [[1], [None]]


def test_tokens_do_not_get_each_others_interventions(shared_server: EmbeddedServer) -> None:
    mine, theirs = World(shared_server.url), World(shared_server.url)
    user = new_id()
    mine.signals.publish([COUNT, intervention(criterion("things:count", ">=", 1))])
    with listening(theirs.signals, user_id=user) as subscription:
        mine.post(seen(user))
        with pytest.raises(Empty):
            subscription.get(timeout=0.2)


def test_event_id_of_another_token_is_new_here(shared_server: EmbeddedServer) -> None:
    event = seen(new_id())
    worlds = World(shared_server.url), World(shared_server.url)
    for world in worlds:
        world.post(event)
    assert [counts(shared_server, world) for world in worlds] == [(1, 0), (1, 0)]


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


def test_server_of_its_own_takes_any_bearer_for_the_same_sandbox(start_process: Any) -> None:
    process = start_process()
    tokens = ["any", jwt.encode({"exp": 0}, "a secret of thirty-two characters")]
    World(process.signals, tokens[0]).signals.publish(DEFINITIONS)
    worlds = [World(process.signals, token) for token in tokens]
    listed = [world.api("GET", "registry/attribute_groups/").json() for world in worlds]
    assert [each["name"] for each in listed[1]] == ["things"] and listed[0] == listed[1]


def test_server_of_its_own_wants_a_bearer_too(start_process: Any) -> None:
    process = start_process()
    answer = HTTP.get(f"{process.signals}/api/v1/registry/services/")
    assert (answer.status_code, answer.json()) == (
        401,
        {"detail": "Not authenticated: send 'Authorization: Bearer <token>'."},
    )


def test_server_of_its_own_can_be_isolated(start_process: Any) -> None:
    process = start_process("--isolated")
    assert process.collector == f"{process.signals}/sandbox/<token>"
    worlds = World(process.signals), World(process.signals)
    worlds[0].signals.publish(DEFINITIONS)
    names = [
        [each["name"] for each in world.api("GET", "registry/services/").json()] for world in worlds
    ]
    assert names == [["everything"], []]

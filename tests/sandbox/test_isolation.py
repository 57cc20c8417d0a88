"""One sandbox of a shared server cannot be reached from another.

The one who tries has a token of their own and everything that a participant can learn of another
sandbox: its users and events, the names in it, the room's code, and parts of its token.
"""

import http.client
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from lib.connection import new_token
from lib.room import new_code
from lib.sandbox.serving import EmbeddedServer
from tests.sandbox.world import (
    PAYLOAD,
    TP2,
    World,
    criterion,
    eventually,
    group,
    intervention,
    listening,
    new_id,
    seen,
    service,
)

SECRET = "only-in-the-others-sandbox"
DEFINITIONS = [
    group(),
    service(group()),
    intervention(criterion("things:count", ">=", 1)),
]


@dataclass
class Other:
    """Somebody else's sandbox with a user, an event and what it brought about."""

    world: World
    user: str
    event_id: str

    @property
    def state(self) -> tuple[Any, ...]:
        """Everything of it that an intruder could have changed."""
        stats = self.world.api("GET", f"../../sandbox/{self.world.token}/stats").json()
        count = self.world.read("user_id", self.user)["count"]
        return stats["events"], stats["definitions"], stats["clock"]["ahead_seconds"], count


@pytest.fixture
def other(shared_server: EmbeddedServer) -> Other:
    world = World(shared_server.url, new_token())
    world.signals.publish(DEFINITIONS)
    user = new_id()
    event = seen(user, {"value": SECRET})
    world.post(event)
    return Other(world, user, event["eid"])


@pytest.fixture
def intruder(shared_server: EmbeddedServer) -> World:
    world = World(shared_server.url, new_token())
    world.signals.publish(DEFINITIONS)
    return world


def raw(
    world: World, method: str, path: str, body: Any = None, bearer: str = ""
) -> tuple[int, str]:
    """Status and text of an answer, for a path that is sent as it stands."""
    address = urlsplit(world.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bearer}"}
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        sent = json.dumps(body).encode() if body is not None else b""
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(sent)))
        connection.endheaders(sent)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def guesses(other: Other) -> Iterator[str]:
    """What might be taken for the token of a sandbox by one who does not know it."""
    token = other.world.token
    yield from (token[:-1], token[1:], token.swapcase(), f"{token}A", token[::-1])
    yield from ("1", "2", other.user, other.event_id, new_code(), uuid.UUID(other.user).hex)
    yield from ("single", "*", "%", "_" * 22, f"{token[:-1]}%00", f"{token[:-1]}*")


READS = (
    "/stats",
    "/events",
    "/micro/good",
    "/micro/all",
    "/clock",
    "/api/v1/registry/attribute_groups/things",
)


@pytest.mark.parametrize("path", READS)
def test_no_guess_at_a_token_reads_anything(other: Other, intruder: World, path: str) -> None:
    for guess in guesses(other):
        _, text = raw(intruder, "GET", f"/sandbox/{quote(guess, safe='%*')}{path}", None, guess)
        assert SECRET not in text and other.event_id not in text and '"total":1' not in text


@pytest.mark.parametrize(
    "path",
    [
        "/sandbox/{mine}/../{other}/events",
        "/sandbox/{mine}/%2e%2e/{other}/events",
        "/sandbox/{mine}//{other}/events",
        "/sandbox//{other}/events",
        "//sandbox/{other}/events",
        "/sandbox/{mine}%2f..%2f{other}/events",
        "/sandbox/{mine};{other}/events",
        "/sandbox/{mine}/events?token={other}",
        "/sandbox/{mine}/events?user_id={user}",
        "/sandbox/{mine}/trace/{event}",
        "/api/v1/../../sandbox/{other}/events",
    ],
)
def test_no_way_around_a_path_leads_into_another_sandbox(
    other: Other, intruder: World, path: str
) -> None:
    """Where the other's token is in it, an intruder who knew it would not need the trick; that the
    server sees one path only is the point."""
    known = {"mine": intruder.token, "user": other.user, "event": other.event_id}
    _, text = raw(
        intruder, "GET", path.format(other=other.world.token[:-1] + "-", **known), None, ""
    )
    assert SECRET not in text


def test_values_of_anothers_user_are_none(other: Other, intruder: World) -> None:
    assert intruder.read("user_id", other.user) == {"user_id": [other.user], "count": [None]}


def test_trace_of_anothers_event_is_404(other: Other, intruder: World) -> None:
    status, text = raw(intruder, "GET", f"/sandbox/{intruder.token}/trace/{other.event_id}")
    assert (status, "No trace of the event" in text) == (404, True)


def test_event_of_anothers_user_counts_in_ones_own_sandbox_only(
    other: Other, intruder: World
) -> None:
    before = other.state
    intruder.post(seen(other.user))

    assert other.state == before
    assert intruder.read("user_id", other.user)["count"] == [1]


def test_subscription_for_anothers_user_hears_nothing_of_theirs(
    other: Other, intruder: World
) -> None:
    user, heard_there, heard_here = new_id(), [], []
    with (
        listening(intruder.signals, user_id=user) as mine,
        listening(other.world.signals, user_id=user) as theirs,
    ):
        mine.add_handler(lambda each: heard_here.append(each.name))
        theirs.add_handler(lambda each: heard_there.append(each.name))
        assert eventually(lambda: _subscriptions(other.world) == 1)
        other.world.post(seen(user))
        assert eventually(lambda: heard_there == ["nudge"])
    assert "nudge" not in heard_here


def _subscriptions(world: World) -> int:
    answer = world.api("GET", f"../../sandbox/{world.token}/stats").json()
    return int(answer["subscriptions"])


def test_intervention_pushed_to_anothers_user_is_undelivered(other: Other, intruder: World) -> None:
    heard: list[str] = []
    with listening(other.world.signals, user_id=other.user) as theirs:
        theirs.add_handler(lambda each: heard.append(each.name))
        assert eventually(lambda: _subscriptions(other.world) == 1)
        answer = intruder.api(
            "POST", f"interventions?user_id={other.user}", {"name": "forged", "version": 1}
        )
        assert answer.json() == {"status": "undelivered"}
    assert "forged" not in heard


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/reset", None),
        ("POST", "/clock", {"seconds": 3600}),
        ("DELETE", "/clock", None),
        ("POST", "/micro/reset", None),
        ("POST", TP2, {"schema": PAYLOAD, "data": [seen(new_id())]}),
        ("DELETE", "/api/v1/registry/interventions/nudge/versions/1", None),
    ],
)
def test_no_guess_at_a_token_changes_anything(
    other: Other, intruder: World, method: str, path: str, body: Any
) -> None:
    before = other.state
    for guess in guesses(other):
        raw(intruder, method, f"/sandbox/{quote(guess, safe='%*')}{path}", body, guess)
    assert other.state == before


def test_path_decides_where_path_and_bearer_name_different_sandboxes(
    other: Other, intruder: World
) -> None:
    """So a bearer alone opens nothing that the path does not open already."""
    path = f"/sandbox/{intruder.token}/api/v1/get-online-attributes"
    body = {"service": "everything", "attribute_keys": {"user_id": [other.user]}}
    status, text = raw(intruder, "POST", path, body, other.world.token)

    assert (status, json.loads(text)["count"]) == (200, [None])


def test_publishing_changes_ones_own_sandbox_only(other: Other, intruder: World) -> None:
    before = other.state
    intruder.signals.publish([group(name="more")])

    assert other.state == before
    assert other.world.api("GET", "registry/attribute_groups/more").status_code == 404


def test_tokens_have_192_random_bits_and_no_two_are_the_same() -> None:
    tokens = {new_token() for _ in range(1_000)}
    assert (len(tokens), {len(token) for token in tokens}) == (1_000, {32})

"""One sandbox of a shared server cannot be reached from another.

The one who tries has a sandbox of their own with definitions of the same names, and everything that
a participant can learn of another one: its users, events, interventions and definitions, the code
of its room, its number in the database, and parts of its token. Requests are written byte by byte,
as clients tidy up the paths that they are given.
"""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote, urlsplit

import pytest

from lib.connection.backend import new_token, start_sandbox
from lib.people.room import Rooms, squeezed
from lib.sandbox.server.serving import EmbeddedServer
from lib.world.app_state import AppState
from tests.support.sandbox import (
    PAYLOAD,
    TP2,
    World,
    attribute,
    criterion,
    group,
    intervention,
    new_id,
    seen,
    service,
)

SECRET = "only-in-the-others-sandbox"
API = "/api/v1"
REGISTRY = f"{API}/registry"


def definitions(description: str) -> list[Any]:
    things = group(
        attribute("count", "counter"), attribute("value", "last"), description=description
    )
    return [things, service(things), intervention(criterion("things:count", ">=", 1))]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """As the app starts it, with its limits."""
    server = start_sandbox(tmp_path_factory.mktemp("isolation") / "sandbox.db")
    yield server
    server.stop()


@dataclass
class Other:
    """Somebody else's sandbox: a room with a user, an event and the intervention that it fired."""

    world: World
    user: str
    event_id: str
    intervention_id: str
    code: str
    number: int

    @property
    def state(self) -> dict[str, Any]:
        """Everything in it that an intruder could have changed."""
        inside = f"/sandbox/{self.world.token}"
        stats = json.loads(ask(self.world.url, "GET", f"{inside}/stats").text)
        kinds = ("attribute_groups", "services", "interventions", "attribute_keys")
        read = [f"{REGISTRY}/{kind}/" for kind in kinds] + ["/events", f"/trace/{self.event_id}"]
        return {
            "ahead": stats["clock"]["ahead_seconds"],
            "counts": (stats["events"], stats["definitions"]),
            "values": self.world.read("user_id", self.user),
            **{path: ask(self.world.url, "GET", inside + path).text for path in read},
        }

    def leaks(self, text: str, *sent: str) -> set[str]:
        """What is told of it, other than what was asked with."""
        secrets = {SECRET, self.event_id, self.intervention_id, self.user, self.world.token}
        return {each for each in secrets if each in text and each not in " ".join(sent)}


@pytest.fixture
def other(shared: EmbeddedServer, tmp_path: Path) -> Other:
    world, user = World(shared.url, new_token()), new_id()
    world.signals.publish(definitions(SECRET))
    event = seen(user, {"value": SECRET})
    with listening_raw(world, f"{API}/interventions?user_id={user}", world.token) as stream:
        world.post(event)
        nudge = stream.next()
    state = AppState(tmp_path / "app.db")
    code = Rooms(state).open(world.token, with_code=True).code
    state.close()
    number = shared.app.state.sandboxes.of_token(world.token).id
    return Other(world, user, event["eid"], nudge["intervention_id"], code, number)


@pytest.fixture
def intruder(shared: EmbeddedServer) -> World:
    world = World(shared.url, new_token())
    world.signals.publish(definitions("mine"))
    return world


# Requests as they stand


@dataclass
class Answer:
    status: int
    text: str


def head_of(url: str, method: str, path: str, bearer: str | None, length: int) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}"]
    lines += ["Content-Type: application/json", f"Content-Length: {length}"]
    if bearer is not None:
        lines.append(f"Authorization: Bearer {bearer}")
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1")


def ask(url: str, method: str, path: str, body: Any = None, bearer: str | None = None) -> Answer:
    address = urlsplit(url)
    sent = b"" if body is None else json.dumps(body).encode()
    head = head_of(url, method, path, bearer, len(sent))
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
        client.sendall(head.replace(b"\r\nHost", b"\r\nConnection: close\r\nHost") + sent)
        answer = b"".join(iter(lambda: client.recv(65_536), b"")).decode(errors="replace")
    return Answer(int(answer.split(" ", 2)[1]), answer.partition("\r\n\r\n")[2])


class Stream:
    """An open subscription."""

    def __init__(self, lines: TextIO) -> None:
        self._lines = lines
        while ": connected\n" not in self._lines.readline():
            pass

    def next(self) -> dict[str, Any]:
        """The next intervention; fails after ten seconds without one."""
        while not (line := self._lines.readline()).startswith("data: "):
            assert line, "the stream ended"
        intervention: dict[str, Any] = json.loads(line.removeprefix("data: "))
        return intervention

    def names_until(self, last: str) -> list[str]:
        """The names of all interventions up to one with this name."""
        names = [self.next()["name"]]
        while names[-1] != last:
            names.append(self.next()["name"])
        return names


@contextmanager
def listening_raw(world: World, path: str, bearer: str | None) -> Iterator[Stream]:
    """A subscription that is open when the block begins."""
    address = urlsplit(world.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
        client.sendall(head_of(world.url, "GET", path, bearer, 0))
        with client.makefile("r", encoding="utf-8") as lines:
            yield Stream(lines)


def push(world: World, user: str, name: str, bearer: str, inside: str = "") -> Answer:
    path = f"{inside}{API}/interventions?user_id={user}"
    return ask(world.url, "POST", path, {"name": name, "version": 1}, bearer)


# Guesses at a token, as they stand in a path

# Written like tokens, so that each is the name of a sandbox of its own, which is empty.
LIKE_TOKENS: dict[str, Callable[[Other], str]] = {
    "a user's id": lambda other: other.user,
    "a user's id without hyphens": lambda other: other.user.replace("-", ""),
    "an event's id": lambda other: other.event_id,
    "an intervention's id": lambda other: other.intervention_id,
    "its number, filled up": lambda other: f"{other.number:032}",
    "without its end": lambda other: other.world.token[:-1],
    "without its beginning": lambda other: other.world.token[1:],
    "its first 22 characters": lambda other: other.world.token[:22],
    "with one more character": lambda other: other.world.token + "A",
    "twice": lambda other: other.world.token * 2,
    "backwards": lambda other: other.world.token[::-1],
    "in the other case": lambda other: other.world.token.swapcase(),
    "in capitals": lambda other: other.world.token.upper(),
    "in small letters": lambda other: other.world.token.lower(),
    "wildcards of SQL": lambda other: "_" * len(other.world.token),
    "the longest": lambda other: "x" * 128,
}
# Not written like tokens.
UNLIKE_TOKENS: dict[str, Callable[[Other], str]] = {
    "the room's code": lambda other: other.code,
    "the room's code, squeezed": lambda other: squeezed(other.code),
    "a group's name": lambda other: "things",
    "a service's name": lambda other: "everything",
    "an intervention's name": lambda other: "nudge",
    "its number": lambda other: str(other.number),
    "the name of the only sandbox": lambda other: "single",
    "one character too short": lambda other: other.world.token[:21],
    "one character too long": lambda other: "x" * 129,
    "five times": lambda other: other.world.token * 5,
    "a wildcard": lambda other: "*",
    "SQL": lambda other: "'%20OR%201=1--",
    "with a wildcard of SQL": lambda other: other.world.token[:-1] + "%25",
}
# Only in a path, as headers are not decoded.
ENCODED: dict[str, Callable[[Other], str]] = {
    "encoded twice": lambda other: "".join(f"%25{ord(c):02X}" for c in other.world.token),
    "with a space": lambda other: other.world.token + "%20",
    "with a space before it": lambda other: "%20" + other.world.token,
    "with the end of a line": lambda other: other.world.token + "%0a",
    "with a NUL": lambda other: other.world.token + "%00",
    "in fullwidth letters": lambda other: quote(
        "".join(chr(ord(c) + 0xFEE0) for c in other.world.token)
    ),
}
IN_PATHS = [*LIKE_TOKENS, *UNLIKE_TOKENS, *ENCODED]
IN_BEARERS = [*LIKE_TOKENS, *UNLIKE_TOKENS]


def guess_at(other: Other, name: str) -> str:
    guess = (LIKE_TOKENS | UNLIKE_TOKENS | ENCODED)[name](other)
    assert guess != other.world.token
    return guess


def event_for(other: Other) -> dict[str, Any]:
    return {"schema": PAYLOAD, "data": [seen(other.user, {"value": "forged"})]}


def requests_for(other: Other) -> list[tuple[str, str, Any, int]]:
    """All that can be asked inside of a sandbox, with the status if the sandbox is empty."""
    values = {"service": "everything", "attribute_keys": {"user_id": [other.user]}}
    publish = [{"name": "things", "version": 1}]
    nudge = {"name": "forged", "version": 1}
    things = definitions("forged")[0].model_dump(mode="json", exclude_none=True)
    item = f"{REGISTRY}/attribute_groups/things"
    return [
        ("GET", "/stats", None, 200),
        ("GET", "/clock", None, 200),
        ("GET", "/events", None, 200),
        ("GET", f"/events?user_id={other.user}", None, 200),
        ("GET", f"/trace/{other.event_id}", None, 404),
        ("GET", "/micro/all", None, 200),
        ("GET", "/micro/good", None, 200),
        ("GET", "/micro/bad", None, 200),
        ("GET", f"{REGISTRY}/attribute_groups/", None, 200),
        ("GET", f"{REGISTRY}/interventions/", None, 200),
        ("GET", item, None, 404),
        ("GET", f"{item}/versions/1", None, 404),
        ("GET", f"{API}/event_log?name=log&identifier={other.user}", None, 404),
        ("POST", f"{API}/get-online-attributes", values, 404),
        ("PUT", f"{item}/versions/1", things, 404),
        ("DELETE", f"{item}/versions/1", None, 404),
        ("DELETE", f"{REGISTRY}/interventions/nudge/versions/1", None, 404),
        ("POST", f"{API}/engines/unpublish", {"attribute_groups": publish}, 404),
        ("POST", f"{API}/interventions?user_id={other.user}", nudge, 200),
        ("POST", TP2, event_for(other), 200),
        ("GET", f"/i?e=pv&uid={other.user}", None, 200),
        ("POST", f"/reset?user_id={other.user}", None, 200),
        ("POST", "/micro/reset", None, 200),
        ("POST", "/clock", {"seconds": 3600}, 200),
        ("DELETE", "/clock", None, 200),
        ("POST", "/reset", None, 200),
    ]


@pytest.mark.parametrize("name", IN_PATHS)
def test_guess_in_a_path_opens_nothing_of_another_sandbox(other: Other, name: str) -> None:
    before, guess = other.state, guess_at(other, name)
    asked = requests_for(other)
    answers = [
        ask(other.world.url, method, f"/sandbox/{guess}{path}", body)
        for method, path, body, _ in asked
    ]

    expected = [status if name in LIKE_TOKENS else 404 for *_, status in asked]
    assert [answer.status for answer in answers] == expected
    told = [
        other.leaks(answer.text, guess, path, str(body), other.user)
        for answer, (_, path, body, _) in zip(answers, asked, strict=True)
    ]
    assert [each for each in told if each] == []
    assert other.state == before


@pytest.mark.parametrize("name", IN_BEARERS)
def test_guess_as_a_bearer_opens_nothing_of_another_sandbox(other: Other, name: str) -> None:
    before, guess = other.state, guess_at(other, name)
    asked = [each for each in requests_for(other) if each[1].startswith(API)]
    answers = [ask(other.world.url, method, path, body, guess) for method, path, body, _ in asked]

    expected = [status if name in LIKE_TOKENS else 401 for *_, status in asked]
    assert [answer.status for answer in answers] == expected
    told = [
        other.leaks(answer.text, guess, path, str(body), other.user)
        for answer, (_, path, body, _) in zip(answers, asked, strict=True)
    ]
    assert [each for each in told if each] == []
    assert other.state == before


@pytest.mark.parametrize("name", LIKE_TOKENS)
def test_subscription_with_a_guess_hears_nothing_of_another_sandbox(
    other: Other, name: str
) -> None:
    guess = guess_at(other, name)
    path = f"/sandbox/{guess}{API}/interventions?user_id={other.user}"
    with listening_raw(other.world, path, None) as stream:
        push(other.world, other.user, "secret", other.world.token)
        push(other.world, other.user, "own", guess)
        assert stream.names_until("own") == ["own"]


@pytest.mark.parametrize("name", [*UNLIKE_TOKENS, *ENCODED])
def test_subscription_with_what_is_no_token_is_404(other: Other, name: str) -> None:
    path = f"/sandbox/{guess_at(other, name)}{API}/interventions?user_id={other.user}"
    detail = "This is not a sandbox token: it needs 22 or more URL-safe characters."
    assert ask(other.world.url, "GET", path) == Answer(404, f'{{"detail":"{detail}"}}')


def test_subscription_without_a_token_is_401(other: Other) -> None:
    answer = ask(other.world.url, "GET", f"{API}/interventions?user_id={other.user}")
    detail = "Not authenticated: send 'Authorization: Bearer <token>'."
    assert answer == Answer(401, f'{{"detail":"{detail}"}}')


def test_what_is_pushed_with_any_guess_reaches_nobody_in_another_sandbox(other: Other) -> None:
    path = f"{API}/interventions?user_id={other.user}"
    with listening_raw(other.world, path, other.world.token) as stream:
        for guess in [guess_at(other, name) for name in IN_BEARERS]:
            push(other.world, other.user, "forged", guess)
            push(other.world, other.user, "forged", "", f"/sandbox/{guess}")
        push(other.world, other.user, "own", other.world.token)
        assert stream.names_until("own") == ["own"]


# Paths that might be taken for another one

# Each with the status of a GET and of a POST. {other} is the very token: a server that tidied the
# path up, or matched it loosely, would let it in.
TRICKS = {
    "/sandbox/{mine}/../{other}/{act}": (404, 404),
    "/sandbox/{mine}/./../{other}/{act}": (404, 404),
    "/sandbox/{mine}/%2e%2e/{other}/{act}": (404, 404),
    "/sandbox/{mine}/%252e%252e/{other}/{act}": (404, 404),
    "/sandbox/{mine}%2f..%2f{other}/{act}": (404, 404),
    "/sandbox/{mine}/..%2f..%2fsandbox/{other}/{act}": (404, 404),
    "/sandbox/{mine}/..;/{other}/{act}": (404, 404),
    "/sandbox/{mine}\\..\\{other}/{act}": (404, 404),
    "/sandbox/{mine}/{other}/{act}": (200, 200),  # one's own collector takes any two parts
    "/sandbox/{mine}//{other}/{act}": (404, 404),
    "/sandbox/{mine};{other}/{act}": (404, 404),
    "/sandbox/{mine},{other}/{act}": (404, 404),
    "/sandbox/{mine}%00{other}/{act}": (404, 404),
    "/sandbox/./{other}/{act}": (404, 404),
    "/sandbox//{other}/{act}": (404, 404),
    "//sandbox/{other}/{act}": (404, 404),
    "/./sandbox/{other}/{act}": (404, 404),
    "/SANDBOX/{other}/{act}": (404, 404),
    "/sandbox%3a{other}/{act}": (404, 404),
    "/sandbox/{other}/{act}/": (404, 404),
    "/api/v1/../../sandbox/{other}/{act}": (404, 404),
    "/micro/../sandbox/{other}/{act}": (404, 404),
    "/{other}/{act}": (404, 404),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_trick_with_a_path_leads_into_no_other_sandbox(
    other: Other, intruder: World, trick: str
) -> None:
    before = other.state
    path = trick.format(mine=intruder.token, other=other.world.token, act="{act}")
    read = ask(intruder.url, "GET", path.format(act="events"), None, intruder.token)
    wrote = ask(intruder.url, "POST", path.format(act="reset"), None, intruder.token)

    assert (read.status, wrote.status) == TRICKS[trick]
    assert other.leaks(read.text + wrote.text) == set()
    assert other.state == before


def test_path_of_a_collector_with_a_token_at_its_end_is_of_the_sandbox_at_its_start(
    other: Other, intruder: World
) -> None:
    """The collector takes any path of two parts, `..` among them."""
    before = other.state
    path = f"/sandbox/{intruder.token}/../{other.world.token}"
    answer = ask(intruder.url, "POST", path, event_for(other))

    assert answer == Answer(200, "ok")
    assert other.state == before


@pytest.mark.parametrize("key", ["token", "sandbox", "sandbox_token", "authorization"])
def test_query_names_no_sandbox(other: Other, intruder: World, key: str) -> None:
    path = f"/sandbox/{intruder.token}/events?{key}={other.world.token}"
    assert ask(intruder.url, "GET", path) == Answer(200, "[]")


WITHOUT_A_TOKEN = {
    "/": 404,
    "/health": 200,
    "/docs": 200,
    "/openapi.json": 200,
    "/sandbox": 404,
    "/sandbox/": 404,
    "/stats": 404,
    "/events": 404,
}


@pytest.mark.parametrize("path", WITHOUT_A_TOKEN)
def test_what_needs_no_token_tells_of_no_sandbox(other: Other, path: str) -> None:
    answer = ask(other.world.url, "GET", path)
    assert (answer.status, other.leaks(answer.text)) == (WITHOUT_A_TOKEN[path], set())


@pytest.mark.parametrize("path", ["/micro/all", "/micro/good", "/i?e=pv"])
def test_what_is_of_everyone_elsewhere_is_of_nobody_here(other: Other, path: str) -> None:
    answer = ask(other.world.url, "GET", path, None, other.world.token)
    detail = "This server holds many sandboxes: use the path /sandbox/<token>."
    assert answer == Answer(404, f'{{"detail":"{detail}"}}')


def test_encoded_token_is_the_same_token(intruder: World) -> None:
    """Which takes knowing it: there is one sandbox for one token, however it is written."""
    intruder.post(seen(new_id()))
    encoded = "".join(f"%{ord(character):02x}" for character in intruder.token)
    answer = ask(intruder.url, "GET", f"/sandbox/{encoded}/micro/all")
    assert json.loads(answer.text)["total"] == 1


# A path and a bearer that name different sandboxes: the path decides, the bearer is not looked at.
# Each of them is a whole key, so who has both gains nothing by it; and trackers and browsers, which
# use the paths, send no bearer or one that is not ours to judge.


def test_ones_own_path_reads_ones_own_sandbox_whatever_the_bearer(
    other: Other, intruder: World
) -> None:
    path = f"/sandbox/{intruder.token}{API}/get-online-attributes"
    body = {"service": "everything", "attribute_keys": {"user_id": [other.user]}}
    answer = ask(intruder.url, "POST", path, body, other.world.token)
    nothing = {"user_id": [other.user], "count": [None], "value": [None]}
    assert (answer.status, json.loads(answer.text)) == (200, nothing)


def test_ones_own_path_changes_ones_own_sandbox_only_whatever_the_bearer(
    other: Other, intruder: World
) -> None:
    before, own = other.state, f"/sandbox/{intruder.token}"
    deleted = f"{own}{REGISTRY}/interventions/nudge/versions/1"
    unpublished = {"interventions": [{"name": "nudge", "version": 1}]}
    statuses = [
        ask(intruder.url, method, path, body, other.world.token).status
        for method, path, body in (
            ("POST", f"{own}{API}/engines/unpublish", unpublished),
            ("DELETE", deleted, None),
            ("POST", f"{own}{TP2}", event_for(other)),
            ("POST", f"{own}/reset", None),
        )
    ]
    assert statuses == [200, 200, 200, 200]
    assert other.state == before


def test_path_of_another_sandbox_is_of_that_one_whatever_the_bearer(
    other: Other, intruder: World
) -> None:
    path = f"/sandbox/{other.world.token}/micro/all"
    answer = ask(intruder.url, "GET", path, None, intruder.token)
    assert (answer.status, json.loads(answer.text)["total"]) == (200, 1)


def test_path_that_is_no_token_is_404_whatever_the_bearer(other: Other, intruder: World) -> None:
    path = f"/sandbox/{other.number}{REGISTRY}/services/"
    detail = "This is not a sandbox token: it needs 22 or more URL-safe characters."
    answer = ask(intruder.url, "GET", path, None, other.world.token)
    assert answer == Answer(404, f'{{"detail":"{detail}"}}')


# With what belongs to the other, in one's own sandbox


def test_values_of_anothers_user_are_none(other: Other, intruder: World) -> None:
    nothing = {"user_id": [other.user], "count": [None], "value": [None]}
    assert intruder.read("user_id", other.user) == nothing


def test_trace_of_anothers_event_is_404(other: Other, intruder: World) -> None:
    answer = ask(intruder.url, "GET", f"/sandbox/{intruder.token}/trace/{other.event_id}")
    detail = f"No trace of the event {other.event_id}. It never came, or is too old."
    assert answer == Answer(404, f'{{"detail":"{detail}"}}')


def test_events_of_anothers_user_are_none(other: Other, intruder: World) -> None:
    path = f"/sandbox/{intruder.token}/events?user_id={other.user}"
    assert ask(intruder.url, "GET", path) == Answer(200, "[]")


def test_anothers_user_and_event_may_come_here_too_and_count_here_only(
    other: Other, intruder: World
) -> None:
    before = other.state
    intruder.post(seen(other.user, {"value": "mine"}, eid=other.event_id))

    assert intruder.read("user_id", other.user)["value"] == ["mine"]
    assert other.state == before


def test_what_fires_here_for_anothers_user_is_heard_here_only(
    other: Other, intruder: World
) -> None:
    user = new_id()
    path = f"{API}/interventions?user_id={user}"
    with (
        listening_raw(intruder, path, intruder.token) as here,
        listening_raw(other.world, path, other.world.token) as there,
    ):
        intruder.post(seen(user))
        here.names_until("nudge")
        push(other.world, user, "own", other.world.token)
        assert there.names_until("own") == ["own"]


def test_what_fired_here_for_anothers_user_fires_there_all_the_same(
    other: Other, intruder: World
) -> None:
    user = new_id()
    intruder.post(seen(user))
    path = f"{API}/interventions?user_id={user}"
    with listening_raw(other.world, path, other.world.token) as there:
        other.world.post(seen(user))
        assert there.next()["name"] == "nudge"


def test_intervention_with_anothers_id_changes_nothing_there(other: Other, intruder: World) -> None:
    before = other.state
    body = {"name": "forged", "version": 1, "intervention_id": other.intervention_id}
    path = f"{API}/interventions?user_id={other.user}"
    answer = ask(intruder.url, "POST", path, body, intruder.token)

    assert answer == Answer(200, '{"status":"undelivered"}')
    assert other.state == before


def test_resetting_anothers_user_here_changes_nothing_there(other: Other, intruder: World) -> None:
    before = other.state
    ask(intruder.url, "POST", f"/sandbox/{intruder.token}/reset?user_id={other.user}")
    assert other.state == before


def test_publishing_the_same_names_here_changes_nothing_there(
    other: Other, intruder: World
) -> None:
    before = other.state
    intruder.signals.publish([*definitions("changed"), group(name="more")])
    assert other.state == before


def test_deleting_the_same_names_here_changes_nothing_there(other: Other, intruder: World) -> None:
    before = other.state
    for each in reversed(definitions("mine")):
        intruder.signals.unpublish([each])
        intruder.signals.delete([each])
    assert other.state == before


# What a token is


def test_tokens_have_192_random_bits_and_no_two_are_the_same() -> None:
    tokens = {new_token() for _ in range(1_000)}
    assert (len(tokens), {len(token) for token in tokens}) == (1_000, {32})

"""One sandbox of a shared server cannot be reached from another by guessing its token.

The guesses are made of everything that a participant can learn of another one: its users, events,
interventions and definitions, the code of its room, its number in the database, and parts of its
token.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from lib.connection.backend import new_token
from lib.people.room import squeezed
from tests.support.isolation import (
    API,
    REGISTRY,
    Answer,
    Other,
    ask,
    definitions,
    event_for,
    listening_raw,
    push,
)
from tests.support.sandbox import TP2

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


@pytest.fixture
def other(lasting_other: Other) -> Other:
    return lasting_other


def guess_at(other: Other, name: str) -> str:
    guess = (LIKE_TOKENS | UNLIKE_TOKENS | ENCODED)[name](other)
    assert guess != other.world.token
    return guess


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
        ("GET", "/fired", None, 200),
        ("GET", f"/fired?identifier={other.user}", None, 200),
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
def test_guess_in_a_path_does_not_open_another_sandbox(other: Other, name: str) -> None:
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
def test_guess_as_a_bearer_does_not_open_another_sandbox(other: Other, name: str) -> None:
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
def test_subscription_with_a_guess_gets_nothing_from_another_sandbox(
    other: Other, name: str
) -> None:
    guess = guess_at(other, name)
    path = f"/sandbox/{guess}{API}/interventions?user_id={other.user}"
    with listening_raw(other.world, path, None) as stream:
        push(other.world, other.user, "secret", other.world.token)
        push(other.world, other.user, "own", guess)
        assert stream.names_until("own") == ["own"]


@pytest.mark.parametrize("name", [*UNLIKE_TOKENS, *ENCODED])
def test_subscription_with_anything_but_a_token_is_404(other: Other, name: str) -> None:
    path = f"/sandbox/{guess_at(other, name)}{API}/interventions?user_id={other.user}"
    detail = "This is not a sandbox token: it needs 22 or more URL-safe characters."
    assert ask(other.world.url, "GET", path) == Answer(404, f'{{"detail":"{detail}"}}')


def test_subscription_without_a_token_is_401(other: Other) -> None:
    answer = ask(other.world.url, "GET", f"{API}/interventions?user_id={other.user}")
    detail = "Not authenticated: send 'Authorization: Bearer <token>'."
    assert answer == Answer(401, f'{{"detail":"{detail}"}}')


def test_push_with_a_guess_reaches_nobody_in_another_sandbox(other: Other) -> None:
    path = f"{API}/interventions?user_id={other.user}"
    with listening_raw(other.world, path, other.world.token) as stream:
        for guess in [guess_at(other, name) for name in IN_BEARERS]:
            push(other.world, other.user, "forged", guess)
            push(other.world, other.user, "forged", "", f"/sandbox/{guess}")
        push(other.world, other.user, "own", other.world.token)
        assert stream.names_until("own") == ["own"]


# What a token is


def test_tokens_have_192_random_bits_and_are_unique() -> None:
    tokens = {new_token() for _ in range(1_000)}
    assert (len(tokens), {len(token) for token in tokens}) == (1_000, {32})

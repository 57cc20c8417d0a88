"""Reading values answers the same, whether a route reads them or not."""

import json
from typing import Any

import pytest

from lib.sandbox.queries import online
from lib.sandbox.signals.attributes import ComputedGroup
from lib.sandbox.signals.profile import Profile
from lib.sandbox.signals.profiles import Profiles
from tests.support.sandbox import HTTP, World, attribute, group, new_id, seen

QUICK = "application/json"
BY_A_ROUTE = "application/vnd.api+json"  # JSON too, but not what the SDK says

READER = new_id()
READ = {"service": "everything", "attribute_keys": {"user_id": [READER]}}
ONE = {"attributes": ["things_v1:value"], "attribute_keys": {"user_id": [READER]}}


@pytest.fixture
def world(shared_world: World) -> World:
    """A sandbox in which the reader was seen once."""
    shared_world.publish(group(attribute("value", "counter")))
    shared_world.post(seen(READER))
    return shared_world


def read(world: World, content: bytes, kind: str, *, token: str = "", path: str = "") -> Any:
    """Status and body, and what the sandbox says of itself."""
    headers = {"Content-Type": kind, "Authorization": f"Bearer {token or world.token}"}
    answer = HTTP.post(
        f"{world.url}{path}/api/v1/get-online-attributes", content=content, headers=headers
    )
    own = {name: each for name, each in answer.headers.items() if name.startswith("sandbox-")}
    return answer.status_code, answer.text, own


@pytest.mark.parametrize("asked", [READ, ONE])
def test_the_value_is_read_either_way(world: World, asked: dict[str, Any]) -> None:
    body = json.dumps(asked).encode()
    status, text, own = read(world, body, QUICK)
    assert (status, json.loads(text)["value"]) == (200, [1])
    assert set(own) == {"sandbox-ahead-seconds", "sandbox-definitions"}
    assert (status, text, own) == read(world, body, BY_A_ROUTE)


def test_a_sandbox_named_by_the_path_is_read_either_way(world: World) -> None:
    body, path = json.dumps(READ).encode(), f"/sandbox/{world.token}"
    status, text, own = read(world, body, QUICK, token="another", path=path)
    assert (status, json.loads(text)["value"]) == (200, [1])
    assert (status, text, own) == read(world, body, BY_A_ROUTE, token="another", path=path)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[]", 422),
        (b'{"service": NaN}', 422),
        (b'{"service": "everything"}', 422),
        (b'{"service": "nothing", "attribute_keys": {"user_id": ["a"]}}', 404),
        (b'{"attributes": ["things_v2:value"], "attribute_keys": {"user_id": ["a"]}}', 404),
        (b"[" * 2_000 + b"]" * 2_000, 422),
        (b" " * 300_000, 422),
    ],
)
def test_problems_are_answered_the_same_either_way(
    world: World, content: bytes, status: int
) -> None:
    quick = read(world, content, QUICK)
    assert quick[0] == status
    assert quick == read(world, content, BY_A_ROUTE)


def test_a_reading_that_is_refused_is_computed_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online, "ANSWER_BYTES", 0)
    computed: list[str] = []
    get = Profiles.get

    def counted(self: Profiles, group: ComputedGroup, identifier: str) -> Profile:
        computed.append(identifier)
        return get(self, group, identifier)

    monkeypatch.setattr(Profiles, "get", counted)
    body = json.dumps(READ).encode()
    quick = read(world, body, QUICK)
    assert (quick[0], computed) == (422, [READER])
    assert quick == read(world, body, BY_A_ROUTE)


def test_a_sandbox_that_cannot_be_is_refused_either_way(world: World) -> None:
    body = json.dumps(READ).encode()
    quick = read(world, body, QUICK, token="a b")
    assert quick[0] == 401
    assert quick == read(world, body, BY_A_ROUTE, token="a b")

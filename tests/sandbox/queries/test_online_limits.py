"""How much one request may read, and what it costs: see `limits`."""

from typing import Any

import pytest

from lib.sandbox.queries import online
from lib.sandbox.signals.attributes import ComputedGroup
from lib.sandbox.signals.engine import Engine
from lib.sandbox.signals.profile import Profile
from lib.sandbox.signals.profiles import Profiles
from tests.support.sandbox import World, attribute, group, new_id, seen, service


def refusal(world: World, body: dict[str, Any]) -> str:
    answer = world.api("POST", "get-online-attributes", body)
    assert answer.status_code == 422, answer.text
    return str(answer.json()["detail"][0]["msg"])


def test_a_read_has_so_many_identifiers_attributes_and_values_at_most(shared_world: World) -> None:
    names = [f"things_v1:count_{number}" for number in range(100)]
    counters = [attribute(name.split(":")[1], "counter") for name in names]
    shared_world.publish(group(*counters))
    ids = [new_id() for _ in range(501)]

    def asked(count: int, identifiers: list[str]) -> dict[str, Any]:
        return {"attributes": (names * 6)[:count], "attribute_keys": {"user_id": identifiers}}

    assert "501 attributes, and at most 500" in refusal(shared_world, asked(501, ids[:1]))
    assert "50,100 values, and at most 50,000" in refusal(shared_world, asked(100, ids))
    split = {"user_id": ids, "domain_userid": ids}
    more = {"attributes": names[:1], "attribute_keys": split}
    assert "1,002 identifiers, and at most 1,000" in refusal(shared_world, more)
    assert len(shared_world.read("user_id", *ids[:500])["count_99"]) == 500


def test_a_service_of_too_many_attributes_is_refused_before_its_groups_are_compiled(
    shared_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = [attribute(f"count_{number}", "counter") for number in range(100)]
    groups = [group(*counters, name=f"things_{number}") for number in range(6)]
    shared_world.signals.registry.create_or_update([*groups, service(*groups)])
    compiled: list[str] = []
    compute = Engine.group_of

    def counted(self: Engine, group_id: int, model: Any, published_at: int = 0) -> ComputedGroup:
        compiled.append(model.name)
        return compute(self, group_id, model, published_at)

    monkeypatch.setattr(Engine, "group_of", counted)
    body = {"service": "everything", "attribute_keys": {"user_id": [new_id()]}}
    assert refusal(shared_world, body) == (
        "service 'everything' has more than 500 attributes, the most that one request may read."
        " Read them by group."
    )
    assert compiled == []


def test_values_of_an_answer_have_so_many_bytes_at_most(
    shared_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online, "ANSWER_BYTES", 20_000)
    shared_world.publish(group(attribute("text")))
    users = [new_id() for _ in range(3)]
    shared_world.post(*(seen(user, {"value": "x" * 8_000}) for user in users))
    body = {"service": "everything", "attribute_keys": {"user_id": users}}
    assert "more than 20,000 bytes. Ask for fewer" in refusal(shared_world, body)
    assert len(shared_world.read("user_id", *users[:2])["text"][0]) == 8_000


def test_profile_is_looked_up_once_for_all_attributes_of_its_group(
    shared_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared_world.publish(group(*(attribute(f"text_{number}") for number in range(50))))
    looked_up: list[str] = []
    get = Profiles.get

    def counted(self: Profiles, computed: ComputedGroup, identifier: str) -> Profile:
        looked_up.append(identifier)
        return get(self, computed, identifier)

    monkeypatch.setattr(Profiles, "get", counted)
    users = [new_id() for _ in range(40)]
    shared_world.read("user_id", *users, *users)
    assert looked_up == users

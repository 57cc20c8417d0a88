"""Reading attribute values: what `get-online-attributes` answers, and in which types."""

from typing import Any

import pytest
from snowplow_signals import (
    AttributeKey,
    EventProperty,
    SignalsAPIError,
    domain_sessionid,
)

from lib.sandbox.queries import online
from lib.sandbox.signals.attributes import ComputedGroup
from lib.sandbox.signals.profile import Profile
from lib.sandbox.signals.profiles import Profiles
from tests.support.sandbox import World, attribute, group, new_id, seen

COUNT = attribute("count", "counter")
LAST = attribute("last", "last", type="int64")
TEAM = AttributeKey(
    name="team",
    property=EventProperty(vendor="org.example", name="seen", major_version=1, path="team"),
)


def read_group(world: World, names: list[str], key: str, *ids: str, **options: Any) -> Any:
    body = {"attributes": names, "attribute_keys": {key: list(ids)}, **options}
    answer = world.api("POST", "get-online-attributes", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


# Shape


def test_several_identifiers_are_answered_in_the_requested_order(shared_world: World) -> None:
    shared_world.publish(group(COUNT, LAST))
    one, two, none = new_id(), new_id(), new_id()
    shared_world.post(seen(one, {"value": 1}), seen(two, {"value": 2}), seen(two, {"value": 3}))
    assert shared_world.read("user_id", two, none, one, two) == {
        "user_id": [two, none, one, two],
        "count": [2, None, 1, 2],
        "last": [3, None, 1, 3],
    }


def test_values_of_single_attributes_are_read_by_group(shared_world: World) -> None:
    shared_world.publish(group(COUNT, LAST))
    user = new_id()
    shared_world.post(seen(user, {"value": 1}))
    assert read_group(shared_world, ["things_v1:last"], "user_id", user) == {
        "user_id": [user],
        "last": [1],
    }


def test_attributes_of_several_groups_are_read_at_once(shared_world: World) -> None:
    shared_world.publish(group(COUNT), group(LAST, name="others", version=3))
    user = new_id()
    shared_world.post(seen(user, {"value": 1}))
    names = ["others_v3:last", "things_v1:count"]
    assert read_group(shared_world, names, "user_id", user) == {
        "user_id": [user],
        "last": [1],
        "count": [1],
    }


def test_full_names_tell_versions_of_a_group_apart(shared_world: World) -> None:
    user = new_id()
    shared_world.publish(group(COUNT))
    shared_world.post(seen(user))
    shared_world.publish(group(COUNT), group(COUNT, version=2))
    shared_world.post(seen(user))
    names = ["things_v1:count", "things_v2:count"]
    answer = read_group(shared_world, names, "user_id", user, full_attribute_names=True)
    assert answer == {"user_id": [user], "things_v1:count": [2], "things_v2:count": [1]}


def test_service_has_full_names_on_request(shared_world: World) -> None:
    shared_world.publish(group(COUNT))
    user = new_id()
    body = {
        "service": "everything",
        "attribute_keys": {"user_id": [user]},
        "full_attribute_names": True,
    }
    answer = shared_world.api("POST", "get-online-attributes", body)
    assert answer.json() == {"user_id": [user], "things_v1:count": [None]}


def test_service_of_several_keys_takes_identifiers_for_each(shared_world: World) -> None:
    sessions = group(
        attribute("seen_in_session", "counter"), name="s", attribute_key=domain_sessionid
    )
    shared_world.publish(group(COUNT), sessions, group(LAST, name="t", attribute_key=TEAM))
    user, session = new_id(), new_id()
    shared_world.post(seen(user, {"value": 4, "team": "blue"}, sid=session), seen(user))
    body = {
        "service": "everything",
        "attribute_keys": {"user_id": [user], "domain_sessionid": [session], "team": ["blue"]},
    }
    assert shared_world.api("POST", "get-online-attributes", body).json() == {
        "user_id": [user],
        "count": [2],
        "domain_sessionid": [session],
        "seen_in_session": [1],
        "team": ["blue"],
        "last": [4],
    }


def test_key_that_was_not_requested_is_null(shared_world: World) -> None:
    shared_world.publish(group(COUNT), group(LAST, name="t", attribute_key=TEAM))
    user = new_id()
    shared_world.post(seen(user, {"value": 4, "team": "blue"}))
    assert shared_world.read("user_id", user) == {
        "user_id": [user],
        "count": [1],
        "team": [None],
        "last": [None],
    }


def test_an_identifier_with_a_nul_has_no_value_and_harms_no_other(shared_world: World) -> None:
    shared_world.publish(group(LAST, attribute_key=TEAM))
    team = new_id()
    shared_world.post(seen(new_id(), {"value": 4, "team": team}))
    assert shared_world.read("team", f"{team}\0x", team)["last"] == [None, 4]


def test_list_values_are_lists_in_the_list(shared_world: World) -> None:
    shared_world.publish(group(attribute("values", "unique_list", type="string_list")))
    user = new_id()
    shared_world.post(seen(user, {"value": "a"}), seen(user, {"value": "b"}))
    assert shared_world.read("user_id", user)["values"] == [["a", "b"]]


def test_sdk_returns_the_values_of_one_identifier_without_lists(shared_world: World) -> None:
    shared_world.publish(group(COUNT, LAST))
    user = new_id()
    shared_world.post(seen(user, {"value": 7}))
    values = shared_world.signals.get_service_attributes("everything", "user_id", user)
    assert values == {"user_id": user, "count": 1, "last": 7}


# Types


@pytest.mark.parametrize(
    ("aggregation", "type_name", "values", "expected"),
    [
        ("last", "int64", [5.0], 5),
        ("last", "double", [5], 5.0),
        ("last", "string", [5], "5"),
        ("last", "string", [True], "true"),
        ("last", "bool", [True], True),
        ("last", "bool", ["yes"], None),
        ("last", "int32", ["five"], None),
        ("sum", "double", [1, 2], 3.0),
        ("sum", "int64", [2**62, 2**62], None),
        ("sum", "int64", [1e300], None),
        ("mean", "float", [1, 2], 1.5),
        ("category_count", "dict", ["a", "b", "a"], {"a": 2, "b": 1}),
        ("unique_list", "int64_list", [3, 1, 3], [1, 3]),
        ("approx_count_distinct", "int32", ["a", "b", "a"], 2),
        ("most_frequent", "string", ["a", "b", "a"], "a"),
    ],
)
def test_value_has_the_declared_type(
    shared_world: World, aggregation: str, type_name: str, values: list[Any], expected: Any
) -> None:
    shared_world.publish(group(attribute("value", aggregation, type=type_name)))
    user = new_id()
    shared_world.post(*[seen(user, {"value": value}) for value in values])
    [value] = shared_world.read("user_id", user)["value"]
    assert (value, type(value)) == (expected, type(expected))


# Unknown


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"service": "nothing"}, "Service 'nothing' does not exist"),
        ({"attributes": ["other_v1:a"]}, "Attribute group 'other' version 1 does not exist"),
        ({"attributes": ["things_v2:a"]}, "Attribute group 'things' version 2 does not exist"),
        (
            {"attributes": ["things_v1:a"]},
            "Attribute group 'things' version 1 has no attribute 'a'",
        ),
        (
            {"attributes": [f"things_v{'9' * 5000}:a"]},
            "Attribute group 'things' has no version of 5000 digits",
        ),
    ],
)
def test_unknown_name_is_404_and_named(
    shared_world: World, body: dict[str, Any], detail: str
) -> None:
    shared_world.publish(group(COUNT))
    asked = {**body, "attribute_keys": {"user_id": [new_id()]}}
    answer = shared_world.api("POST", "get-online-attributes", asked)
    assert (answer.status_code, answer.json()) == (404, {"detail": detail})


def test_sdk_raises_for_an_unknown_service(shared_world: World) -> None:
    with pytest.raises(SignalsAPIError) as caught:
        shared_world.signals.get_service_attributes("nothing", "user_id", new_id())
    assert (caught.value.status_code, caught.value.message) == (
        404,
        {"detail": "Service 'nothing' does not exist"},
    )


# Limits


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
    assert len(read_group(shared_world, names, "user_id", *ids[:500])["count_99"]) == 500


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

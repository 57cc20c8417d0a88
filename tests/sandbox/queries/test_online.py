"""Reading attribute values: what `get-online-attributes` answers, and in which types."""

from typing import Any

import pytest
from snowplow_signals import (
    AttributeKey,
    EventProperty,
    SignalsAPIError,
    domain_sessionid,
)

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


@pytest.mark.parametrize("order", [1, -1])
def test_a_group_on_a_key_that_was_not_requested_hides_no_value_of_another(
    shared_world: World, order: int
) -> None:
    views = attribute("page_views", "counter")
    groups = [
        group(views, name="user_counts"),
        group(views, name="session_counts", attribute_key=domain_sessionid),
    ]
    shared_world.publish(*groups[::order])
    user, session = new_id(), new_id()
    shared_world.post(seen(user, sid=session), seen(user))
    assert shared_world.read("user_id", user) == {
        "user_id": [user],
        "domain_sessionid": [None],
        "page_views": [2],
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

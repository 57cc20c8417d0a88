"""Definitions that are written in another way, published again as they are, or only unpublished."""

from typing import Any

import pytest
from snowplow_signals import (
    AttributeKey,
    EventProperty,
    LinkAttributeKey,
    StreamAttributeGroup,
    user_id,
)

from lib.sandbox.pipeline.iglu import METASCHEMA
from tests.support.definitions import COUNT, DEFINITIONS, TOTAL, refusal
from tests.support.known import as_json
from tests.support.sandbox import (
    HTTP,
    World,
    attribute,
    criterion,
    group,
    intervention,
    new_id,
    seen,
)

GROUP = "registry/attribute_groups/things/versions/1"

# The same in other words

UNSAID = [LinkAttributeKey(name="user_id"), AttributeKey(name="user_id")]


@pytest.mark.parametrize("key", UNSAID, ids=["link", "name"])
def test_a_key_that_is_its_column_is_the_same_whether_it_says_so_or_not(
    shared_world: World, key: Any
) -> None:
    user = new_id()
    shared_world.publish(group(COUNT, attribute_key=key))
    shared_world.post(seen(user))
    shared_world.signals.publish([user_id, group(COUNT)])
    assert shared_world.read("user_id", user)["count"] == [1]


@pytest.mark.parametrize("key", UNSAID, ids=["link", "name"])
def test_a_group_is_unpublished_with_its_key_in_other_words_and_keeps_its_values(
    shared_world: World, key: Any
) -> None:
    user = new_id()
    shared_world.publish(group(COUNT, attribute_key=key))
    shared_world.post(seen(user))
    shared_world.signals.unpublish([group(COUNT)])
    assert shared_world.read("user_id", user)["count"] == [1]


def test_a_key_that_a_group_names_is_the_one_that_the_registry_has(shared_world: World) -> None:
    registered = AttributeKey(name="app", key="app_id")
    shared_world.signals.registry.create_or_update([registered])
    shared_world.signals.publish([group(COUNT, attribute_key=LinkAttributeKey(name="app"))])
    shared_world.signals.publish([group(COUNT, attribute_key=registered)])
    other = group(COUNT, attribute_key=AttributeKey(name="app", key="app"))
    status, answer = refusal(lambda: shared_world.signals.publish([other]))
    assert (status, "cannot be changed" in answer["detail"]) == (409, True)


def test_no_targets_are_the_same_as_an_empty_list_of_them(shared_world: World) -> None:
    rule = criterion("things:count", ">=", 2)
    shared_world.signals.publish([group(COUNT), intervention(rule, target_attribute_keys=None)])
    shared_world.signals.publish([intervention(rule, target_attribute_keys=[])])
    read = shared_world.signals.interventions.get("nudge")
    assert (read.is_published, read.target_attribute_keys) == (True, [])


def test_an_empty_list_as_a_default_is_another_than_none(shared_world: World) -> None:
    listed = attribute("values", "unique_list", type="string_list")
    shared_world.signals.publish([group(listed)])
    changed = group(listed.model_copy(update={"default_value": []}))
    assert refusal(lambda: shared_world.signals.publish([changed]))[0] == 409


# What was published, and could not be published now


@pytest.fixture
def outdated(shared_world: World) -> StreamAttributeGroup:
    """A published group with a date part of a field that is no date-time, says a newer schema."""
    placed = EventProperty(
        vendor="com.acme", name="order", major_version=1, path="placed", date_part="active_day"
    )
    published = group(attribute("day", "last", property=placed))
    shared_world.signals.publish([published])
    described = {"vendor": "com.acme", "name": "order", "format": "jsonschema"}
    schema = {
        "$schema": METASCHEMA,
        "self": {**described, "version": "1-0-0"},
        "type": "object",
        "properties": {"placed": {"type": "integer"}},
    }
    assert HTTP.post(f"{shared_world.collector}/schemas", json=schema).status_code == 201
    return published


def is_published(world: World) -> bool:
    found: bool = world.api("GET", GROUP).json()["is_published"]
    return found


def test_what_was_published_is_published_the_same_again(
    shared_world: World, outdated: StreamAttributeGroup
) -> None:
    described = outdated.model_copy(update={"description": "Days with orders"})
    shared_world.signals.publish([outdated])
    shared_world.signals.publish([described])
    assert shared_world.api("GET", GROUP).json()["description"] == "Days with orders"


def test_what_was_published_is_unpublished_and_deleted(
    shared_world: World, outdated: StreamAttributeGroup
) -> None:
    shared_world.signals.unpublish([outdated])
    assert not is_published(shared_world)
    shared_world.signals.delete([outdated])
    assert shared_world.api("GET", GROUP).status_code == 404


def test_what_was_published_is_unpublished_by_name(
    shared_world: World, outdated: StreamAttributeGroup
) -> None:
    named = {"attribute_groups": [{"name": "things", "version": 1}]}
    assert shared_world.api("POST", "engines/unpublish", named).status_code == 200
    assert not is_published(shared_world)


def test_what_could_not_be_published_now_is_refused_once_it_is_unpublished(
    shared_world: World, outdated: StreamAttributeGroup
) -> None:
    shared_world.signals.unpublish([outdated])
    status, answer = refusal(lambda: shared_world.signals.publish([outdated]))
    assert (status, "needs a date-time field" in answer["detail"][0]["msg"]) == (422, True)


def test_owner_of_a_published_group_must_be_an_address_all_the_same(shared_world: World) -> None:
    shared_world.signals.publish([group(COUNT)])
    nobodys = as_json(group(COUNT)) | {"owner": "nobody", "is_published": True}
    answer = shared_world.api("PUT", GROUP, nobodys)
    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [["body", "owner"]]


# Changed and unpublished at once


def test_group_that_was_edited_is_unpublished_as_it_was_and_keeps_its_values(
    shared_world: World,
) -> None:
    user = new_id()
    shared_world.publish(group(COUNT))
    shared_world.post(seen(user))
    shared_world.signals.unpublish([group(COUNT, TOTAL)])
    assert not is_published(shared_world)

    shared_world.publish(group(COUNT))
    assert shared_world.read("user_id", user) == {"user_id": [user], "count": [1]}


def test_what_the_api_answered_is_unpublished(shared_world: World) -> None:
    user = new_id()
    shared_world.signals.publish(DEFINITIONS)
    shared_world.post(seen(user))
    for path in (GROUP, "registry/interventions/nudge/versions/1"):
        answered = shared_world.api("GET", path).json()
        put = shared_world.api("PUT", path, answered | {"is_published": False})
        assert (put.status_code, put.json()["is_published"]) == (200, False)
    assert shared_world.read("user_id", user)["count"] == [1]

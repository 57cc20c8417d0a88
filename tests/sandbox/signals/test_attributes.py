"""Attributes and keys: which events count, for which identifier, and defaults."""

import json
from typing import Any

import pytest
from snowplow_signals import AttributeKey, EntityProperty, EventProperty
from snowplow_signals.models.model import AttributeKeyInput

from lib.sandbox.pipeline.events import Event
from lib.sandbox.signals.attributes import ComputedKey
from tests.support.known import as_json
from tests.support.sandbox import World, attribute, group, new_id, seen, service

COUNT = attribute("count", "counter")
TEAM = AttributeKey(
    name="team",
    property=EventProperty(vendor="org.example", name="seen", major_version=1, path="team"),
)


@pytest.mark.parametrize("identifier", ["ada", "", "123", "6a7b2c1e0a3c4d9e8a572f5b1c7d9e01"])
def test_identifier_that_is_not_a_uuid_is_null_without_an_error(
    shared_world: World, identifier: str
) -> None:
    shared_world.publish(group(COUNT))
    shared_world.post(seen(identifier or None))
    assert shared_world.read("user_id", identifier) == {"user_id": [identifier], "count": [None]}


def test_custom_key_computes_for_any_value(shared_world: World) -> None:
    shared_world.publish(group(COUNT, attribute_key=TEAM))
    shared_world.post(seen(None, {"team": "blue"}), seen(None, {"team": 7}), seen(None))
    assert shared_world.read("team", "blue", "7", "None")["count"] == [1, 1, None]


def test_identifier_that_is_no_text_is_named_as_in_json(shared_world: World) -> None:
    shared_world.publish(group(COUNT, attribute_key=TEAM))
    shared_world.post(*(seen(None, {"team": team}) for team in (True, 1, 1.0, 1.5, "1")))
    names = ["true", "1", "1.5", "True", "1.0"]
    assert shared_world.read("team", *names)["count"] == [1, 3, 1, None, None]


def test_key_from_an_entity_is_read_from_it(shared_world: World) -> None:
    plan = EntityProperty(vendor="com.example", name="project", major_version=1, path="project_id")
    shared_world.publish(group(COUNT, attribute_key=AttributeKey(name="project", property=plan)))
    project = {
        "schema": "iglu:com.example/project/jsonschema/1-0-0",
        "data": {"project_id": "p1", "plan": "free"},
    }
    envelope = (
        '{"schema":"iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1","data":[%s]}'
    )
    shared_world.post(seen(None, co=envelope % json.dumps(project)))
    assert shared_world.read("project", "p1")["count"] == [1]


@pytest.mark.parametrize(
    ("type_name", "default"), [("int64", 0), ("string", "none"), ("string_list", ["a"])]
)
def test_default_value_is_returned_for_an_unseen_identifier(
    shared_world: World, type_name: str, default: Any
) -> None:
    shared_world.publish(group(attribute("last", type=type_name, default_value=default)))
    assert shared_world.read("user_id", new_id())["last"] == [default]


@pytest.mark.parametrize("type_name", ["int64", "string", "string_list"])
def test_without_a_default_value_an_unseen_identifier_has_null(
    shared_world: World, type_name: str
) -> None:
    shared_world.publish(group(attribute("last", type=type_name)))
    assert shared_world.read("user_id", new_id())["last"] == [None]


def test_events_before_publishing_are_not_counted(shared_world: World) -> None:
    user = new_id()
    shared_world.post(seen(user))
    shared_world.publish(group(COUNT))
    shared_world.post(seen(user))
    assert shared_world.read("user_id", user)["count"] == [1]


def test_events_while_unpublished_are_not_counted(shared_world: World) -> None:
    user = new_id()
    shared_world.signals.registry.create_or_update([group(COUNT), service(group(COUNT))])
    shared_world.post(seen(user))
    shared_world.signals.publish([group(COUNT)])
    shared_world.post(seen(user))
    assert shared_world.read("user_id", user)["count"] == [1]


def test_identifier_of_more_than_1000_characters_is_none_and_the_event_says_so() -> None:
    computed = ComputedKey(AttributeKeyInput.model_validate(as_json(TEAM)))
    short, long = (
        Event("e", 0, 0, "org.example", "seen", "1-0-0", {}, {"team": "x" * length})
        for length in (1_000, 1_001)
    )
    assert [computed.identifier(each) for each in (short, long)] == ["x" * 1_000, None]
    assert computed.complaint(long) == "the event's team has more than 1,000 characters"

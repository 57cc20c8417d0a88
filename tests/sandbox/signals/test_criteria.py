"""Which events count: by the list of events, by the criteria, and by both."""

from typing import Any

import pytest
from snowplow_signals.models.model import Criteria, EventOutput

from lib.sandbox.pipeline.events import Entity, Event
from lib.sandbox.signals.criteria import (
    SPECIFICATIONS_AT_MOST,
    criteria_filter,
    event_filter,
)


def event(data: Any = None, entities: list[Entity] | None = None, **atomic: Any) -> Event:
    return Event("id", 0, 0, "com.example", "task", "1-0-1", atomic, data, entities or [])


def criterion(operator: str, value: Any = None, name: str = "platform") -> dict[str, Any]:
    return {
        "property": {"type": "atomic", "name": name},
        "operator": operator,
        "value": value,
    }


WEB, MOBILE, LONG = (
    criterion("=", "web"),
    criterion("=", "mob"),
    criterion(">", 100, "page_urlport"),
)


def meets(criteria: dict[str, Any] | None, given_event: Event) -> bool:
    definition = None if criteria is None else Criteria.model_validate(criteria)
    return criteria_filter(definition)(given_event)


@pytest.mark.parametrize("criteria", [None, {}, {"all": []}, {"any": []}, {"all": [], "any": []}])
def test_without_criteria_every_event_counts(criteria: Any) -> None:
    assert meets(criteria, event())


def test_all_needs_every_one() -> None:
    assert meets({"all": [WEB, LONG]}, event(platform="web", page_urlport=443))
    assert not meets({"all": [WEB, LONG]}, event(platform="web", page_urlport=80))


def test_any_needs_one() -> None:
    assert meets({"any": [WEB, MOBILE]}, event(platform="mob"))
    assert not meets({"any": [WEB, MOBILE]}, event(platform="srv"))


def test_all_and_any_together_must_both_hold() -> None:
    both = {"all": [LONG], "any": [WEB, MOBILE]}
    assert meets(both, event(platform="web", page_urlport=443))
    assert not meets(both, event(platform="srv", page_urlport=443))
    assert not meets(both, event(platform="web", page_urlport=80))


def test_a_missing_property_meets_only_is_null() -> None:
    assert meets({"all": [criterion("is null")]}, event())
    for operator in ("=", "!=", "<", "in", "like", "is not null"):
        assert not meets({"all": [criterion(operator, "web")]}, event())


def test_criteria_read_event_and_entity_properties_too() -> None:
    where = {"vendor": "com.example", "name": "task", "major_version": 1, "path": "tags[0]"}
    of_event = {"property": {"type": "event", **where}, "operator": "like", "value": "urg%"}
    of_entity = {"property": {"type": "entity", **where}, "operator": "in", "value": ["a", "b"]}
    task = Entity("com.example", "task", "1-0-0", {"tags": ["b"]})
    assert meets({"all": [of_event, of_entity]}, event({"tags": ["urgent"]}, [task]))
    assert not meets({"all": [of_event, of_entity]}, event({"tags": ["later"]}, [task]))


def test_an_empty_list_matches_every_event() -> None:
    assert event_filter([])(event())


@pytest.mark.parametrize(
    ("fields", "matches"),
    [
        ({}, True),
        ({"name": "task"}, True),
        ({"vendor": "com.example"}, True),
        ({"version": "1-0-1"}, True),
        ({"version": "1-0-0"}, False),
        ({"name": "task", "vendor": "com.other"}, False),
        ({"name": "other", "vendor": "com.example", "version": "1-0-1"}, False),
        ({"name": "task", "vendor": "com.example", "version": "1-0-1"}, True),
    ],
)
def test_omitted_field_of_an_event_is_a_wildcard(fields: Any, matches: bool) -> None:
    assert event_filter([EventOutput(**fields)])(event()) is matches


def test_event_matches_any_of_the_listed() -> None:
    assert event_filter([EventOutput(name="other"), EventOutput(name="task")])(event())


@pytest.mark.parametrize(
    ("entities", "matches"),
    [
        ([], False),
        ([("com.snowplowanalytics.snowplow", "event_specification", {"id": "spec-1"})], True),
        ([("com.snowplowanalytics.snowplow", "event_specification", {"id": "spec-2"})], False),
        ([("com.snowplowanalytics.snowplow", "event_specification", "spec-1")], False),
        ([("com.snowplowanalytics.snowplow", "other", {"id": "spec-1"})], False),
        ([("com.other", "event_specification", {"id": "spec-1"})], False),
    ],
)
def test_an_event_specification_is_known_by_its_entity(entities: Any, matches: bool) -> None:
    attached = [Entity(vendor, name, "1-0-0", data) for vendor, name, data in entities]
    is_it = event_filter([EventOutput(event_specification_id="spec-1")])
    assert is_it(event(entities=attached)) is matches


def test_only_the_first_specifications_of_an_event_are_looked_at() -> None:
    attached = [
        Entity(
            "com.snowplowanalytics.snowplow", "event_specification", "1-0-3", {"id": str(number)}
        )
        for number in range(SPECIFICATIONS_AT_MOST + 1)
    ]
    event = Event("id", 0, 0, "com.example", "task", "1-0-0", {}, None, attached)
    matches = [
        event_filter([EventOutput(event_specification_id=each.data["id"])])(event)
        for each in attached
    ]
    assert matches == [True] * SPECIFICATIONS_AT_MOST + [False]

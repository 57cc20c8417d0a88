"""The events that a program tracks are those of its definitions, and fit their schemas."""

import ast
import textwrap
from typing import Any
from uuid import UUID

import pytest
import snowplow_signals as sdk

from lib.diagnosis.schema_draft import composed
from lib.diagnosis.schema_form import Schema, added_schemas
from lib.snowplow.contexts import recent_activity
from lib.snowplow.definitions import Plan, attribute_group
from lib.snowplow.tracking import EventName
from lib.studio.sample_events import tracked_events
from lib.world.own_event import schema_of
from tests.support.sandbox import attribute, group

VENDOR = "com.example"
PLAN = Plan(owner="you@example.com", vendor=VENDOR)
TASK = "iglu:com.example/task_completed/jsonschema/1-0-0"
ORDER = "iglu:com.acme/order/jsonschema/1-0-0"
PAGE_VIEW = '    tracker.track(PageView(page_url="https://example.com/"))'
VIEWED = sdk.EventSelection(
    event=sdk.EventLogEvent(
        vendor="com.snowplowanalytics.snowplow", name="page_view", version="1-0-0"
    ),
    properties=[sdk.EventLogAtomicProperty(name="event_name")],
)


def added(required: bool = True, **properties: Any) -> tuple[Schema, ...]:
    """The schema of com.acme's `order` events."""
    body = composed("com.acme", "order", "1-0-0", "An order", [])
    names = [*properties] if required else []
    return added_schemas([{**body, "properties": properties, "required": names}])


def ordered(version: str = "1-0-0", vendor: str = "com.acme", **options: Any) -> sdk.AttributeGroup:
    """A group with an attribute of `order` events."""
    event = sdk.Event(vendor=vendor, name="order", version=version)
    return group(attribute("orders", **{"aggregation": "counter", "events": [event], **options}))


def tracked(statement: str) -> tuple[str, dict[str, str]]:
    """The schema that a statement names, and each field with the Python of its value."""
    (line,) = ast.parse(textwrap.dedent(statement)).body
    assert isinstance(line, ast.Expr) and isinstance(line.value, ast.Call)
    schema, table = line.value.args
    assert isinstance(table, ast.Dict)
    names = [ast.literal_eval(key) for key in table.keys if key is not None]
    values = [ast.unparse(value) for value in table.values]
    return ast.literal_eval(schema), dict(zip(names, values, strict=True))


def context(*selections: sdk.EventSelection) -> sdk.EventLog:
    return sdk.EventLog(
        name="context",
        owner=PLAN.owner,
        attribute_key=sdk.domain_sessionid,
        max_events=20,
        max_age_seconds=1800,
        events=list(selections),
    )


@pytest.mark.parametrize(
    ("field", "described", "value"),
    [
        ("priority", {"type": "integer"}, "1"),
        ("priority", {"enum": ["P1", "P2"]}, "'P1'"),
        ("priority", {"enum": ["low", "high"]}, "'high'"),
        ("priority", {"type": "string"}, "'high'"),
        ("priority", {"type": "string", "maxLength": 3}, "'pri'"),
        ("task_id", {"type": "integer"}, "1"),
        ("task_id", {"type": "string"}, "f'task-{number}'"),
        ("task_id", {"type": "string", "format": "uuid"}, repr(str(UUID(int=0)))),
        ("lines", {"type": "array"}, "[]"),
        ("ship_to", {"type": "object"}, "{}"),
        ("is_gift", {"enum": [False]}, "False"),
        ("minutes", {"type": "number", "minimum": 0}, "1"),
        ("discount", {"type": "number", "minimum": 0, "maximum": 0.5}, "0"),
        ("pairs", {"type": "integer", "minimum": 0, "multipleOf": 2}, "0"),
        ("level", {"enum": [0, 1]}, "0"),
    ],
)
def test_a_value_fits_the_field_of_a_schema_that_was_added(
    field: str, described: dict[str, Any], value: str
) -> None:
    (statement,), _ = tracked_events([ordered()], VENDOR, added(**{field: described}))
    assert tracked(statement) == (ORDER, {field: value})


def property_of_order(path: str) -> sdk.EventProperty:
    return sdk.EventProperty(vendor="com.acme", name="order", major_version=1, path=path)


@pytest.mark.parametrize(
    "options",
    [
        {"aggregation": "last", "property": property_of_order("note")},
        {"aggregation": "last", "property": property_of_order("$.note[0].text")},
        {"criteria": sdk.Criteria(any=[sdk.Criterion.eq(property_of_order("note"), "hi")])},
        {
            "aggregation": "last",
            "property": sdk.CalculatedProperty(
                operation="coalesce",
                properties=[property_of_order("note"), sdk.AtomicProperty(name="page_url")],
            ),
        },
    ],
)
def test_an_optional_field_that_an_attribute_reads_is_sent(options: dict[str, Any]) -> None:
    schema = added(required=False, note={"type": "string"}, other={"type": "string"})
    (statement,), _ = tracked_events([ordered(**options)], VENDOR, schema)
    assert tracked(statement) == (ORDER, {"note": "'note-1'"})


def test_an_optional_field_that_a_context_reads_is_sent() -> None:
    selected = sdk.EventSelection(
        event=sdk.EventLogEvent(vendor="com.acme", name="order", version="1-0-0"),
        properties=[
            sdk.EventLogEventProperty(vendor="com.acme", name="order", major_version=1, path="note")
        ],
    )
    schema = added(required=False, note={"type": "string"}, other={"type": "string"})
    (statement,), _ = tracked_events([context(selected)], VENDOR, schema)
    assert tracked(statement) == (ORDER, {"note": "'note-1'"})


def test_a_schema_that_was_added_under_the_projects_own_vendor_is_found() -> None:
    """On an account whose profile names an event of the account's vendor."""
    event = EventName("com.acme", "product_added")
    plan = Plan(PLAN.owner, "com.acme", event=event.name, event_vendor=event.vendor)
    (statement,), unknown = tracked_events(
        [attribute_group(plan)], "com.acme", added_schemas([schema_of(event)])
    )
    assert (tracked(statement)[0], unknown) == (event.schema, [])


def test_another_version_of_an_event_is_named_and_not_tracked() -> None:
    own = sdk.Event(vendor=VENDOR, name="task_completed", version="2-0-0")
    definitions = [ordered("2-0-0"), group(attribute("tasks", "counter", events=[own]))]
    _, unknown = tracked_events(definitions, VENDOR, added(note={"type": "string"}))
    assert unknown == ["com.acme/order/2-0-0", "com.example/task_completed/2-0-0"]


def test_an_event_of_any_version_is_tracked() -> None:
    own = sdk.Event(vendor=VENDOR, name="task_completed")
    (statement,), unknown = tracked_events([ordered(events=[own])], VENDOR)
    assert (tracked(statement)[0], unknown) == (TASK, [])


def test_a_context_alone_has_all_its_events_tracked() -> None:
    statements, unknown = tracked_events([recent_activity(PLAN)], VENDOR)
    assert len(statements) == len(recent_activity(PLAN).events)
    assert statements[-1] == PAGE_VIEW and unknown == []


def test_a_context_of_other_events_than_the_attributes_has_them_tracked_too() -> None:
    statements, _ = tracked_events([attribute_group(PLAN), context(VIEWED)], VENDOR)
    assert tracked(statements[0])[0] == TASK and statements[1:] == [PAGE_VIEW]


def test_a_context_that_has_an_event_of_the_attributes_adds_none() -> None:
    """The program of the story stays short, and tracks no answer to a nudge that nobody saw."""
    (statement,), _ = tracked_events([attribute_group(PLAN), recent_activity(PLAN)], VENDOR)
    assert tracked(statement)[0] == TASK


def test_an_event_of_a_context_that_cannot_be_written_is_named() -> None:
    selected = VIEWED.model_copy(
        update={"event": sdk.EventLogEvent(vendor="com.acme", name="order", version="1-0-0")}
    )
    (statement,), unknown = tracked_events([context(selected)], VENDOR)
    assert (tracked(statement)[0], unknown) == (TASK, ["com.acme/order/1-0-0"])

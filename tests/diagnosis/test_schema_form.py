"""The form for any event: its fields come from the schema, and what is typed is not corrected."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snowplow_tracker import SelfDescribing, SelfDescribingJson

from lib.diagnosis.followed_event import follow
from lib.diagnosis.schema_form import (
    Field,
    NotData,
    Schema,
    added_schemas,
    data,
    parsed,
    schemas,
)
from tests.support.event_worlds import (
    patience,  # noqa: F401 (a fixture)
    world,  # noqa: F401 (a fixture)
)
from tests.support.worlds import PLAN

NUMBER = Field("n", "", ("number", "null"), (), "1", is_required=True)
TEXT = Field("n", "", ("string",), (), "n-1", is_required=True)
YES_OR_NO = Field("n", "", ("boolean",), ("true", "false"), "true", is_required=True)
LIST = Field("n", "", ("array",), (), "[]", is_required=True)


def test_every_shipped_schema_has_a_form():
    assert {"task_completed", "project", "nudge_interaction"} <= {each.name for each in schemas()}


def test_fields_are_those_of_the_schema():
    (completed,) = [each for each in schemas() if each.name == "task_completed"]
    assert completed == Schema(
        "task_completed",
        "1-0-0",
        "Somebody completed a task of a project",
        (
            Field("task_id", "The task that was completed", ("string",), (), "task_id-1", True),
            Field(
                "priority",
                "The priority that the task had when it was completed",
                ("string",),
                ("low", "medium", "high"),
                "low",
                True,
            ),
        ),
    )


def test_an_example_is_no_longer_than_what_can_be_typed():
    endless = {"type": "string", "minLength": 10**15}
    named = {"vendor": "com.acme", "name": "order", "version": "1-0-0"}
    (schema,) = added_schemas([{"self": named, "properties": {"note": endless}}])

    (field,) = schema.fields
    assert len(field.example) == 1_000


@pytest.mark.parametrize("schema", schemas(), ids=lambda each: each.name)
def test_examples_pass(world, schema):
    participant = world.join()
    participant.definitions.publish(PLAN)
    content = data(schema.fields, {each.name: each.example for each in schema.fields})
    described = SelfDescribingJson(schema.address(participant.tracking.vendor), content)
    fate = follow(
        SelfDescribing(described),
        participant.tracking,
        participant.emitter,
        participant.connection.inspector,
    )
    assert [each.stage for each in fate.stops if each.stage == "validation"] == []


@pytest.mark.parametrize(
    ("field", "typed", "sent"),
    [
        (NUMBER, "1.5", 1.5),
        (NUMBER, "null", None),
        (NUMBER, "an hour", "an hour"),
        (NUMBER, "NaN", "NaN"),
        (NUMBER, "1e999", "1e999"),
        (NUMBER, "9" * 5_000, "9" * 5_000),
        (TEXT, "15", "15"),
        (TEXT, '"', '"'),
        (YES_OR_NO, "false", False),
        (YES_OR_NO, "maybe", "maybe"),
        (LIST, '["a"]', ["a"]),
        (LIST, "[" * 100_000, "[" * 100_000),
    ],
)
def test_typed_text_becomes_the_fields_type_or_stays_text(field, typed, sent):
    assert data((field,), {"n": typed}) == {"n": sent}


def test_empty_fields_are_left_out():
    assert data((TEXT,), {"n": ""}) == data((TEXT,), {}) == {}


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none(), max_size=5))
def test_json_is_read_back(content):
    assert parsed(json.dumps(content)) == content


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "This is not JSON: Expecting value, in line 1, column 1."),
        ('{"a": 1,}', "This is not JSON: "),
        ("[1]", 'The data of an event is an object, such as {"task_id": "task-1"}.'),
        ('{"a": NaN}', "This is not JSON: NaN is not a JSON number."),
        ('{"a": [1e999]}', "A number in it is too large for JSON."),
        ("[" * 100_000, "This is not JSON: "),
        ('{"a": ' + "9" * 5_000 + "}", "This is not JSON: "),
    ],
)
def test_what_is_no_data_is_refused_with_the_reason(text, why):
    with pytest.raises(NotData) as refused:
        parsed(text)
    assert str(refused.value).startswith(why)

"""A schema to read: its fields, an example that passes, and one that fails."""

from pathlib import Path

import pytest

from lib.diagnosis.schema_form import Schema, added_schemas, schemas
from lib.diagnosis.schema_table import MOST_ROWS, failing, passing, rows
from lib.sandbox.pipeline.iglu import METASCHEMA, Iglu

IGLU = Iglu(Path("lib/schemas"))


def added(**body) -> Schema:
    described = {"vendor": "com.acme", "name": "o", "format": "jsonschema", "version": "1-0-0"}
    (schema,) = added_schemas(
        [{"$schema": METASCHEMA, "self": described, "type": "object", **body}]
    )
    return schema


@pytest.mark.parametrize("schema", schemas(), ids=lambda each: each.label)
def test_examples_of_the_shipped_schemas_pass_and_fail(schema: Schema) -> None:
    uri = schema.address("com.example")
    assert IGLU.check(uri, passing(schema)).failures == ()
    assert IGLU.check(uri, failing(schema)[0]).failures != ()


def test_fields_are_told_with_their_limits_and_those_inside_of_others() -> None:
    inner = {
        "type": "object",
        "properties": {"zip": {"type": "string", "minLength": 1, "maxLength": 5}},
    }
    schema = added(properties={"to": inner, "n": {"enum": [1, "a"]}}, required=["to"])
    assert [(each["field"], each["required"], each["limits"]) for each in rows(schema)] == [
        ("to", True, ""),
        ("to.zip", False, "1 to 5 characters"),
        ("n", False, "one of 1, a"),
    ]


@pytest.mark.parametrize(
    "field",
    [
        {"type": "string", "minLength": 30},
        {"type": "string", "format": "email"},
        {"type": "string", "format": "date"},
        {"type": "integer", "maximum": -5},
        {"type": "boolean"},
        {"enum": ["x", None]},
    ],
)
def test_an_example_fits_its_field(field) -> None:
    schema = added(properties={"a": field}, required=["a"])
    iglu = Iglu()
    iglu.add({"$schema": METASCHEMA, "self": {"vendor": "com.acme", "name": "o",
              "format": "jsonschema", "version": "1-0-0"}, "properties": {"a": field}})  # fmt: skip
    assert iglu.check(schema.address(""), passing(schema)).failures == ()


def test_a_schema_without_a_form_is_left_out() -> None:
    assert added_schemas([{"self": None}, {}]) == ()


def test_each_limit_is_told_and_items_of_a_list_have_a_path() -> None:
    schema = added(
        properties={
            "at_least": {"type": "integer", "minimum": 1},
            "at_most": {"type": ["array", "null"], "maxItems": 3},
            "even": {"type": "integer", "multipleOf": 2},
            "list": {"type": "array", "items": {"properties": {"id": {"format": "uuid"}}}},
        }
    )
    assert [(each["field"], each["type"], each["limits"]) for each in rows(schema)] == [
        ("at_least", "integer", "1 or more"),
        ("at_most", "array or null", "at most 3 items"),
        ("even", "integer", "a multiple of 2"),
        ("list", "array", ""),
        ("list[].id", "any", "uuid"),
    ]


def test_a_table_has_so_many_rows_at_most() -> None:
    schema = added(properties={f"f{number}": {} for number in range(MOST_ROWS + 5)})
    assert len(rows(schema)) == MOST_ROWS


def test_an_example_fails_even_where_nothing_is_required() -> None:
    assert failing(added(properties={"n": {"type": "integer"}}))[1] == "n is an object."
    assert failing(added())[1] == "unknown is not a field of the schema."

"""Whether a schema declares a date-time at a path."""

from typing import Any

import pytest

from lib.sandbox.pipeline.schema_fields import is_date_time

MOMENT = {"type": "string", "format": "date-time"}
TEXT = {"type": "string"}


def of_field(field: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"at": field}}


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        (of_field(MOMENT), ["at"]),
        (of_field({"type": ["string", "null"], "format": "date-time"}), ["at"]),
        (of_field(of_field(MOMENT)), ["at", "at"]),
        (of_field({"type": "array", "items": MOMENT}), ["at", 3]),
        (of_field({"items": [TEXT, MOMENT]}), ["at", 1]),
        (of_field({"items": [TEXT], "additionalItems": MOMENT}), ["at", 1]),
        (of_field({"oneOf": [{"type": "null"}, MOMENT]}), ["at"]),
        ({"allOf": [of_field(TEXT), of_field(MOMENT)]}, ["at"]),
        ({"anyOf": [{"oneOf": [of_field(MOMENT)]}]}, ["at"]),
        ({"patternProperties": {"^a": MOMENT}}, ["at"]),
        ({"additionalProperties": MOMENT}, ["at"]),
        (of_field({"$ref": "#/definitions/a~1b"}) | {"definitions": {"a/b": MOMENT}}, ["at"]),
    ],
)
def test_a_date_time_is_found_wherever_a_schema_declares_it(
    schema: dict[str, Any], path: list[str | int]
) -> None:
    assert is_date_time(schema, path)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        (of_field(TEXT), ["at"]),
        (of_field({"type": "string", "format": "date"}), ["at"]),
        (of_field({"type": "integer"}), ["at"]),
        (of_field(MOMENT), ["other"]),
        (of_field(MOMENT), ["at", "deeper"]),
        (of_field(MOMENT), ["at", 0]),
        (of_field({"items": MOMENT}), ["at"]),
        (of_field({"items": [TEXT], "additionalItems": False}), ["at", 1]),
        (of_field({"$ref": "#/definitions/none"}), ["at"]),
        (of_field({"$ref": "https://example.com/date-time.json"}), ["at"]),
        ({"properties": {"at": {"$ref": "#/properties/at"}}}, ["at"]),
        ({"properties": [], "oneOf": {}, "patternProperties": 1, "items": True}, ["at"]),
    ],
)
def test_what_is_declared_otherwise_or_not_at_all_is_no_date_time(
    schema: dict[str, Any], path: list[str | int]
) -> None:
    assert not is_date_time(schema, path)

"""What a schema of a sandbox's own may be: each rule refuses, and says where."""

from typing import Any

import pytest

from lib.sandbox.errors import InvalidDefinition
from lib.sandbox.limits import (
    COMBINED_IN_SCHEMA,
    PATTERNS_IN_SCHEMA,
    SCHEMA_BYTES,
    SCHEMA_DEPTH,
    SCHEMA_PARTS,
    TEXT_IN_PATTERN,
    VALUES_IN_ENUM,
)
from lib.sandbox.pipeline.iglu import METASCHEMA
from lib.sandbox.pipeline.schema_rules import check_schema, described_key, schema_size

SELF = {"vendor": "com.acme", "name": "order", "format": "jsonschema", "version": "1-0-0"}


def order(**changes: Any) -> dict[str, Any]:
    fields = {"size": {"type": "string", "enum": ["S", "M"], "pattern": "^[A-Z]+$"}}
    body = {"type": "object", "properties": fields, "anyOf": [{"required": ["size"]}]}
    return {"$schema": METASCHEMA, "self": SELF, **body, **changes}


def of_size(size: Any) -> dict[str, Any]:
    return order(properties={"size": size})


def nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        inner = {"properties": {"a": inner}}
    return inner


def test_a_schema_with_all_that_is_possible_is_good() -> None:
    schema = order(
        patternProperties={"^x": {"type": "null"}},
        items=[{"type": "string"}],
        additionalProperties={"type": "number"},
    )
    check_schema(schema)
    assert described_key(schema).uri == "iglu:com.acme/order/jsonschema/1-0-0"
    assert schema_size(schema) > schema_size(order())


@pytest.mark.parametrize("word", ["default", "of_nobody"])
def test_pattern_in_what_is_no_schema_may_be_anything_that_java_knows(word: str) -> None:
    check_schema(order(**{word: {"patternProperties": {r"\X": {}}}}))


PLACE = ["properties", "size"]
BAD: dict[str, tuple[dict[str, Any], list[Any], str]] = {
    "reference": (of_size({"$ref": "#"}), [*PLACE, "$ref"], "accepts no $ref"),
    "listed values": (of_size({"enum": ["a"] * (VALUES_IN_ENUM + 1)}), [*PLACE, "enum"], "at most"),
    "listed object": (of_size({"enum": [{}]}), [*PLACE, "enum"], "a value is a text"),
    "combined": (order(anyOf=[{}] * (COMBINED_IN_SCHEMA + 1)), [], "schemas together"),
    "fields": (
        order(properties={str(n): {} for n in range(SCHEMA_PARTS + 1)}),
        [],
        f"more than {SCHEMA_PARTS} fields",
    ),
    "depth": (order(**nested(SCHEMA_DEPTH)), ["properties", "a"] * SCHEMA_DEPTH, "nested more"),
    "bytes": (order(description="x" * SCHEMA_BYTES), [], "at most 64,000 are allowed"),
    "patterns": (
        order(properties={str(n): {"pattern": "a"} for n in range(PATTERNS_IN_SCHEMA + 1)}),
        ["properties", str(PATTERNS_IN_SCHEMA), "pattern"],
        "patterns are allowed",
    ),
    "long pattern": (
        of_size({"pattern": "a" * (TEXT_IN_PATTERN + 1)}),
        [*PLACE, "pattern"],
        "characters",
    ),
    "broken pattern": (of_size({"pattern": "("}), [*PLACE, "pattern"], "cannot be used"),
    "looks ahead": (of_size({"pattern": "(?=a)b"}), [*PLACE, "pattern"], "looks around"),
    "type": (of_size({"type": "text"}), [*PLACE, "type"], "array, boolean"),
    "draft": (order(required=[]), ["required"], ""),
    "no object": (order(type="array"), ["type"], 'it must be "object"'),
}


@pytest.mark.parametrize("case", BAD)
def test_a_rule_refuses_and_says_where(case: str) -> None:
    schema, place, words = BAD[case]
    with pytest.raises(InvalidDefinition) as refusal:
        check_schema(schema)
    (problem,) = refusal.value.detail
    assert problem["loc"] == ["body", *place]
    assert words in problem["msg"]


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, ["$schema"], "it must be"),
        ({"self": "com.acme"}, ["self"], "it must have vendor"),
        ({"self": {"vendor": "com.acme"}}, ["self"], "it has no name, format or version"),
        ({"self": SELF | {"format": "avro"}}, ["self", "format"], "jsonschema"),
        ({"self": SELF | {"version": "1.0"}}, ["self"], "a vendor is like"),
    ],
)
def test_a_self_part_says_what_it_describes(
    changes: dict[str, Any], place: list[str], words: str
) -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        described_key(order(**changes))
    (problem,) = refusal.value.detail
    assert problem["loc"] == ["body", *place]
    assert words in problem["msg"]

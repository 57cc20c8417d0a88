"""What a sandbox's own schema may be *(ours)*: everything that makes validation slow is bounded.

Parts, patterns and listed values are counted, because the validator runs in the thread that serves
everybody. There is no `$ref`: a schema that refers to itself has no end.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import orjson
from jsonschema_rs import Draft4Validator, RegexOptions, ValidationError

from lib.sandbox.errors import InvalidDefinition
from lib.sandbox.limits import (
    COMBINED_IN_SCHEMA,
    PATTERN_BYTES,
    PATTERNS_IN_SCHEMA,
    SCHEMA_BYTES,
    SCHEMA_DEPTH,
    SCHEMA_PARTS,
    TEXT_IN_PATTERN,
    VALUES_IN_ENUM,
)
from lib.sandbox.pipeline.iglu import METASCHEMA, PATTERNS, SchemaKey, schema_key, translated
from lib.sandbox.pipeline.java_patterns import UnknownHere, in_javascript
from lib.sandbox.pipeline.quoting import shortened

TYPES = "array, boolean, integer, null, number, object, string, or a list of them"
Place = list[str | int]

# What holds schemas inside of a schema, by how.
_BY_NAME = ("properties", "patternProperties", "definitions", "dependencies")
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("items", "additionalProperties", "additionalItems", "not")


def check_schema(schema: dict[str, Any]) -> None:
    """Raises `InvalidDefinition` with the place at fault."""
    _check_parts(schema)
    schema_size(schema)
    _check_draft(schema)


def one_of(names: list[str]) -> str:
    """Names in words.

    >>> one_of(["1-0-1", "1-1-0", "2-0-0"])
    '1-0-1, 1-1-0 or 2-0-0'
    """
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def refused(place: Place, reason: str) -> InvalidDefinition:
    """A refusal that names the place in the document."""
    return InvalidDefinition((["body", *place], shortened(reason)))


def described_key(schema: dict[str, Any]) -> SchemaKey:
    """The key in the self part. Raises `InvalidDefinition`."""
    metaschema = schema.get("$schema")
    if metaschema != METASCHEMA:
        raise refused(["$schema"], f"it must be {METASCHEMA}")
    described = schema.get("self")
    if not isinstance(described, dict):
        raise refused(["self"], "it must have vendor, name, format and version")
    missing = [each for each in ("vendor", "name", "format", "version") if each not in described]
    if missing:
        raise refused(["self"], f"it has no {one_of(missing)}")
    if described["format"] != "jsonschema":
        raise refused(["self", "format"], "it must be jsonschema")
    vendor, name, version = map(described.get, ("vendor", "name", "version"))
    key = schema_key(f"iglu:{vendor}/{name}/jsonschema/{version}")
    if key is None:
        raise refused(
            ["self"],
            "a vendor is like com.acme, a name like order_placed, and a version like 1-0-0",
        )
    return key


class _Part(NamedTuple):
    """A schema inside of a schema, and where."""

    place: Place
    schema: Any
    depth: int


def _parts(schema: Any) -> Iterator[_Part]:
    """The schema and all schemas inside of it, outside first; at most as many as are allowed."""
    waiting = [_Part([], schema, 1)]
    count = 0
    while waiting and count <= SCHEMA_PARTS:
        part = waiting.pop(0)
        count += 1
        yield part
        if isinstance(part.schema, dict):
            waiting += [
                _Part([*part.place, *place], inner, part.depth + 1)
                for place, inner in _inside(part.schema)
            ]


def _inside(schema: dict[str, Any]) -> Iterator[tuple[Place, Any]]:
    for word in _BY_NAME:
        held = schema.get(word)
        for name, inner in held.items() if isinstance(held, dict) else ():
            yield [word, name], inner
    for word in (*_LISTS, "items"):
        held = schema.get(word)
        for place, inner in enumerate(held if isinstance(held, list) else ()):
            yield [word, place], inner
    for word in _SINGLE:
        if isinstance(schema.get(word), dict):
            yield [word], schema[word]


def schema_size(schema: dict[str, Any]) -> int:
    """The bytes of a schema, with those of its compiled patterns. Raises `InvalidDefinition`."""
    size = len(orjson.dumps(schema))
    if size > SCHEMA_BYTES:
        raise refused([], f"it has {size:,} bytes, at most {SCHEMA_BYTES:,} are allowed")
    return size + _checked_patterns(schema)


def _check_parts(schema: dict[str, Any]) -> None:
    """Raises `InvalidDefinition` for a schema that would take long to check data against."""
    parts = list(_parts(schema))
    if len(parts) > SCHEMA_PARTS:
        raise refused([], f"it describes more than {SCHEMA_PARTS} fields")
    combined = 0
    for place, part, depth in parts:
        if depth > SCHEMA_DEPTH:
            raise refused(place, f"it is nested more than {SCHEMA_DEPTH} deep")
        if not isinstance(part, dict):
            continue
        if "$ref" in part:
            raise refused([*place, "$ref"], "this sandbox accepts no $ref: write out what it means")
        listed = part["enum"] if isinstance(part.get("enum"), list) else []
        if len(listed) > VALUES_IN_ENUM:
            raise refused([*place, "enum"], f"at most {VALUES_IN_ENUM} values are allowed")
        if any(isinstance(each, list | dict) for each in listed):
            raise refused([*place, "enum"], "a value is a text, a number, true, false or null")
        combined += sum(len(part[word]) for word in _LISTS if isinstance(part.get(word), list))
        if combined > COMBINED_IN_SCHEMA:
            raise refused(
                place, f"allOf, anyOf and oneOf have at most {COMBINED_IN_SCHEMA} schemas together"
            )


def _checked_patterns(schema: dict[str, Any]) -> int:
    """The bytes that the patterns take when they are compiled. Raises `InvalidDefinition`."""
    patterns = list(_patterns(schema))
    if len(patterns) > PATTERNS_IN_SCHEMA:
        raise refused(patterns[-1][0], f"at most {PATTERNS_IN_SCHEMA} patterns are allowed")
    return sum(_pattern_bytes(place, pattern) for place, pattern in patterns)


def _pattern_bytes(place: Place, pattern: str) -> int:
    """About what a pattern takes when it is compiled, rounded up: the smallest that is enough."""
    if len(pattern) > TEXT_IN_PATTERN:
        raise refused(place, f"a pattern has at most {TEXT_IN_PATTERN} characters")
    try:
        compiled = {"pattern": in_javascript(pattern)}
        Draft4Validator(compiled, offline=True, pattern_options=PATTERNS)
    except (UnknownHere, ValueError, ValidationError) as error:
        raise refused(place, f"this pattern cannot be used: {_first_line(error)}") from error
    for size in (PATTERN_BYTES // 10, PATTERN_BYTES):
        options = RegexOptions(size_limit=size)  # which takes linear time, or refuses the pattern
        with suppress(ValueError, ValidationError):
            Draft4Validator(compiled, offline=True, pattern_options=options)
            return size
    raise refused(
        place,
        "this pattern is too large, or looks around or back: repeat less, such as {1,50}, and use"
        " no (?=, (?!, (?< or \\1",
    )


def _patterns(schema: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    for place, part, _ in _parts(schema):
        if not isinstance(part, dict):
            continue
        if isinstance(part.get("pattern"), str):
            yield [*place, "pattern"], part["pattern"]
        named = part.get("patternProperties")
        for pattern in named if isinstance(named, dict) else ():
            yield [*place, "patternProperties", pattern], pattern


def _check_draft(schema: dict[str, Any]) -> None:
    """Raises `InvalidDefinition` with the place that is not draft 4, or no object."""
    if schema.get("type") != "object":
        raise refused(["type"], 'it must be "object": the data of an event is one')
    body = {name: value for name, value in schema.items() if name not in ("$schema", "self")}
    try:
        Draft4Validator(translated(body, []), offline=True)
    except ValidationError as error:
        place = list(error.instance_path)
        is_type = place[-1:] == ["type"]
        raise refused(place, f"it must be {TYPES}" if is_type else error.message) from error
    except (ValueError, RecursionError) as error:
        raise refused([], _first_line(error)) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]

"""A schema for people to read: its fields as a table, an example that passes, one that fails.

The examples are made from what the schema says about each field. Only the sandbox can say whether
they pass: a pattern, or a condition over several fields, may need another value.
"""

import json
from collections.abc import Iterator
from typing import Any

from lib.diagnosis.schema_form import Schema, data

MOST_ROWS = 200
RANGES = (
    ("minLength", "maxLength", " characters"),
    ("minimum", "maximum", ""),
    ("minItems", "maxItems", " items"),
)
LIMITS = {"multipleOf": "a multiple of {}", "format": "{}", "pattern": "like {}"}


def rows(schema: Schema) -> list[dict[str, Any]]:
    """The fields of a schema, nested ones by their path."""
    found = []
    for row in _rows(json.loads(schema.source), ""):
        found.append(row)
        if len(found) == MOST_ROWS:
            break
    return found


def _rows(body: dict[str, Any], path: str) -> Iterator[dict[str, Any]]:
    required = body.get("required", [])
    for name, described in body.get("properties", {}).items():
        types = described.get("type", "any")
        yield {
            "field": path + name,
            "type": types if isinstance(types, str) else " or ".join(types),
            "required": name in required,
            "limits": ", ".join(_limits(described)),
            "meaning": described.get("description", ""),
        }
        yield from _rows(described, f"{path}{name}.")
        if isinstance(described.get("items"), dict):
            yield from _rows(described["items"], f"{path}{name}[].")


def _limits(described: dict[str, Any]) -> Iterator[str]:
    if isinstance(described.get("enum"), list):
        values = (each if isinstance(each, str) else json.dumps(each) for each in described["enum"])
        yield f"one of {', '.join(values)}"
    for least, most, unit in RANGES:
        if least in described and most in described:
            yield f"{described[least]} to {described[most]}{unit}"
        elif least in described:
            yield f"{described[least]} or more{unit}"
        elif most in described:
            yield f"at most {described[most]}{unit}"
    for name, words in LIMITS.items():
        if name in described:
            yield words.format(described[name])


def passing(schema: Schema) -> dict[str, Any]:
    """The data of an event that matches the schema, judging by its fields."""
    required = [each for each in schema.fields if each.is_required]
    chosen = required or schema.fields
    return data(schema.fields, {each.name: each.example for each in chosen})


def failing(schema: Schema) -> tuple[dict[str, Any], str]:
    """The same with one mistake, and what it is."""
    content = passing(schema)
    for field in schema.fields:
        if field.is_required and field.name in content:
            del content[field.name]
            return content, f"{field.name} is missing."
    if schema.fields:
        name = schema.fields[0].name
        return content | {name: {"not": "this"}}, f"{name} is an object."
    return content | {"unknown": 1}, "unknown is not a field of the schema."

"""A form for the data of any event: the fields of a JSON schema, and what somebody typed in them.

Input is not corrected. What does not fit its field is sent as it is, so that you can see how it
fails.

Source: https://docs.snowplow.io/docs/fundamentals/schemas/
"""

import json
import math
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

TYPED_AT_MOST = 1_000  # characters
FOLDER = Path(__file__).parent.parent / "schemas" / "com.example"


class NotData(ValueError):
    """What somebody typed is not data for an event; the message tells the person why."""


@dataclass(frozen=True)
class Field:
    """One field of a schema. `choices` are the values that it allows, if the schema lists them;
    `example` is a valid value, as typed."""

    name: str
    meaning: str
    types: tuple[str, ...]
    choices: tuple[str, ...]
    example: str
    is_required: bool


@dataclass(frozen=True)
class Schema:
    """A schema: one that this project ships, or one of a `vendor` that somebody added to their
    sandbox. `source` is its JSON."""

    name: str
    version: str
    meaning: str
    fields: tuple[Field, ...]
    vendor: str = ""
    source: str = dataclass_field(default="", compare=False, repr=False)

    @property
    def label(self) -> str:
        """Its name for people."""
        return f"{self.name} {self.version}" + (f" of {self.vendor}" if self.vendor else "")

    def address(self, vendor: str) -> str:
        """Its Iglu URI, with its own vendor, or else with this one."""
        return f"iglu:{self.vendor or vendor}/{self.name}/jsonschema/{self.version}"


@cache
def schemas() -> tuple[Schema, ...]:
    """The project's own schemas, by name and version. One that cannot be read is left out: the
    connection page names it."""
    found = []
    for file in sorted(FOLDER.glob("*/jsonschema/*-*-*")):
        try:
            found.append(_schema(file.parent.parent.name, file.name, json.loads(file.read_text())))
        except (OSError, ValueError, AttributeError, TypeError):
            continue
    return tuple(found)


def data(fields: tuple[Field, ...], typed: Mapping[str, str]) -> dict[str, Any]:
    """The data of an event, from what somebody typed in each field. Empty fields are left out.

    >>> minutes = Field("minutes", "", ("integer",), (), "1", is_required=True)
    >>> data((minutes,), {"minutes": "90"}), data((minutes,), {"minutes": "an hour"})
    ({'minutes': 90}, {'minutes': 'an hour'})
    """
    return {each.name: _value(each, typed[each.name]) for each in fields if typed.get(each.name)}


def read_json(text: str) -> Any:
    """The value of a JSON text. Raises `NotData` with the line and the column."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise NotData(
            f"This is not JSON: {error.msg}, in line {error.lineno}, column {error.colno}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise NotData(f"This is not JSON: {error}.") from error


def parsed(text: str) -> dict[str, Any]:
    """The data of an event, from JSON. Raises `NotData`.

    >>> parsed('{"minutes": 90}')
    {'minutes': 90}
    """
    found = read_json(text)
    if not isinstance(found, dict):
        raise NotData('The data of an event is an object, such as {"task_id": "task-1"}.')
    if not _is_finite(found):
        raise NotData("A number in it is too large for JSON.")
    return found


def added_schemas(bodies: Iterable[dict[str, Any]]) -> tuple[Schema, ...]:
    """Schemas that somebody added, from their JSON. Those without a form here are left out."""
    found = []
    for body in bodies:
        try:
            described = body["self"]
            name, version = described["name"], described["version"]
            found.append(_schema(name, version, body, described["vendor"]))
        except (KeyError, ValueError, AttributeError, TypeError):
            continue
    return tuple(found)


def _schema(name: str, version: str, body: dict[str, Any], vendor: str = "") -> Schema:
    required = body.get("required", [])
    fields = [
        _field(each, described, is_required=each in required)
        for each, described in body.get("properties", {}).items()
    ]
    meaning, source = str(body.get("description", "")), json.dumps(body, indent=2)
    return Schema(name, version, meaning, tuple(fields), vendor, source)


def _field(name: str, described: dict[str, Any], *, is_required: bool) -> Field:
    listed = described.get("enum", [])
    said = described.get("type", ["string"] if any(isinstance(x, str) for x in listed) else [])
    types = tuple(said) if isinstance(said, list) else (said,)
    allowed = listed or ([True, False] if "boolean" in types else [])
    choices = tuple(_typed(each) for each in allowed if each is not None)
    example = choices[0] if choices else _example(name, described, types)
    return Field(name, str(described.get("description", "")), types, choices, example, is_required)


def _example(name: str, described: dict[str, Any], types: tuple[str, ...]) -> str:
    if described.get("format") == "uuid":
        return str(uuid.UUID(int=0))
    if described.get("format") == "date-time":
        return datetime(2025, 1, 1, tzinfo=UTC).isoformat().replace("+00:00", "Z")
    if described.get("format") == "date":
        return "2025-01-01"
    if described.get("format") == "email":
        return "ada@example.com"
    if described.get("format") in ("uri", "url"):
        return "https://example.com/"
    if {"integer", "number"} & {*types}:
        return str(described.get("minimum", min(1, described.get("maximum", 1))))
    if "array" in types:
        return "[]"
    if "object" in types:
        return "{}"
    text = f"{name}-1".ljust(min(described.get("minLength", 0), TYPED_AT_MOST), "x")
    return text[: described.get("maxLength", len(text))]


def _value(field: Field, typed: str) -> Any:
    """What was typed, as the field's type, or else as text."""
    if "string" in field.types:
        return typed
    try:
        found = json.loads(typed, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return typed
    return found if _is_finite(found) else typed


def _typed(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict | list):
        return all(map(_is_finite, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)

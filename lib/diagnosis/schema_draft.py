"""A schema that somebody writes, in a small form or as JSON, and the versions that it may have.

Source: https://docs.snowplow.io/docs/fundamentals/schemas/ and
https://docs.snowplow.io/docs/api-reference/iglu/ (SchemaVer)
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from lib.diagnosis.schema_form import NotData, Schema, read_json

METASCHEMA = (
    "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#"
)
TYPES = ("string", "integer", "number", "boolean")
CHANGES = {
    "ADDITION": "all valid data stays valid, as with a new optional field",
    "REVISION": "some valid data may become invalid, as with a shorter limit",
    "MODEL": "a breaking change: old and new data are incompatible",
}


class NotSchema(ValueError):
    """The text is not a JSON object; the message says where."""


def following(versions: Iterable[str]) -> dict[str, str]:
    """The versions that may come after these, and what each means.

    >>> list(following([])), list(following(["1-0-0", "1-0-1"]))
    (['1-0-0'], ['1-0-2', '1-1-0', '2-0-0'])
    """
    numbers = [tuple(map(int, each.split("-"))) for each in versions]
    if not numbers:
        return {"1-0-0": "the first version"}
    model, revision, addition = max(numbers)
    names = (
        f"{model}-{revision}-{addition + 1}",
        f"{model}-{revision + 1}-0",
        f"{model + 1}-0-0",
    )
    return {
        name: f"{change}: {meaning}"
        for name, (change, meaning) in zip(names, CHANGES.items(), strict=True)
    }


def same_as(body: dict[str, Any], added: Iterable[Schema]) -> Schema | None:
    """An added version with the same content: a new version must differ."""
    described = body.get("self")
    described = described if isinstance(described, dict) else {}
    named = (described.get("vendor"), described.get("name"))
    versions = [each for each in added if (each.vendor, each.name) == named]
    same = (each for each in versions if _content(json.loads(each.source)) == _content(body))
    return next(same, None)


def _content(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "self"}


def composed(
    vendor: str, name: str, version: str, meaning: str, rows: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """A self-describing schema from a form; `rows` have field, type, required, values, meaning."""
    filled = [row for row in rows if str(row.get("field") or "").strip()]
    properties = {str(row["field"]).strip(): _property(row) for row in filled}
    required = [str(row["field"]).strip() for row in filled if row.get("required")]
    body: dict[str, Any] = {
        "$schema": METASCHEMA,
        "self": {"vendor": vendor, "name": name, "format": "jsonschema", "version": version},
        "description": meaning,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    return {key: value for key, value in body.items() if value not in ("", [])}


def fields_given_twice(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names that more than one row of the form has.

    >>> fields_given_twice([{"field": "size"}, {"field": "size "}, {"field": None}, {"field": ""}])
    ['size']
    """
    times = Counter(str(row.get("field") or "").strip() for row in rows)
    return [name for name, count in times.items() if name and count > 1]


def _property(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = row.get("type") or "string"
    values = [each.strip() for each in str(row.get("values") or "").split(",") if each.strip()]
    described: dict[str, Any] = {"type": kind}
    if row.get("meaning"):
        described["description"] = str(row["meaning"])
    if values:
        described["enum"] = [_value(kind, each) for each in values]
    elif kind == "string":
        described["maxLength"] = 255
    return described


def _value(kind: str, text: str) -> Any:
    if kind == "string":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def written(text: str) -> dict[str, Any]:
    """A schema from JSON. Raises `NotSchema`.

    >>> written('{"type": "object"}')
    {'type': 'object'}
    """
    try:
        found = read_json(text)
    except NotData as error:
        raise NotSchema(str(error)) from error
    if not isinstance(found, dict):
        raise NotSchema("A schema is a JSON object.")
    return found

"""What a schema says about a field of its data."""

from collections.abc import Iterator, Sequence
from typing import Any

DEEPEST = 50  # alternatives and references, which may go around in circles


def is_date_time(schema: Any, path: Sequence[str | int]) -> bool:
    """Whether a schema says that the field at a path is a date-time, in one case at least.

    >>> schema = {"properties": {"starts": {"type": "string", "format": "date-time"}}}
    >>> is_date_time(schema, ["starts"]), is_date_time(schema, ["ends"])
    (True, False)
    """
    found = list(_alternatives(schema, schema))
    for step in path:
        found = [each for outer in found for each in _alternatives_at(schema, outer, step)]
    return any(each.get("format") == "date-time" for each in found)


def _alternatives_at(root: Any, outer: dict[str, Any], step: str | int) -> Iterator[dict[str, Any]]:
    for inner in _at(outer, step):
        yield from _alternatives(root, inner)


def _at(outer: dict[str, Any], step: str | int) -> list[Any]:
    """The schemas of one key of an object, or of one item of a list."""
    if isinstance(step, int):
        items = outer.get("items")
        if isinstance(items, list):
            return [items[step]] if step < len(items) else [outer.get("additionalItems")]
        return [items]
    properties = outer.get("properties")
    if isinstance(properties, dict) and step in properties:
        return [properties[step]]
    patterns = outer.get("patternProperties")
    by_pattern = list(patterns.values()) if isinstance(patterns, dict) else []
    return [*by_pattern, outer.get("additionalProperties")]


def _alternatives(root: Any, node: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """A schema, and those that it refers to or is combined from."""
    if not isinstance(node, dict) or depth > DEEPEST:
        return
    yield node
    for combination in ("oneOf", "anyOf", "allOf"):
        combined = node.get(combination)
        for each in combined if isinstance(combined, list) else []:
            yield from _alternatives(root, each, depth + 1)
    if isinstance(reference := node.get("$ref"), str):
        yield from _alternatives(root, _referred(root, reference), depth + 1)


def _referred(root: Any, reference: str) -> Any:
    """The part of a schema that `#/definitions/…` is; None for a reference to elsewhere."""
    if not reference.startswith("#"):
        return None
    for step in reference.removeprefix("#").split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        root = root.get(key) if isinstance(root, dict) else None
    return root

"""Attribute values in the type that the definition declares.

Aggregations work on the values that events have; the API answers in the declared type. A value that
cannot be converted is null, so a wrong declaration never leads to a value of an unexpected type
*(ours: the real engine's behavior is not documented)*.
"""

import math
from collections.abc import Callable
from typing import Any

import orjson

from lib.sandbox.signals.scalars import INT32, INT64


def _as_int(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # JSON cannot hold larger integers: a sum that overflows its type is null.
    return int(value) if math.isfinite(value) and int(value) in INT64 else None


def _as_int32(value: Any) -> int | None:
    whole = _as_int(value)
    return whole if whole is not None and whole in INT32 else None


def _as_float(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _as_text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode() if isinstance(value, bool | int | float) else None


def _as_bool(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _as_dict(value: Any) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


SCALARS: dict[str, Callable[[Any], Any]] = {
    "bytes": _as_text,
    "string": _as_text,
    "int32": _as_int32,
    "int64": _as_int,
    "double": _as_float,
    "float": _as_float,
    "bool": _as_bool,
    "unix_timestamp": lambda value: value,
    "timestamp": lambda value: value,
    "dict": _as_dict,
}


def typed_value(type_name: str, value: Any) -> Any:
    """`value` in the declared type; None if it is None or cannot be converted.

    >>> typed_value("int32", 5.0), typed_value("string", 5), typed_value("int32", "five")
    (5, '5', None)
    >>> typed_value("string_list", ["a", 1, None])
    ['a', '1']
    """
    return None if value is None else converter(type_name)(value)


def converter(type_name: str) -> Callable[[Any], Any]:
    """A function that converts a value other than None to a type, or returns None."""
    if not type_name.endswith("_list"):
        return SCALARS[type_name]
    convert = SCALARS[type_name.removesuffix("_list")]

    def convert_list(value: Any) -> Any:
        items = value if isinstance(value, list) else [value]
        return [item for item in map(convert, items) if item is not None]

    return convert_list

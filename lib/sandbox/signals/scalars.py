"""Which values can be kept and computed with, and when two of them are one.

Text that JSON or SQLite could not hold (lone surrogates, NUL), integers beyond 64 bits, NaN and
infinities are not values: once kept, they would break a later answer.
"""

import math
import re
from typing import Any

INT64 = range(-(2**63), 2**63)
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def is_int64(value: Any) -> bool:
    """Whether a value is an integer that JSON and SQLite can hold; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool) and value in INT64


def is_number(value: Any) -> bool:
    """Whether a value is a finite number that JSON and SQLite can hold."""
    return math.isfinite(value) if isinstance(value, float) else is_int64(value)


def is_scalar(value: Any) -> bool:
    """Whether a value is text, a number or a boolean that JSON and SQLite can hold."""
    if isinstance(value, str):
        return "\x00" not in value and (value.isascii() or not LONE_SURROGATE.search(value))
    return isinstance(value, bool) or is_number(value)


def canonical(value: Any) -> Any:
    """One hashable form for equal values; wraps booleans, since to Python True equals 1."""
    if isinstance(value, bool):
        return (value,)
    is_whole = isinstance(value, float) and value.is_integer() and int(value) in INT64
    return int(value) if is_whole else value


def from_canonical(form: Any) -> Any:
    """The value that a canonical form stands for."""
    return form[0] if isinstance(form, tuple) else form

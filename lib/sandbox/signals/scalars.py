"""Which values can be stored and computed with, and which of them are equal.

Text that JSON or SQLite cannot hold (lone surrogates, NUL), integers beyond 64 bits, NaN and
infinities are rejected: once stored, they would break a later answer.
"""

import json
import math
import re
from typing import Any

INT32 = range(-(2**31), 2**31)
INT64 = range(-(2**63), 2**63)
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def is_int64(value: Any) -> bool:
    """Whether a value is an integer that JSON and SQLite can hold; true and false are not."""
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
    """A hashable form, the same for equal values; booleans are wrapped, as in Python True == 1."""
    if isinstance(value, bool):
        return (value,)
    is_whole = isinstance(value, float) and value.is_integer() and int(value) in INT64
    return int(value) if is_whole else value


def from_canonical(form: Any) -> Any:
    """The value that a canonical form stands for."""
    return form[0] if isinstance(form, tuple) else form


def json_text(value: bool | int | float) -> str:
    """A value as JSON has it, the same for equal numbers.

    >>> json_text(True), json_text(1.0), json_text(1.5)
    ('true', '1', '1.5')
    """
    return json.dumps(from_canonical(canonical(value)))

"""The comparison operators, one table for attribute criteria and for interventions.

`changed` is not here: it compares two states of an attribute, not a value with a constant.

What the documentation leaves open is decided here *(ours)*:

- Null on either side is false, as in SQL, except for `is null`.
- Nothing is converted: numbers compare with numbers (1 equals 1.0), strings with strings, and true
  is not 1. Values of different kinds are unequal and have no order. Strings order by code point.
- `=` and `!=` compare a list as a whole, in order. `like`, `rlike` and `in` hold for a list when
  one of its elements meets them, and the `not` forms when none does.
- `rlike` finds a pattern anywhere. Patterns run on the linear-time engine that also checks the
  schemas, so none can hang the server; it has no look-around and no back-references, like RE2.
  With a pattern that it cannot read, `rlike` and `not rlike` are both false.
- A string above `MAX_TEXT` characters matches no pattern.

Source: https://docs.snowplow.io/docs/signals/interventions/
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jsonschema_rs import Draft202012Validator, RegexOptions

Comparison = Callable[[Any, Any], bool]

MAX_TEXT = 10_000
# Bounds the time of one match to roughly a tenth of a second at MAX_TEXT, whatever the pattern.
REGEX_LIMITS = RegexOptions(size_limit=100_000, dfa_size_limit=100_000)
LIKE_TOKEN = re.compile(r"\\.|.", re.DOTALL)
LIKE_WILDCARDS = {"%": ".*", "_": "."}


def compare(operator: str, actual: Any, expected: Any) -> bool:
    """Whether `actual` meets the operator; never raises on values, whatever their types.

    >>> compare(">=", 5, 5), compare(">=", "5", 5), compare("!=", None, 5)
    (True, False, False)
    >>> compare("like", "https://example.com/pricing", "%/pricing")
    True
    """
    return OPERATORS[operator](actual, expected)


def _kind(value: Any) -> type:
    kind = type(value)
    return float if kind is int else kind


def _equal(actual: Any, expected: Any) -> bool:
    if isinstance(actual, list) and isinstance(expected, list):
        return len(actual) == len(expected) and all(map(_equal, actual, expected))
    return _kind(actual) is _kind(expected) and bool(actual == expected)


def _ordered(actual: Any, expected: Any) -> bool:
    kind = _kind(actual)
    return kind is _kind(expected) and (kind is float or kind is str)


def _in(actual: Any, expected: Any) -> bool:
    choices = expected if isinstance(expected, list) else [expected]
    return any(_equal(actual, choice) for choice in choices)


@lru_cache(maxsize=256)
def _matcher(pattern: str) -> Callable[[str], bool] | None:
    try:
        return Draft202012Validator({"pattern": pattern}, pattern_options=REGEX_LIMITS).is_valid
    except ValueError:  # not a regular expression, too large a one, or lone surrogates
        return None


@lru_cache(maxsize=256)
def _like_as_regex(pattern: str) -> str:
    return f"^(?s:{''.join(map(_like_token_as_regex, LIKE_TOKEN.findall(pattern)))})$"


def _like_token_as_regex(token: str) -> str:
    if token in LIKE_WILDCARDS:
        return LIKE_WILDCARDS[token]
    literal = token[-1]
    return literal if literal.isalnum() else f"\\x{{{ord(literal):x}}}"


def _finds(actual: Any, pattern: str) -> bool:
    matches = _matcher(pattern)
    if matches is None or not isinstance(actual, str) or len(actual) > MAX_TEXT:
        return False
    try:
        return matches(actual)
    except ValueError:  # lone surrogates have no UTF-8 form
        return False


def _rlike(actual: Any, expected: Any) -> bool:
    return isinstance(expected, str) and _finds(actual, expected)


def _like(actual: Any, expected: Any) -> bool:
    return isinstance(expected, str) and _finds(actual, _like_as_regex(expected))


def _not_rlike(actual: Any, expected: Any) -> bool:
    readable = isinstance(expected, str) and _matcher(expected) is not None
    return readable and not _one_element(_rlike)(actual, expected)


def _not_like(actual: Any, expected: Any) -> bool:
    readable = isinstance(expected, str) and _matcher(_like_as_regex(expected)) is not None
    return readable and not _one_element(_like)(actual, expected)


def _one_element(test: Comparison) -> Comparison:
    def holds(actual: Any, expected: Any) -> bool:
        elements = actual if isinstance(actual, list) else [actual]
        return any(test(element, expected) for element in elements)

    return holds


def _known(test: Comparison) -> Comparison:
    """`test`, but false when either side is null."""

    def holds(actual: Any, expected: Any) -> bool:
        return actual is not None and expected is not None and test(actual, expected)

    return holds


OPERATORS: dict[str, Comparison] = {
    "=": _known(_equal),
    "!=": _known(lambda actual, expected: not _equal(actual, expected)),
    "<": _known(lambda actual, expected: _ordered(actual, expected) and actual < expected),
    ">": _known(lambda actual, expected: _ordered(actual, expected) and actual > expected),
    "<=": _known(lambda actual, expected: _ordered(actual, expected) and actual <= expected),
    ">=": _known(lambda actual, expected: _ordered(actual, expected) and actual >= expected),
    "like": _known(_one_element(_like)),
    "not like": _known(_not_like),
    "rlike": _known(_one_element(_rlike)),
    "not rlike": _known(_not_rlike),
    "in": _known(_one_element(_in)),
    "not in": _known(lambda actual, expected: not _one_element(_in)(actual, expected)),
    "is null": lambda actual, expected: actual is None,
    "is not null": lambda actual, expected: actual is not None,
}

"""The comparison operators, one table for attribute criteria and for interventions.

`changed` is not here: it compares two states of an attribute, not a value with a constant.

The documentation leaves these points open *(ours)*:

- A comparison with null is false, as in SQL, except for `is null`.
- Nothing is converted: numbers compare with numbers (1 equals 1.0), strings with strings, and true
  is not 1. Values of different types are unequal and unordered. Strings are ordered by code point.
- `=` and `!=` compare whole lists, in order. `like`, `rlike` and `in` hold for a list if they hold
  for one of its elements; their `not` forms if they hold for none.
- `rlike` finds a pattern anywhere in the text. Patterns run on the linear-time engine that also
  validates schemas, so none can hang the server. Like RE2, it has no look-around and no
  back-references. If a pattern is invalid, `rlike` and `not rlike` are both false.
- A string longer than `MAX_TEXT` characters matches no pattern.

Source: https://docs.snowplow.io/docs/signals/interventions/
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jsonschema_rs import Draft202012Validator, RegexOptions

Comparison = Callable[[Any, Any], bool]

MAX_TEXT = 10_000
# With these, one match takes at most about 0.1 s at MAX_TEXT characters, whatever the pattern.
REGEX_LIMITS = RegexOptions(size_limit=100_000, dfa_size_limit=100_000)
LIKE_TOKEN = re.compile(r"\\.|.", re.DOTALL)
LIKE_WILDCARDS = {"%": ".*", "_": "."}


def compare(operator: str, actual: Any, expected: Any) -> bool:
    """Whether the comparison holds; never raises, whatever the types of the values.

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
    except ValueError:  # not a regular expression, too large, or with lone surrogates
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
    except ValueError:  # lone surrogates cannot be encoded as UTF-8
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
    """`test`, but false if either side is null."""

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

"""The comparison operators, one table for attribute criteria and for interventions.

Each is compiled with the constant that it compares with, so that what can be prepared is done once.
`changed` is not here: it compares two states of an attribute, not a value with a constant.

The documentation leaves these points open *(ours)*:

- A comparison with null is false, as in SQL, except for `is null`.
- Nothing is converted: numbers compare with numbers (1 equals 1.0), strings with strings, and true
  is not 1. Values of different types are unequal and unordered. Strings are ordered by code point.
- `=` and `!=` compare whole lists, in order. `like`, `rlike` and `in` hold for a list if they hold
  for one of its elements; their `not` forms if they hold for none. Patterns look at the last
  elements of a list only, up to as many characters as one text may have.
- If a pattern of `rlike` is invalid, `rlike` and `not rlike` are both false.
- A text that is too long for a pattern does not match it: see `patterns`.

Source: https://docs.snowplow.io/docs/signals/interventions/
"""

from collections.abc import Callable, Iterator
from operator import ge, gt, le, lt
from typing import Any

from lib.sandbox.limits import TEXT_FOR_REGEX, TEXT_IN_VALUE
from lib.sandbox.signals.patterns import like_test, regex_test

COSTS = {"like": 20, "not like": 20, "rlike": 2_000, "not rlike": 2_000}
"""How many steps a comparison may take, if it is more than one: see `Engine.cost`."""

Test = Callable[[Any], bool]
"""Whether a value compares with a constant in the way that it was compiled for."""


def compare(operator: str, actual: Any, expected: Any) -> bool:
    """Whether the comparison holds; never raises, whatever the types of the values.

    >>> compare(">=", 5, 5), compare(">=", "5", 5), compare("!=", None, 5)
    (True, False, False)
    >>> compare("like", "https://example.com/pricing", "%/pricing")
    True
    """
    return comparison(operator, expected)(actual)


def comparison(operator: str, expected: Any) -> Test:
    """A test of whether a value compares with `expected`."""
    return OPERATORS[operator](expected)


def cost(operator: str) -> int:
    """About how many steps a comparison may take."""
    return COSTS.get(operator, 1)


def _kind(value: Any) -> type:
    kind = type(value)
    return float if kind is int else kind


def _are_equal(actual: Any, expected: Any) -> bool:
    if isinstance(actual, list) and isinstance(expected, list):
        return len(actual) == len(expected) and all(map(_are_equal, actual, expected))
    return _kind(actual) is _kind(expected) and bool(actual == expected)


def _never(actual: Any) -> bool:
    return False


def _known(compiled: Callable[[Any], Test]) -> Callable[[Any], Test]:
    """As `compiled`, but false if either side is null."""

    def with_nulls(expected: Any) -> Test:
        if expected is None:
            return _never
        test = compiled(expected)
        return lambda actual: actual is not None and test(actual)

    return with_nulls


def _not(compiled: Callable[[Any], Test]) -> Callable[[Any], Test]:
    def opposite(expected: Any) -> Test:
        test = compiled(expected)
        return lambda actual: not test(actual)

    return opposite


def _equal(expected: Any) -> Test:
    return lambda actual: _are_equal(actual, expected)


def _ordered(holds: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    def compiled(expected: Any) -> Test:
        kind = _kind(expected)
        if kind is not float and kind is not str:
            return _never
        return lambda actual: _kind(actual) is kind and holds(actual, expected)

    return compiled


def _in(expected: Any) -> Test:
    choices = expected if isinstance(expected, list) else [expected]
    scalars = {(_kind(each), each) for each in choices if _is_simple(each)}
    others = [each for each in choices if isinstance(each, list | dict)]

    def is_chosen(element: Any) -> bool:
        if _is_simple(element):
            return (_kind(element), element) in scalars
        return any(_are_equal(element, choice) for choice in others)

    return lambda actual: any(map(is_chosen, _elements(actual)))


def _is_simple(value: Any) -> bool:
    """Whether a value can be looked up in a set: not in a container, and no NaN."""
    return not isinstance(value, list | dict) and bool(value == value)


def _like(expected: Any) -> Test:
    if not isinstance(expected, str):
        return _never
    test = like_test(expected)
    return lambda actual: any(map(test, _texts(actual, TEXT_IN_VALUE)))


def _not_like(expected: Any) -> Test:
    return _not(_like)(expected) if isinstance(expected, str) else _never


def _rlike(expected: Any) -> Test:
    # Looked up each time: the compiled ones of all sandboxes would be too large to keep.
    def finds(actual: Any) -> bool:
        test = regex_test(expected)
        return test is not None and any(map(test, _texts(actual, TEXT_FOR_REGEX)))

    return finds if isinstance(expected, str) else _never


def _not_rlike(expected: Any) -> Test:
    is_valid = isinstance(expected, str) and regex_test(expected) is not None
    return _not(_rlike)(expected) if is_valid else _never


def _texts(actual: Any, length: int) -> Iterator[str]:
    """The texts at the end of a list that have so many characters together; or the one text."""
    for element in reversed(_elements(actual)):
        if isinstance(element, str):
            length -= len(element)
            if length < 0:
                return
            yield element


def _elements(actual: Any) -> list[Any]:
    return actual if isinstance(actual, list) else [actual]


OPERATORS: dict[str, Callable[[Any], Test]] = {
    "=": _known(_equal),
    "!=": _known(_not(_equal)),
    "<": _known(_ordered(lt)),
    ">": _known(_ordered(gt)),
    "<=": _known(_ordered(le)),
    ">=": _known(_ordered(ge)),
    "like": _known(_like),
    "not like": _known(_not_like),
    "rlike": _known(_rlike),
    "not rlike": _known(_not_rlike),
    "in": _known(_in),
    "not in": _known(_not(_in)),
    "is null": lambda expected: lambda actual: actual is None,
    "is not null": lambda expected: lambda actual: actual is not None,
}

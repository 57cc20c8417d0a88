"""Whether values meet an intervention's criteria, as far as the app can tell from outside.

Signals decides by itself when an intervention fires; this only says what values mean for a person
who asks why it did or did not. What cannot be told from values alone, such as `changed` or a
pattern, is None.

Source: https://docs.snowplow.io/docs/signals/interventions/
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "in": lambda value, among: value in among,
    "not in": lambda value, among: value not in among,
}


def meets(criteria: Any, values: Mapping[str, Any]) -> bool | None:
    """Whether the values, by attribute name, meet the criteria; None if that cannot be told."""
    for name, combine in _COMBINATIONS.items():
        parts = getattr(criteria, name, None)
        if isinstance(parts, list):
            met: bool | None = combine([meets(each, values) for each in parts])
            return met
    return _meets_one(criteria, values)


def in_words(criteria: Any) -> str:
    """Criteria for a person, such as `tasks_completed_count >= 5`."""
    for name in _COMBINATIONS:
        parts = getattr(criteria, name, None)
        if isinstance(parts, list):
            joint = {"all": " and ", "any": " or ", "none": " nor "}[name]
            words = joint.join(in_words(each) for each in parts)
            return f"neither {words}" if name == "none" else words
    attribute = str(getattr(criteria, "attribute", "")).rpartition(":")[2]
    value = getattr(criteria, "value", None)
    said = "" if value is None else f" {value:g}" if isinstance(value, float) else f" {value}"
    return f"{attribute} {getattr(criteria, 'operator', '')}{said}"


def _meets_one(criterion: Any, values: Mapping[str, Any]) -> bool | None:
    value = values.get(str(criterion.attribute).rpartition(":")[2])
    if criterion.operator in ("is null", "is not null"):
        return bool((value is None) == (criterion.operator == "is null"))
    compare = COMPARISONS.get(criterion.operator)
    if compare is None:
        return None
    if value is None:
        return False
    try:
        return bool(compare(value, criterion.value))
    except TypeError:
        return None


def _all(parts: Sequence[bool | None]) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True


def _any(parts: Sequence[bool | None]) -> bool | None:
    if True in parts:
        return True
    return None if None in parts else False


def _none(parts: Sequence[bool | None]) -> bool | None:
    met = _any(parts)
    return None if met is None else not met


_COMBINATIONS: dict[str, Callable[[Sequence[bool | None]], bool | None]] = {
    "all": _all,
    "any": _any,
    "none": _none,
}

"""Whether values meet an intervention's criteria, as far as the app can tell from outside.

Signals decides when an intervention fires. This only explains to a person why it did or did not.
What values alone cannot decide is None: `changed`, a pattern, an attribute that was not read,
values of different kinds. Combinations follow Kleene's logic: an `all` with a false part is false,
even if another part is unknown.

Source: https://docs.snowplow.io/docs/signals/interventions/
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

EQUALITIES: dict[str, Callable[[Any, Any], bool]] = {"=": operator.eq, "!=": operator.ne}
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Distance:
    """How close a number is to the one that a criterion asks for."""

    value: float
    goal: float

    @property
    def fraction(self) -> float:
        """How much of the goal is reached, from 0 to 1."""
        return min(max(self.value / self.goal, 0.0), 1.0)

    @property
    def missing(self) -> float:
        """How much is missing; 0 if the goal is reached."""
        return max(self.goal - self.value, 0)


def distance(criterion: Any, values: Mapping[str, Any]) -> Distance | None:
    """How far the values are from a criterion that asks for a number or more; None for others. No
    value yet counts as 0.

    >>> from types import SimpleNamespace as Criterion
    >>> distance(Criterion(attribute="g:n", operator=">=", value=5), {"n": 3}).missing
    2
    """
    name = _name_in(values, criterion)
    if name not in values or criterion.operator not in (">", ">="):
        return None
    value, goal = values[name] or 0, criterion.value
    return Distance(value, goal) if is_number(value) and is_number(goal) and goal > 0 else None


def value_of(criterion: Any, values: Mapping[str, Any]) -> Any:
    """The value that a single criterion is about. Raises `KeyError` if there is none."""
    return values[_name_in(values, criterion)]


def meets(criteria: Any, values: Mapping[str, Any]) -> bool | None:
    """Whether the values meet the criteria; None if unknown. The values are keyed by the
    attribute's name, with or without its group."""
    name, parts = _parts(criteria) or ("", [])
    if not name:
        return _meets_one(criteria, values)
    return COMBINATIONS[name]([meets(part, values) for part in parts])


def criteria_text(criteria: Any) -> str:
    """Criteria for a person, such as `tasks_completed_count >= 5`."""
    simple = _simplest(criteria)
    name, parts = _parts(simple) or ("", [])
    if not name:
        return _one_in_words(simple)
    if not parts:
        return "never" if name == "any" else "always"
    if name == "none":
        words = [f"({criteria_text(part)})" for part in parts]
        return f"not {words[0]}" if len(words) == 1 else f"neither {' nor '.join(words)}"
    return {"all": " and ", "any": " or "}[name].join(_in_brackets(part) for part in parts)


def names_in(criteria: Any) -> list[str]:
    """The attributes that criteria name, without their groups."""
    name, parts = _parts(criteria) or ("", [])
    names = [each for part in parts for each in names_in(part)] if name else [_attribute(criteria)]
    return list(dict.fromkeys(names))


def groups_in(criteria: Any) -> list[str]:
    """The attribute groups that criteria name."""
    name, parts = _parts(criteria) or ("", [])
    if not name:
        return [str(criteria.attribute).rpartition(":")[0]]
    return list(dict.fromkeys(each for part in parts for each in groups_in(part)))


def _parts(criteria: Any) -> tuple[str, list[Any]] | None:
    """The name and the parts of an `all`, `any` or `none`; None for a single criterion."""
    for name in COMBINATIONS:
        parts = getattr(criteria, name, None)
        if isinstance(parts, list):
            return name, parts
    return None


def _meets_one(criterion: Any, values: Mapping[str, Any]) -> bool | None:
    name = _name_in(values, criterion)
    if name not in values or criterion.operator == "changed":
        return None
    value, expected = values[name], criterion.value
    if criterion.operator in ("is null", "is not null"):
        return bool((value is None) == (criterion.operator == "is null"))
    if value is None or expected is None:
        return False
    if criterion.operator in ("in", "not in"):
        among = expected if isinstance(expected, list) else [expected]
        found = [_compared("=", value, each) for each in among if each is not None]
        return COMBINATIONS["any" if criterion.operator == "in" else "none"](found)
    return _compared(criterion.operator, value, expected)


def _compared(name: str, value: Any, expected: Any) -> bool | None:
    kind = _kind(value)
    if kind is not _kind(expected):
        return None
    if name in EQUALITIES:
        return EQUALITIES[name](value, expected)
    has_order = name in ORDERS and kind in (float, str)
    return ORDERS[name](value, expected) if has_order else None


def _kind(value: Any) -> type:
    return float if is_number(value) else type(value)


def _attribute(criterion: Any) -> str:
    """An attribute's name without its group, as a service returns it."""
    return str(criterion.attribute).rpartition(":")[2]


def _name_in(values: Mapping[str, Any], criterion: Any) -> str:
    """The key of a criterion's attribute in the values: two groups may use one attribute name."""
    whole = str(criterion.attribute)
    return whole if whole in values else _attribute(criterion)


def _one_in_words(criterion: Any) -> str:
    name = _attribute(criterion)
    if criterion.operator == "changed":
        return f"{name} changes"
    value = "" if criterion.value is None else f" {_value_in_words(criterion.value)}"
    return f"{name} {criterion.operator}{value}"


def _value_in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_value_in_words, value)) or "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return f'"{value}"' if isinstance(value, str) else str(value)


def _in_brackets(criteria: Any) -> str:
    """In brackets if the criteria have parts."""
    _, parts = _parts(_simplest(criteria)) or ("", [])
    return f"({criteria_text(criteria)})" if parts else criteria_text(criteria)


def _simplest(criteria: Any) -> Any:
    """The criteria without an `all` or `any` around a single part."""
    name, parts = _parts(criteria) or ("", [])
    return _simplest(parts[0]) if name in ("all", "any") and len(parts) == 1 else criteria


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


COMBINATIONS: dict[str, Callable[[Sequence[bool | None]], bool | None]] = {
    "all": _all,
    "any": _any,
    "none": _none,
}


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value is a number, other than Python's True and False."""
    return isinstance(value, int | float) and not isinstance(value, bool)

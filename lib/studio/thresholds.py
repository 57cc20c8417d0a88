"""The numbers that published rules compare an attribute with: lines on its chart."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lib.snowplow.criteria import is_number

SIGNS = {">=": "≥", ">": ">", "<=": "≤", "<": "<", "=": "="}
AT_MOST = 4  # on one chart


@dataclass(frozen=True)
class Threshold:
    """A number that a rule compares an attribute with, and how."""

    rule: str
    operator: str
    value: float

    @property
    def words(self) -> str:
        """The comparison as a person reads it.

        >>> Threshold("power_user_nudge", ">=", 5).words
        '≥ 5'
        """
        number = f"{self.value:,}" if isinstance(self.value, int) else f"{self.value:,.6g}"
        return f"{SIGNS[self.operator]} {number}"


def thresholds(rules: Iterable[Any], group: str, attribute: str) -> list[Threshold]:
    """Where published rules compare an attribute of a group with a number."""
    found = [
        Threshold(str(rule.name), each.operator, each.value)
        for rule in rules
        for each in _criteria(rule.criteria)
        if each.attribute == f"{group}:{attribute}"
        and each.operator in SIGNS
        and is_number(each.value)
    ]
    return list(dict.fromkeys(found))[:AT_MOST]


def _criteria(criteria: Any) -> Iterator[Any]:
    """The single criteria of a rule."""
    if getattr(criteria, "attribute", None) is not None:
        yield criteria
    for combination in ("all", "any", "none"):
        for part in getattr(criteria, combination, None) or []:
            yield from _criteria(part)

"""How often the user of a program acts until the published rules are true.

With each act, an attribute that counts one event grows by one. What else a rule asks for is not
computed, so the program says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import snowplow_signals as sdk

from lib.snowplow.criteria import is_number
from lib.studio.vocabulary import Definition

MOST_TIMES = 100
TIMES = 5


@dataclass(frozen=True)
class Acts:
    """How often to act. `is_exact` says that every rule becomes true with the last act,
    `is_enough` that none asks for more than `MOST_TIMES`."""

    count: int
    is_exact: bool
    is_enough: bool


@dataclass(frozen=True)
class _Need:
    """How many acts criteria need, 0 where they name no number. `is_exact` says that they become
    true with the last of them."""

    count: int
    is_exact: bool


def acts_until_rules_are_true(definitions: Sequence[Definition]) -> Acts:
    """How often to act until the largest number in the rules is reached."""
    counters = _plain_counters(definitions)
    rules = [each for each in definitions if isinstance(each, sdk.RuleIntervention)]
    needs = [_need(each.criteria, counters) for each in rules]
    counts = [each.count for each in needs if each.count]
    possible = [each for each in counts if each <= MOST_TIMES]
    is_exact = all(each.is_exact for each in needs) and len(set(counts)) == 1
    return Acts(max(possible, default=TIMES), is_exact, len(possible) == len(counts))


def _plain_counters(definitions: Sequence[Definition]) -> set[str]:
    """The attributes that grow by one with each act, as `group:attribute`."""
    groups = [each for each in definitions if isinstance(each, sdk.AttributeGroup)]
    attributes = {
        f"{group.name}:{each.name}": each
        for group in sorted(groups, key=lambda each: each.version or 1)
        for each in group.attributes or []
    }
    return {
        name
        for name, each in attributes.items()
        if each.aggregation == "counter" and each.criteria is None and _is_of_one(each.events)
    }


def _is_of_one(events: Sequence[Any]) -> bool:
    """Whether these are events of one name, and not any of a vendor."""
    return len(events) == 1 and bool(events[0].vendor and events[0].name)


def _need(criteria: Any, counters: set[str]) -> _Need:
    for combination in ("all", "any", "none"):
        parts = getattr(criteria, combination, None)
        if parts is not None:
            return _combined(combination, [_need(part, counters) for part in parts])
    return _need_of_one(criteria, counters)


def _combined(combination: str, needs: Sequence[_Need]) -> _Need:
    """What a combination needs. An `any` with a part that is not exact waits for all its parts."""
    if combination == "none":
        return _Need(0, is_exact=False)
    is_exact = all(each.is_exact for each in needs)
    chosen = min if combination == "any" and is_exact else max
    return _Need(chosen((each.count for each in needs), default=0), is_exact)


def _need_of_one(criterion: Any, counters: set[str]) -> _Need:
    value = criterion.value
    asks_for_number = criterion.operator in (">", ">=", "=") and is_number(value)
    if not asks_for_number or not math.isfinite(value):
        return _Need(0, is_exact=False)
    count = math.floor(value) + 1 if criterion.operator == ">" else math.ceil(value)
    is_reached = criterion.operator != "=" or count == value
    is_count = criterion.attribute in counters and count > 0 and is_reached
    return _Need(max(count, 0), is_count)

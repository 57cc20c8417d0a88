"""A rule as a tree, with each part true or false for given values.

Source: `lib/snowplow/criteria.py`, and https://docs.snowplow.io/docs/signals/interventions/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lib.snowplow.criteria import Distance, criteria_text, distance, meets, value_of

COMBINATIONS = {
    "all": "all of these are true",
    "any": "at least one of these is true",
    "none": "none of these is true",
}
NOT_READ = object()


@dataclass(frozen=True)
class RulePart:
    """One part of a rule: `depth` is how far it is indented, `is_met` None if unknown. A single
    criterion has `now`, the value, unless that was not read, and may have a `distance`."""

    depth: int
    words: str
    is_met: bool | None
    is_combination: bool
    now: Any = NOT_READ
    distance: Distance | None = None

    @property
    def is_read(self) -> bool:
        """Whether the value of its attribute is known."""
        return self.now is not NOT_READ


def rule_parts(
    criteria: Any, values: Mapping[str, Any], depth: int = 0, *, is_wanted: bool = True
) -> Iterator[RulePart]:
    """The parts of a rule from the top, each before its own parts. A combination of one part counts
    as that part. What should not become true has no distance."""
    has_parts = [each for each in COMBINATIONS if isinstance(getattr(criteria, each, None), list)]
    if not has_parts:
        yield _leaf(criteria, values, depth, is_wanted=is_wanted)
        return
    (name, *_) = has_parts
    parts = getattr(criteria, name)
    if name == "none":
        is_wanted = not is_wanted
    elif len(parts) == 1:
        yield from rule_parts(parts[0], values, depth, is_wanted=is_wanted)
        return
    yield RulePart(depth, COMBINATIONS[name], meets(criteria, values), is_combination=True)
    for part in parts:
        yield from rule_parts(part, values, depth + 1, is_wanted=is_wanted)


def _leaf(criterion: Any, values: Mapping[str, Any], depth: int, *, is_wanted: bool) -> RulePart:
    try:
        now = value_of(criterion, values)
    except KeyError:
        now = NOT_READ
    way = distance(criterion, values) if is_wanted else None
    return RulePart(depth, criteria_text(criterion), meets(criterion, values), False, now, way)

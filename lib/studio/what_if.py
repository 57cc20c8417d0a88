"""A rule as a tree, each part true or false for some values: what would happen if.

Source: `lib/snowplow/criteria.py`, and https://docs.snowplow.io/docs/signals/interventions/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lib.snowplow.criteria import criteria_text, meets

COMBINATIONS = {
    "all": "all of these are true",
    "any": "at least one of these is true",
    "none": "none of these is true",
}


@dataclass(frozen=True)
class Part:
    """One part of a rule: `depth` is how far it is indented, `is_met` None if that cannot be told
    from values."""

    depth: int
    words: str
    is_met: bool | None
    is_combination: bool


def rule_parts(criteria: Any, values: Mapping[str, Any], depth: int = 0) -> Iterator[Part]:
    """The parts of a rule from the top, each before its own parts."""
    has_parts = [each for each in COMBINATIONS if isinstance(getattr(criteria, each, None), list)]
    name = has_parts[0] if has_parts else ""
    words = COMBINATIONS.get(name) or criteria_text(criteria)
    yield Part(depth, words, meets(criteria, values), bool(name))
    for part in getattr(criteria, name, []) if name else []:
        yield from rule_parts(part, values, depth + 1)

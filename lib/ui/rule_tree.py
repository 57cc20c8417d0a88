"""A rule as a tree: each part true, false or unknown, with the value it has and how far it is."""

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from lib.snowplow.criteria import Distance, is_number
from lib.studio.what_if import RulePart
from lib.text import code

MARKS = {
    True: ":green-badge[:material/check: true]",
    False: ":orange-badge[:material/close: false]",
    None: ":gray-badge[:material/help: unknown]",
}
VALUE_AT_MOST = 60


def show_tree(parts: Sequence[RulePart]) -> None:
    """The parts of a rule below each other, from the top."""
    for part in parts:
        if part.distance is None:
            st.markdown(_line(part))
        else:
            st.progress(part.distance.fraction, text=_line(part))


def _line(part: RulePart) -> str:
    indent = "&emsp;" * part.depth
    if part.is_combination:
        return f"{indent}{MARKS[part.is_met]} {part.words}"
    return f"{indent}{MARKS[part.is_met]} {code(part.words)}{_now(part)}"


def _now(part: RulePart) -> str:
    """The value that a part has, and what is missing."""
    if not part.is_read:
        return " · not read"
    if part.distance is not None:
        return f" · {way_in_words(part.distance)}"
    return f" · now {code(value_text(part.now), VALUE_AT_MOST)}"


def way_in_words(way: Distance) -> str:
    """How far a number is.

    >>> way_in_words(Distance(3, 5))
    '3 of 5'
    """
    return f"{value_text(way.value)} of {value_text(way.goal)}"


def value_text(value: Any) -> str:
    """A value on one line.

    >>> value_text(None), value_text(2.5001), value_text(["a"]), value_text("high")
    ('no value', '2.5', '["a"]', 'high')
    """
    if value is None:
        return "no value"
    if is_number(value):
        return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return value if isinstance(value, str) else json.dumps(value)

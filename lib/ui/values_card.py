"""The values on the board, count and last priority, and the progress to the nudge: each a part of
the page."""

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from lib.project import PRIORITIES
from lib.snowplow.definitions import COUNT, PRIORITY
from lib.text import plain
from lib.ui.elements import show_value
from lib.ui.nudge import NudgeProgress, progress
from lib.ui.parts import show_part
from lib.world.history import Change, last_change
from lib.world.participant import Participant

Value = tuple[Any, Change | None]
NARROW, WIDE = 115, 200  # pixels of a column at least
SHORT = 6  # characters that a narrow one has room for


def show_values(participant: Participant) -> None:
    """The values and the progress to the nudge."""
    profile = participant.profile
    longest = max(len(profile.priority_name(each)) for each in PRIORITIES)
    with st.grid(2, min_column_width=NARROW if longest <= SHORT else WIDE):
        show_part("count_part", partial(_read, participant, COUNT), partial(_show, participant))
        show_part(
            "priority_part",
            partial(_read, participant, PRIORITY),
            partial(_show_priority, participant),
        )
    show_part("way_part", partial(_way, participant), _show_way)


def _read(participant: Participant, name: str) -> Value:
    """The value of an attribute and its last change."""
    values = participant.seen.current
    return values.get(name), last_change(name, participant.newest_readings)


def _show(participant: Participant, shown: Value) -> None:
    show_value(
        plain(participant.profile.counted),
        *shown,
        help=f"{COUNT}: how many you completed in the period, as Signals counts them",
    )


def _show_priority(participant: Participant, shown: Value) -> None:
    """In the product's words; left out if only other attributes are published."""
    value, change = shown
    read = participant.seen.current
    if read and PRIORITY not in read:
        return
    named = participant.profile.named
    if change is not None:
        change = replace(change, before=named(change.before), after=named(change.after))
    show_value(
        plain(participant.profile.last_priority),
        named(value),
        change,
        help=f"{PRIORITY}: the priority of what you completed last",
    )


def _way(participant: Participant) -> NudgeProgress:
    published = participant.seen.published
    return progress(
        participant.seen.current.get(COUNT),
        published.threshold,
        is_received=participant.is_nudged,
        rule=published.rule,
    )


def _show_way(shown: NudgeProgress) -> None:
    st.progress(shown.fraction, text=shown.text)

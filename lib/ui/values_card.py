"""The values on the board, count and last priority, and the way to the nudge."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from lib.demo.demo_profile import DemoProfile
from lib.snowplow.definitions import ATTRIBUTES, COUNT, PRIORITY
from lib.text import plain
from lib.ui.elements import show_value
from lib.ui.nudge import Progress, progress
from lib.ui.parts import show_part
from lib.world.history import Change, last_change
from lib.world.participant import Participant


@dataclass(frozen=True)
class Values:
    """What is shown: the values that were read, the last change of each, and the way to the
    nudge."""

    values: dict[str, Any]
    changes: dict[str, Change | None]
    way: Progress


def show_values(participant: Participant) -> None:
    """The values and the way to the nudge."""
    show_part(
        "values_part", partial(_read, participant), partial(_show, profile=participant.profile)
    )


def _read(participant: Participant) -> Values:
    values, published = participant.seen.current, participant.seen.published
    way = progress(
        values.get(COUNT),
        published.threshold,
        is_received=participant.is_nudged,
        rule=published.rule,
    )
    changes = {name: last_change(name, participant.newest_readings) for name in ATTRIBUTES}
    return Values(values, changes, way)


def _show(shown: Values, profile: DemoProfile) -> None:
    values, changes = shown.values, shown.changes
    with st.grid(2, min_column_width=130):
        show_value(
            plain(profile.counted),
            values.get(COUNT),
            changes[COUNT],
            help=f"{COUNT}: how many you completed in the period, as Signals counts them",
        )
        if PRIORITY in values or not values:
            show_value(
                plain(profile.last_priority),
                profile.named(values.get(PRIORITY)),
                _in_words(changes[PRIORITY], profile),
                help=f"{PRIORITY}: the priority of what you completed last",
            )
    st.progress(shown.way.fraction, text=shown.way.text)


def _in_words(change: Change | None, profile: DemoProfile) -> Change | None:
    """A change of the last priority, in the product's words."""
    if change is None:
        return None
    return replace(change, before=profile.named(change.before), after=profile.named(change.after))

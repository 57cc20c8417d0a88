"""The values of groups that were just published, read repeatedly while the page is open."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import snowplow_signals as sdk
import streamlit as st

from lib.diagnosis.missing_values import why_no_profile
from lib.studio.readable import SourceAttributes, part_of_group
from lib.text import counted, plain, with_code
from lib.ui.elements import number_or_words, show_problem
from lib.ui.ticking import ticking
from lib.world.participant import Participant
from lib.world.polling import FAST_SECONDS
from lib.world.watched import SOURCES_AT_MOST

MOST_METRICS = 12  # more are shown as a table


def cell(value: Any) -> Any:
    """A value in a table: lists and counts as JSON."""
    return json.dumps(value) if isinstance(value, list | dict) else value


def show_live_values(participant: Participant, groups: Sequence[sdk.AttributeGroup]) -> None:
    """The current values of published groups for this user, their session and their project."""
    parts = [part_of_group(each) for each in groups[:SOURCES_AT_MOST]]
    if parts:
        ticking(partial(_show, participant, parts), FAST_SECONDS)
    if left := len(groups) - len(parts):
        st.caption(f"And {counted(left, 'more group')}: the attributes page shows each.")


def _show(participant: Participant, parts: Sequence[SourceAttributes]) -> None:
    sources = [each.source for each in parts]
    participant.watched.look(sources)
    problem = participant.watched.problem(sources)
    if problem is not None:
        show_problem(problem)
    for each in parts:
        why = why_no_profile(each.source.key, participant.identifiers)
        readings = participant.watched.readings(each.source)
        if why:
            st.caption(f"{plain(each.source.name)}: {with_code(why)}")
        elif readings:
            _show_values(each.source.name, readings[-1].values)
        elif problem is None:
            st.caption("Values are being read.")


def _show_values(group: str, values: dict[str, Any]) -> None:
    if len(values) > MOST_METRICS:
        rows = [{"attribute": name, "value": str(cell(each))} for name, each in values.items()]
        st.dataframe(rows, hide_index=True, alt=f"The values of {group}")
        return
    with st.grid(4, min_column_width=170):
        for name, value in values.items():
            shown = None if value is None else number_or_words(value)
            st.metric(plain(name), shown, border=True)

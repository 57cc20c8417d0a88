"""The values of any published groups, read again and again while the page is open."""

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import wait as wait_for
from functools import partial
from typing import Any

import snowplow_signals as sdk
import streamlit as st
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.connection.explanations import SDK_ERRORS, Explanation, explained
from lib.text import code, plain
from lib.ui.elements import show_problem
from lib.ui.ticking import ticking
from lib.world.background import in_background
from lib.world.participant import Participant
from lib.world.polling import FAST_SECONDS

MOST_METRICS = 12  # more than that are a table
PAGE_WAITS_SECONDS = 0.8
KEYS = ("user_id", "domain_sessionid", "project_id")  # columns of an answer, and no attributes
Read = list[tuple[str, dict[str, Any]]]


def identifiers(participant: Participant) -> dict[str, str]:
    """Who somebody is, by attribute key, as far as the app knows."""
    return {
        "user_id": participant.user_id,
        "domain_sessionid": participant.session.known,
        "project_id": participant.project.id,
    }


def cell(value: Any) -> Any:
    """A value in a table: lists and counts as JSON."""
    return json.dumps(value) if isinstance(value, list | dict) else value


def show_live_values(participant: Participant, groups: Sequence[sdk.AttributeGroup]) -> None:
    """What published groups say of this user, their session and their project, now."""
    if groups:
        ticking(partial(_show, participant, groups), FAST_SECONDS)


def _show(participant: Participant, groups: Sequence[sdk.AttributeGroup]) -> None:
    mine = identifiers(participant)
    wanted = (participant.world, tuple((each.name, each.version) for each in groups))
    _read_again(participant, groups, mine, wanted)
    known, read, problem = st.session_state.get("live_values", (None, [], None))
    if known != wanted:
        st.caption("Values are being read.")
    elif problem is not None:
        show_problem(problem)
    else:
        for name, values in read:
            _show_values(name, values)
    for each in groups:
        if str(each.attribute_key.name) not in mine:
            key = code(each.attribute_key.name)
            st.caption(f"{code(each.name)}: its profiles are by {key}, which this app has none of.")


def _read_again(
    participant: Participant,
    groups: Sequence[sdk.AttributeGroup],
    mine: Mapping[str, str],
    wanted: tuple[object, ...],
) -> None:
    """Read in the background, unless that is under way or was just done. The first time, the page
    waits a moment."""
    asked, future, due = st.session_state.get("live_reading", (None, None, 0.0))
    is_new = asked != wanted
    if is_new or (future.done() and time.monotonic() >= due):
        future = in_background("values", partial(_answer, participant.signals, groups, mine))
        due = time.monotonic() + participant.polling.beat
        st.session_state["live_reading"] = (wanted, future, due)
    if is_new:
        wait_for([future], timeout=PAGE_WAITS_SECONDS)
    if future.done():
        st.session_state["live_values"] = (wanted, *future.result())


def _answer(
    signals: BaseSignalsWithApiClient,
    groups: Sequence[sdk.AttributeGroup],
    mine: Mapping[str, str],
) -> tuple[Read, Explanation | None]:
    try:
        return [
            (
                str(each.name),
                signals.get_group_attributes(
                    name=each.name,
                    version=each.version or 1,
                    attributes=[one.name for one in each.attributes or []],
                    attribute_key=str(each.attribute_key.name),
                    identifier=mine[str(each.attribute_key.name)],
                ),
            )
            for each in groups
            if str(each.attribute_key.name) in mine and each.attributes
        ], None
    except SDK_ERRORS as error:
        return [], explained(error)


def _show_values(group: str, answered: Mapping[str, Any]) -> None:
    values = {name: value for name, value in answered.items() if name not in KEYS}
    if len(values) > MOST_METRICS:
        rows = [{"attribute": name, "value": str(cell(each))} for name, each in values.items()]
        st.dataframe(rows, hide_index=True, alt=f"The values of {group}")
        return
    with st.grid(4, min_column_width=170):
        for name, value in values.items():
            st.metric(plain(name), _short(value), border=True)


def _short(value: Any) -> str:
    if value is None:
        return "no value yet"
    if isinstance(value, dict):
        return plain(", ".join(f"{name} {count}" for name, count in value.items()))
    if isinstance(value, list):
        return plain(", ".join(map(str, value)))
    return plain(round(value, 4) if isinstance(value, float) else value)

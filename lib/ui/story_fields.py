"""The fields of the story's definitions: how many tasks nudge, over which time, and the owner.

A field that nobody changed follows what is published, because it may be published elsewhere too.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import streamlit as st

from lib.snowplow.definitions import ATTRIBUTES, Plan
from lib.text import duration_text
from lib.ui.presentation import is_presenting
from lib.ui.publishing import forget_problem

PERIODS = [timedelta(days=each) for each in (1, 7, 30, 90)]
THRESHOLD_AT_MOST = 1_000_000
FILLED = "story_fields_filled"  # the key of what the fields were last filled in with


def planned(plan: Plan) -> Plan:
    """The plan, with the values of the fields."""
    return replace(
        plan,
        owner=st.session_state["owner"].strip(),
        threshold=int(st.session_state["threshold"]),
        period=st.session_state["period"],
        attributes=tuple(each for each in ATTRIBUTES if each in st.session_state["attributes"]),
    )


def follow(plan: Plan) -> None:
    """Fill in the fields that nobody has changed since this was last done."""
    filled = st.session_state.get(FILLED, {})
    now: dict[str, Any] = {
        "threshold": min(max(plan.threshold, 1), THRESHOLD_AT_MOST),
        "period": plan.period,
        "attributes": [each for each in plan.attributes if each in ATTRIBUTES],
        "owner": plan.owner,
    }
    for key, value in now.items():
        shown = st.session_state.get(key)
        if shown is None or (shown == filled.get(key) and shown != value):
            st.session_state[key] = value
    st.session_state[FILLED] = now


def show_fields(plan: Plan) -> None:
    """The fields, once they follow the plan."""
    st.number_input(
        "Nudge at how many completed tasks",
        min_value=1,
        max_value=THRESHOLD_AT_MOST,
        key="threshold",
        on_change=forget_problem,
        persist_state="session",
    )
    st.selectbox(
        "Counted over the last",
        sorted({*PERIODS, plan.period, st.session_state["period"]}),
        format_func=duration_text,
        key="period",
        on_change=forget_problem,
        persist_state="session",
        help="A rolling window: an event stops counting when it is older than this.",
    )
    st.multiselect(
        "Attributes",
        ATTRIBUTES,
        wrap=True,
        key="attributes",
        on_change=forget_problem,
        persist_state="session",
    )
    if not is_presenting():
        st.text_input(
            "Owner",
            key="owner",
            on_change=forget_problem,
            persist_state="session",
            help="An email address: the person to ask about these definitions.",
        )

"""Attributes: the user's values as Signals returns them, now and over time."""

import inspect
import json
from functools import partial
from itertools import chain
from typing import Any

import streamlit as st

from lib.snowplow import attributes
from lib.snowplow.attributes import KEY
from lib.studio.readable import Readable, readables
from lib.studio.registry import GROUP, SERVICE, Found, Registry
from lib.studio.registry import INTERVENTION as RULE
from lib.text import code, duration_text
from lib.ui import session
from lib.ui.attribute_values import (
    SHOWN_VALUES,
    Values,
    ValuesPage,
    is_story,
    values_of,
)
from lib.ui.elements import show_code, show_problem
from lib.ui.fields import keep_chosen
from lib.ui.presentation import is_presenting
from lib.ui.publishing import show_offer
from lib.ui.registry import registry
from lib.ui.ticking import ticking
from lib.ui.time_travel import can_travel, show_clock_news, show_time_travel
from lib.world.history import Reading, history_csv
from lib.world.polling import FAST_SECONDS

# In pixels. A box that may shrink would cut off the name of what is shown.
CHARACTER, AROUND_THE_NAME, WIDEST_NAME = 7, 56, 560

participant = session.participant()
participant.first_look()


def has_values(reading: Reading) -> bool:
    return any(value is not None for name, value in reading.values.items() if name != KEY)


def story_registry() -> Registry:
    """The story's published definitions, until the list of all definitions is known."""
    published = participant.seen.published
    kinds = (SERVICE, published.service), (GROUP, published.group), (RULE, published.intervention)
    return Registry(tuple(Found(kind, (each,)) for kind, each in kinds if each is not None))


def choose(choices: list[Readable]) -> Readable:
    """What to show: the story's service until somebody chooses."""
    by_key = {each.key: each for each in choices}
    keep_chosen(SHOWN_VALUES, {each.key: each.label for each in choices}, choices[0].key)
    fitting = AROUND_THE_NAME + CHARACTER * max(len(each.label) for each in choices)
    key = st.selectbox(
        "Show the values of",
        list(by_key),
        format_func=lambda each: by_key[each].label,
        key=SHOWN_VALUES,
        persist_state="session",
        label_visibility="collapsed",
        width="stretch" if is_presenting() else min(fitting, WIDEST_NAME),
    )
    return by_key[key]


def live_values(chosen: Readable | None, rules: list[Any], dark: bool) -> None:
    participant.refresh_soon()
    if participant.ahead:
        st.caption(
            f":material/fast_forward: In the sandbox it is {participant.now:%A, %Y-%m-%d %H:%M:%S}"
            f" UTC, {duration_text(participant.ahead)} ahead of real time."
        )
    values = values_of(participant, chosen) if chosen is not None else []
    if chosen is not None:
        show_why_empty(chosen, values)
        ValuesPage(participant, chosen, values, rules, dark).show()
    if not is_presenting() and (chosen is not None or participant.history):
        histories = [each.history for each in values] or [participant.history]
        show_download(sorted(chain(*histories), key=lambda each: each.at))


def show_download(history: list[Reading]) -> None:
    st.download_button(
        "Download the history as CSV",
        # Not a function: a file made on a click is lost if the page runs again just then.
        history_csv(history),
        file_name="attributes.csv",
        mime="text/csv",
        icon=":material/download:",
        key="download_history",
        on_click="ignore",
        disabled=not history,
    )


def show_why_empty(chosen: Readable, values: list[Values]) -> None:
    """Why there is no value, if there is none."""
    is_of_story = any(is_story(participant, each.part.source) for each in values)
    readings = [each.latest for each in values if each.latest is not None]
    if is_of_story and not participant.seen.published.is_complete:
        st.info(
            "Not everything is published, so not everything is computed. See the definitions page.",
            icon=":material/unpublished:",
        )
        st.page_link("pages/definitions.py", label="Open the definitions", icon=":material/rule:")
    elif not readings or any(map(has_values, readings)):
        return
    elif any(has_values(reading) for each in values for reading in each.history):
        st.info(
            "Every event that counted is older than the period of"
            f" {duration_text(chosen.longest_period)}.",
            title="Nothing left in the window",
            icon=":material/hourglass_empty:",
        )
    else:
        st.info(
            participant.profile.told(
                "Signals has no values for this user yet. Press {action} on the board."
            )
            if is_of_story
            else "No event that counts has arrived yet. Each chart says which events count.",
            title="Nothing yet",
            icon=":material/hourglass_empty:",
        )
        if is_of_story:
            st.page_link("pages/board.py", label="Open the board", icon=":material/view_kanban:")


known = registry(participant) or story_registry()
choices = readables(known, participant.names.service)
rules = [each.live for each in known.found if each.kind is RULE and each.live is not None]
with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
    st.title("Attributes", anchor=False, width="content")
    if can_travel(participant):
        show_time_travel(participant)
    chosen = choose(choices) if choices else None
if can_travel(participant):
    show_clock_news(participant)
if not is_presenting():
    st.caption(
        participant.profile.told(
            "Your values, as Signals computes them from your events. Press {action} on the board"
            " and watch them change."
        )
    )
if chosen is None and participant.seen.is_known:
    show_offer(
        participant,
        "Nothing yet",
        participant.profile.told(
            "Publish the definitions, then press {action} on the board. The values show here."
        ),
    )
is_dark = st.context.theme.type == "dark"
ticking(partial(live_values, chosen, rules, is_dark), FAST_SECONDS)

if not is_presenting():
    st.header("How they are read", anchor=False)
    through_service, straight, raw = st.tabs(
        ["Through the service", "From the group", "What was read"], key="reading_tabs"
    )
    with through_service:
        show_code(inspect.getsource(attributes))
    with straight:
        show_code(inspect.getsource(attributes.group_attributes))
        group = participant.seen.published.group
        if st.button("Read the group now", key="read_group", disabled=group is None) and group:
            names = [attribute.name for attribute in group.attributes or []]
            read_group = partial(
                attributes.group_attributes,
                participant.signals,
                participant.user_id,
                group.version,
                names,
                group.name,
            )
            participant.jobs.start(f"read_group_{group.version}", read_group).wait()
        job = participant.jobs.find(f"read_group_{group.version}") if group is not None else None
        if job is not None and group is not None:
            st.caption(f"{group.name}, version {group.version}, asked at {job.since:%H:%M:%S} UTC")
            if not job.is_done:
                st.caption("Signals has not answered yet.")
            elif job.problem is not None:
                show_problem(job.problem)
            else:
                st.json(job.result)
    with raw:
        values = values_of(participant, chosen) if chosen is not None else []
        if all(each.latest is None for each in values):
            st.caption("Signals' answers show here once something is published.")
        for each in values:
            if each.latest is not None:
                source = each.part.source
                st.caption(code(source.call(participant.identifiers[source.key]), at_most=200))
                show_code(json.dumps(each.latest.values, indent=2))

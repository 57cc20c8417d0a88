"""Attributes: the user's values as Signals answers them, now and over time."""

import inspect
import json
from datetime import datetime, timedelta
from functools import partial

import streamlit as st

from lib.charts.attribute_chart import attribute_chart, attribute_summary
from lib.snowplow import attributes
from lib.snowplow.attributes import KEY
from lib.snowplow.definitions import COUNT
from lib.text import duration_text, plain
from lib.ui import session
from lib.ui.confirmation import answered, ask, is_asking
from lib.ui.elements import show_code, show_problem, show_value
from lib.ui.live_values import show_live_values
from lib.ui.presentation import is_presenting
from lib.ui.registry import published_groups
from lib.ui.ticking import ticking
from lib.world.history import Reading, history_csv, last_change
from lib.world.participant import Participant
from lib.world.polling import FAST_FOR_SECONDS, FAST_SECONDS, IDLE_SECONDS, SLOW_SECONDS
from lib.world.time_travel import steps

REDRAWN_AFTER = timedelta(seconds=15)
CLOCK = "clock"
EVERYTHING = "All"
# How much of the time the charts show. There is no dragging: on a phone, a swipe scrolls.
SPANS = {
    EVERYTHING: None,
    "10 minutes": timedelta(minutes=10),
    "1 minute": timedelta(minutes=1),
}

participant = session.participant()
participant.first_look()


def fast_forward(by: timedelta) -> None:
    if not session.is_guest():
        participant.jobs.start(CLOCK, partial(participant.time.forward, by)).wait()


def back_to_now() -> None:
    if not session.is_guest():
        participant.jobs.start(CLOCK, participant.time.back_to_now).wait()


@st.dialog("Set the sandbox's clock back?", icon=":material/history:", on_dismiss=answered)
def ask_to_go_back() -> None:
    st.markdown(
        "Everything that happened in this sandbox is deleted, because it would lie in the future:"
        " all events, the attribute values, and what fired. The history and the inbox start over"
        " too, for everybody who shares the sandbox. The definitions and the board's tasks stay."
        " This cannot be undone."
    )
    with st.container(horizontal=True):
        if st.button(
            "Back to now",
            key="confirm_back",
            type="primary",
            icon=":material/history:",
            on_click=back_to_now,
        ):
            answered()
            st.rerun()
        if st.button("Stay", key="cancel_back"):
            answered()
            st.rerun()


def time_travel() -> None:
    """One button until it is pressed: the charts are what the page is about."""
    job = participant.jobs.find(CLOCK)
    is_moving = job is not None and not job.is_done
    with st.popover("Fast-forward", key="time_travel", icon=":material/fast_forward:"):
        st.markdown(
            "**Fast-forward the sandbox's clock**",
            help="Only the sandbox has a clock that can be moved. A rolling window empties as time"
            " passes, and this lets you see it now. It moves for everybody who shares the sandbox."
            f" The whole period is {duration_text(participant.plan.period)}.",
        )
        with st.container(horizontal=True):
            for step in steps(participant.plan.period):
                st.button(
                    step.label,
                    key=step.key,
                    icon=":material/fast_forward:",
                    on_click=fast_forward,
                    args=(step.by,),
                    disabled=is_moving,
                )
            st.button(
                "Back to now",
                key="back_to_now",
                icon=":material/history:",
                disabled=is_moving or not participant.ahead,
                help="Deletes everything that happened in the sandbox. It asks you first.",
                on_click=ask,
                args=("go_back",),
            )


def show_clock_news() -> None:
    """What the clock waits for: an answer of the person, or of the sandbox."""
    job = participant.jobs.find(CLOCK)
    if is_asking("go_back"):
        ask_to_go_back()
    if job is not None and not job.is_done:
        st.caption(f"The sandbox was asked at {job.since:%H:%M:%S} UTC and has not answered.")
    elif job is not None and job.problem is not None:
        show_problem(job.problem)


def has_values(reading: Reading) -> bool:
    return any(value is not None for name, value in reading.values.items() if name != KEY)


def drawn_until(content: object) -> datetime:
    """The time up to which the charts are drawn. It moves on when there is something new, and
    otherwise now and then: each drawing replaces the one on the page."""
    now = participant.now
    drawn: datetime
    drawn, old_content = st.session_state.get("drawn", (now, None))
    if now - drawn > REDRAWN_AFTER or content != old_content:
        drawn = now
        st.session_state["drawn"] = (now, content)
    return drawn


def live_values(participant: Participant, dark: bool) -> None:
    participant.refresh_soon()
    history = participant.history
    show_values(participant, history, dark)
    if not is_presenting():
        show_download(history)


def show_values(participant: Participant, history: list[Reading], dark: bool) -> None:
    seen = participant.seen
    if participant.ahead:
        st.caption(
            f":material/fast_forward: In the sandbox it is {participant.now:%A, %Y-%m-%d %H:%M:%S}"
            f" UTC, {duration_text(participant.ahead)} ahead of real time."
        )
    if seen.values is None:
        st.info(
            "Publish the definitions, then complete tasks on the board. The values show here.",
            title="Nothing yet",
            icon=":material/hourglass_empty:",
        )
        return
    names = [name for name in seen.values.values if name != KEY]
    if is_presenting():
        show_charts(participant, history, names, dark)
    with st.grid(max(1, len(names))):
        for name in names:
            change = last_change(name, reversed(history))
            show_value(name, seen.values.values[name], change)
    show_why_empty(participant, seen.values, history)
    if not is_presenting():
        show_controls(participant, seen.values)
        show_charts(participant, history, names, dark)


def show_download(history: list[Reading]) -> None:
    st.download_button(
        "Download the history as CSV",
        # Not a function: what is made on a click is lost if the page runs again just then.
        history_csv(history),
        file_name="attributes.csv",
        mime="text/csv",
        icon=":material/download:",
        key="download_history",
        on_click="ignore",
        disabled=not history,
    )


def show_why_empty(participant: Participant, reading: Reading, history: list[Reading]) -> None:
    """Why there is no value, if there is none."""
    if not participant.seen.published.is_complete:
        st.info(
            "Not everything is published, so not everything is computed. See the definitions page.",
            icon=":material/unpublished:",
        )
    elif has_values(reading):
        return
    elif any(map(has_values, history)):
        st.info(
            "Every event that counted is older than the period of"
            f" {duration_text(participant.plan.period)}.",
            title="Nothing left in the window",
            icon=":material/hourglass_empty:",
        )
    else:
        st.info(
            "Signals has no values for this user yet. Complete a task on the board.",
            title="Nothing yet",
            icon=":material/hourglass_empty:",
        )


def show_controls(participant: Participant, reading: Reading) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Read at {reading.at:%H:%M:%S} UTC.",
            help=f"Every {participant.polling.beat:g} seconds now. It is every {FAST_SECONDS:g} for"
            f" {FAST_FOR_SECONDS:g} seconds after an event, then every {SLOW_SECONDS:g}, and every"
            f" {IDLE_SECONDS:g} after a quiet minute.",
            width="content",
        )
        st.radio(
            "Show",
            SPANS,
            index=list(SPANS).index(EVERYTHING),
            key="span",
            horizontal=True,
            label_visibility="collapsed",
        )


def show_charts(
    participant: Participant, history: list[Reading], names: list[str], dark: bool
) -> None:
    marks = participant.marks
    until = drawn_until((participant.world, participant.ahead, history[-1:], marks[-1:]))
    for name in names:
        threshold = participant.seen.published.threshold if name == COUNT else None
        st.markdown(f"**{plain(name)}**")
        st.plotly_chart(
            attribute_chart(
                name,
                history,
                marks,
                now=until,
                threshold=threshold,
                dark=dark,
                span=SPANS[st.session_state.get("span", EVERYTHING)],
            ),
            theme=None,
            key=f"chart_{name}",
            alt=attribute_summary(name, history, threshold=threshold),
            config={"displaylogo": False, "displayModeBar": False},
        )


can_travel = participant.connection.inspector is not None and not session.is_guest()
with st.container(horizontal=True, vertical_alignment="center"):
    st.title("Attributes", anchor=False)
    if can_travel:
        st.space("stretch")
        time_travel()
if can_travel:
    show_clock_news()
if not is_presenting():
    st.caption(
        participant.profile.told(
            "Your values, as Signals computes them from your events. Press {action} on the board"
            " and watch them change."
        )
    )
ticking(partial(live_values, participant, st.context.theme.type == "dark"), FAST_SECONDS)

others = published_groups(participant)
if others:
    st.header("Of other groups", anchor=False)
    chosen = st.selectbox(
        "Attribute group",
        range(len(others)),
        format_func=lambda at: f"{others[at].name} version {others[at].version}",
        key="other_group",
        width=420,
    )
    show_live_values(participant, [others[chosen]])

if not is_presenting():
    st.header("How they are read", anchor=False)
    through_service, straight, raw = st.tabs(
        ["Through the service", "From the group", "Raw answer"], key="reading_tabs"
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
            participant.jobs.start("read_group", read_group).wait()
        if (job := participant.jobs.find("read_group")) is not None and group is not None:
            st.caption(f"{group.name}, version {group.version}, asked at {job.since:%H:%M:%S} UTC")
            if not job.is_done:
                st.caption("Signals has not answered yet.")
            elif job.problem is not None:
                show_problem(job.problem)
            else:
                st.json(job.result)
    with raw:
        if participant.seen.values is None:
            st.caption(
                f"The answer of {participant.names.service} shows here once it is published."
            )
        else:
            show_code(json.dumps(participant.seen.values.values, indent=2))

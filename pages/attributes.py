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
from lib.text import plain
from lib.ui import session
from lib.ui.confirmation import answered, ask, is_asking
from lib.ui.elements import show_code, show_problem, show_value
from lib.ui.presentation import is_presenting
from lib.ui.ticking import ticking
from lib.world.history import Reading, history_csv, last_change
from lib.world.participant import Participant
from lib.world.polling import FAST_FOR_SECONDS, FAST_SECONDS, IDLE_SECONDS, SLOW_SECONDS
from lib.world.time_travel import in_words, steps

REDRAWN_AFTER = timedelta(seconds=15)
CLOCK = "clock"

participant = session.participant()
participant.first_look()


def zoom_to_selection(key: str) -> None:
    boxes = st.session_state[key].selection.box
    if boxes:  # a chart that was just drawn anew has none, and is no wish to see all
        st.session_state["zoom"] = tuple(map(str, boxes[0]["x"]))


def show_all() -> None:
    st.session_state["zoom"] = None


def fast_forward(by: timedelta) -> None:
    show_all()
    if not session.is_guest():
        participant.jobs.start(CLOCK, partial(participant.fast_forward, by)).wait()


def back_to_now() -> None:
    show_all()
    if not session.is_guest():
        participant.jobs.start(CLOCK, participant.back_to_now).wait()


@st.dialog("Set the sandbox's clock back?", icon=":material/history:", on_dismiss=answered)
def ask_to_go_back() -> None:
    st.markdown(
        "What happened meanwhile would be of the future, so everything that happened in this"
        " sandbox is deleted: all events, the attribute values, and what fired. The history and the"
        " inbox start over too, also for those who share the sandbox. The definitions and the"
        " board's tasks stay. This cannot be undone."
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
    job = participant.jobs.find(CLOCK)
    is_moving = job is not None and not job.is_done
    with st.container(border=True):
        st.markdown(
            "**Fast-forward the sandbox's clock**",
            help="Only the sandbox has a clock that can be moved. A rolling window empties as time"
            " passes: this is to see it now. It moves for everybody who shares the sandbox.",
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
                help="Deletes everything that happened in the sandbox; it asks before.",
                on_click=ask,
                args=("go_back",),
            )
        if is_asking("go_back"):
            ask_to_go_back()
        if job is not None and is_moving:
            st.caption(f"The sandbox was asked at {job.since:%H:%M:%S} UTC and has not answered.")
        elif job is not None and job.problem is not None:
            show_problem(job.problem)


def has_values(reading: Reading) -> bool:
    return any(value is not None for name, value in reading.values.items() if name != KEY)


def drawn_until(content: object) -> datetime:
    """The time up to which the charts are drawn: it moves on when there is something new, and now
    and then, because each drawing replaces the last one on the page."""
    now = participant.now
    drawn: datetime
    drawn, old_content = st.session_state.get("drawn", (now, None))
    is_due = now - drawn > REDRAWN_AFTER and not st.session_state.get("zoom")
    if is_due or content != old_content:
        drawn = now
        st.session_state["drawn"] = (now, content)
    return drawn


def live_values(participant: Participant, dark: bool) -> None:
    participant.refresh_soon()
    seen, history, marks = participant.seen, participant.history, participant.marks
    if participant.ahead:
        st.caption(
            f":material/fast_forward: In the sandbox it is {participant.now:%A, %Y-%m-%d %H:%M:%S}"
            f" UTC, {in_words(participant.ahead)} ahead of the real time."
        )
    if seen.values is None:
        st.info(
            "Publish the definitions, then complete tasks on the board: the values show here.",
            title="Nothing yet",
            icon=":material/hourglass_empty:",
        )
        return
    is_published = seen.published is not None and seen.published.is_complete
    threshold = seen.published.threshold if seen.published else None
    values = {name: value for name, value in seen.values.values.items() if name != KEY}
    is_empty = not has_values(seen.values)
    with st.grid(max(1, len(values))):
        for name, value in values.items():
            show_value(name, value, last_change(name, reversed(history)))
    if not is_published:
        st.info(
            "Not everything is published, so not everything is computed: see the definitions page.",
            icon=":material/unpublished:",
        )
    elif is_empty and any(map(has_values, history)):
        st.info(
            f"All that counted is older than the period, {in_words(participant.plan.period)}.",
            title="Nothing any more",
            icon=":material/hourglass_empty:",
        )
    elif is_empty:
        st.info(
            "Signals has no values for this user yet. Complete a task on the board.",
            title="Nothing yet",
            icon=":material/hourglass_empty:",
        )
    until = drawn_until((participant.world, participant.ahead, history[-1:], marks[-1:]))
    zoom = st.session_state.get("zoom")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Read at {seen.values.at:%H:%M:%S} UTC; now every {participant.beat:g} seconds.",
            help=f"For {FAST_FOR_SECONDS:g} seconds after an event they are read every"
            f" {FAST_SECONDS:g}, else every {SLOW_SECONDS:g}, and every {IDLE_SECONDS:g} once"
            " nothing happened for a minute.",
            width="content",
        )
        st.caption("Drag over a chart to zoom in.", width="content")
        st.button(
            "Show all",
            key="reset_zoom",
            icon=":material/zoom_out_map:",
            type="tertiary",
            on_click=show_all,
            disabled=zoom is None,
        )
    for name in values:
        line = threshold if name == COUNT else None
        st.markdown(f"**{plain(name)}**")
        st.plotly_chart(
            attribute_chart(
                name,
                history,
                marks,
                now=until,
                threshold=line,
                dark=dark,
                zoom=zoom,
            ),
            theme=None,
            key=f"chart_{name}",
            alt=attribute_summary(name, history, threshold=line),
            config={"displaylogo": False, "displayModeBar": False},
            on_select=partial(zoom_to_selection, f"chart_{name}"),
            selection_mode="box",
        )


st.title("Attributes", anchor=False)
st.caption(
    "Your values, as Signals computes them from your events. Complete tasks on the board and watch"
    " them change."
)
if participant.connection.inspector is not None and not session.is_guest():
    time_travel()
ticking(partial(live_values, participant, st.context.theme.type == "dark"), FAST_SECONDS)

if not is_presenting():
    st.header("How they are read", anchor=False)
    through_service, straight, raw = st.tabs(
        ["Through the service", "From the group", "Raw answer"], key="reading_tabs"
    )
    with through_service:
        show_code(inspect.getsource(attributes))
    with straight:
        show_code(inspect.getsource(attributes.group_attributes))
        group = participant.seen.published.group if participant.seen.published else None
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
    st.download_button(
        "Download the history as CSV",
        lambda: history_csv(participant.history),
        file_name="attributes.csv",
        mime="text/csv",
        icon=":material/download:",
        key="download_history",
        disabled=not participant.history,
    )

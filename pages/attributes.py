"""Attributes: the user's values as Signals answers them, now and over time."""

import inspect
import json
from datetime import UTC, datetime, timedelta
from functools import partial

import streamlit as st

from lib import attributes, session
from lib.charts import attribute_chart, attribute_summary
from lib.definitions import COUNT
from lib.elements import plain, show_problem
from lib.history import history_csv
from lib.participant import Participant
from lib.polling import FAST_FOR_SECONDS, FAST_SECONDS, SLOW_SECONDS
from lib.ticking import ticking

REDRAWN_AFTER = timedelta(seconds=15)

participant = session.participant()
participant.first_look()


def zoom_to_selection(key: str) -> None:
    boxes = st.session_state[key].selection.box
    st.session_state["zoom"] = tuple(map(str, boxes[0]["x"])) if boxes else None


def show_all() -> None:
    st.session_state["zoom"] = None


def drawn_until(content: object) -> datetime:
    """The time up to which the charts are drawn: it moves on when there is something new, and now
    and then, because each drawing replaces the last one on the page."""
    now = datetime.now(UTC)
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
    if seen.values is None:
        st.info(
            "Publish the definitions, then complete tasks on the board: the values show here.",
            title="Nothing yet",
            icon=":material/hourglass_empty:",
        )
        return
    is_published = seen.published is not None and seen.published.is_complete
    threshold = seen.published.threshold if seen.published else None
    values = {name: value for name, value in seen.values.values.items() if name != "user_id"}
    with st.grid(max(1, len(values))):
        for name, value in values.items():
            st.metric(name, value if isinstance(value, int | float) else plain(value or "—"))
    st.caption(
        f"Read at {seen.values.tstamp:%H:%M:%S} UTC; now every {participant.beat:g} seconds. For"
        f" {FAST_FOR_SECONDS:g} seconds after an event they are read every {FAST_SECONDS:g}, else"
        f" every {SLOW_SECONDS:g}."
    )
    if not is_published:
        st.info(
            "Not everything is published, so not everything is computed: see the definitions page.",
            icon=":material/unpublished:",
        )
    elif all(value is None for value in values.values()):
        st.info(
            "Signals has no values for this user yet. Complete a task on the board.",
            title="Nothing yet",
            icon=":material/hourglass_empty:",
        )
    until = drawn_until((participant.world, history[-1:], marks[-1:]))
    zoom = st.session_state.get("zoom")
    with st.container(horizontal=True, vertical_alignment="center"):
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
ticking(partial(live_values, participant, st.context.theme.type == "dark"), FAST_SECONDS)

st.subheader("How they are read", anchor=False)
through_service, straight, raw = st.tabs(["Through the service", "From the group", "Raw answer"])
with through_service:
    st.code(inspect.getsource(attributes))
with straight:
    st.code(inspect.getsource(attributes.group_attributes))
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
        st.caption(f"The answer of {participant.names.service} shows here once it is published.")
    else:
        st.code(json.dumps(participant.seen.values.values, indent=2), language="json")
st.download_button(
    "Download the history as CSV",
    lambda: history_csv(participant.history),
    file_name="attributes.csv",
    mime="text/csv",
    icon=":material/download:",
    key="download_history",
    disabled=not participant.history,
)

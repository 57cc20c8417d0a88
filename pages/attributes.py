"""Attributes: the user's values as Signals answers them, now and over time."""

import csv
import inspect
import io
import json
from datetime import UTC, datetime

import streamlit as st

from lib import attributes, session
from lib.charts import attribute_chart, attribute_summary
from lib.definitions import COUNT, GROUP, SERVICE
from lib.elements import plain, show_problem
from lib.explanations import SDK_ERRORS, explained
from lib.history import Reading
from lib.participant import BEAT_SECONDS, Participant

participant = session.participant()
participant.first_look()


def history_csv(history: list[Reading]) -> str:
    """The history as CSV: a row for each change, the time in UTC."""
    names = sorted({name for reading in history for name in reading.values})
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["time_utc", *names])
    for reading in history:
        row = [reading.values.get(name) for name in names]
        writer.writerow([reading.tstamp.isoformat(), *map(spreadsheet_text, row)])
    return file.getvalue()


def spreadsheet_text(value: object) -> object:
    """A spreadsheet runs text that starts like a formula; a quote before it keeps it text."""
    is_formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if is_formula else value


@st.fragment(run_every=BEAT_SECONDS)
def live_values(participant: Participant, dark: bool) -> None:
    participant.refresh_soon()
    seen, history = participant.seen, participant.history
    if seen.values is None:
        st.info(
            "Publish the definitions, then complete tasks on the board: the values show here.",
            title="Nothing yet",
            icon=":material/hourglass_empty:",
        )
        return
    threshold = seen.published.threshold if seen.published else None
    values = {name: value for name, value in seen.values.values.items() if name != "user_id"}
    with st.grid(max(1, len(values))):
        for name, value in values.items():
            st.metric(name, value if isinstance(value, int | float) else plain(value or "—"))
    st.caption(f"Read at {seen.values.tstamp:%H:%M:%S} UTC, every {BEAT_SECONDS:g} seconds.")
    if all(value is None for value in values.values()):
        st.info(
            "Signals has no values for this user yet. Complete a task on the board.",
            title="Nothing yet",
            icon=":material/hourglass_empty:",
        )
    now = datetime.now(UTC)
    for name in values:
        line = threshold if name == COUNT else None
        st.markdown(f"**{plain(name)}**")
        st.plotly_chart(
            attribute_chart(name, history, participant.marks, now=now, threshold=line, dark=dark),
            theme=None,
            key=f"chart_{name}",
            alt=attribute_summary(name, history, threshold=line),
            config={"displaylogo": False},
        )


st.title("Attributes", anchor=False)
st.caption(
    "Your values, as Signals computes them from your events. Complete tasks on the board and watch"
    " them change."
)
live_values(participant, dark=st.context.theme.type == "dark")

st.subheader("How they are read", anchor=False)
through_service, straight, raw = st.tabs(["Through the service", "From the group", "Raw answer"])
with through_service:
    st.code(inspect.getsource(attributes.service_attributes))
with straight:
    st.code(inspect.getsource(attributes.group_attributes))
    group = participant.seen.published.group if participant.seen.published else None
    if st.button("Read the group now", key="read_group", disabled=group is None) and group:
        names = [attribute.name for attribute in group.attributes or []]
        try:
            answer = attributes.group_attributes(
                participant.signals, participant.user_id, group.version, names
            )
        except SDK_ERRORS as error:
            show_problem(explained(error))
        else:
            st.caption(f"{GROUP}, version {group.version}")
            st.json(answer)
with raw:
    if participant.seen.values is None:
        st.caption(f"The answer of {SERVICE} shows here once it is published.")
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

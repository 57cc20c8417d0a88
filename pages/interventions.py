"""Interventions: what was received, and how."""

import inspect

import streamlit as st

from lib import interventions, session
from lib.elements import plain, show_problem
from lib.explanations import SDK_ERRORS, explained
from lib.participant import Received

ANSWERS = {None: "waiting for an answer", "accepted": "accepted", "dismissed": "dismissed"}

participant = session.participant()


def push_one() -> None:
    st.session_state.pop("push_problem", None)
    try:
        status = interventions.push_test_intervention(participant.signals, participant.user_id)
    except SDK_ERRORS as error:
        st.session_state["push_problem"] = explained(error)
    else:
        st.session_state["push_status"] = status


def entry(received: Received) -> None:
    intervention, target = received.intervention, received.intervention.target_attribute_key
    with st.container(border=True, key=f"received_{received.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(intervention.name)}**", width="content")
            st.badge(f"version {intervention.version}", color="violet")
            st.badge(ANSWERS.get(received.answer, "answered"), color="gray")
            st.space("stretch")
            st.caption(f"{received.tstamp:%Y-%m-%d %H:%M:%S} UTC", width="content")
        if target is not None:
            st.caption(f"Target: {plain(target.name)} {plain(target.id)}")
        st.json(intervention.attributes or {})


st.title("Interventions", anchor=False)
st.caption(
    "What Signals pushed to you. The nudge arrives by itself when your completed tasks reach the"
    " line; you can also push one to yourself."
)

with st.container(border=True, horizontal=True, vertical_alignment="center"):
    if participant.is_live:
        since = participant.connection.api_client.stream_state.since
        st.badge("Subscribed", icon=":material/hearing:", color="green")
        st.caption(f"The stream is open since {since:%H:%M:%S} UTC.")
    else:
        st.badge("Connecting", icon=":material/hearing_disabled:", color="orange")
        st.caption("The stream is not open. The app tries again every few seconds.")
    st.space("stretch")
    st.button(
        "Push a test intervention to me",
        key="push_intervention",
        icon=":material/send:",
        on_click=push_one,
    )
if problem := st.session_state.get("push_problem"):
    show_problem(problem)
elif st.session_state.get("push_status") == "undelivered":
    st.warning("Nobody was listening, so it is lost. Wait for the stream to open and push again.")

st.subheader("Received", anchor=False)
inbox = participant.inbox
for received in inbox:
    entry(received)
if not inbox:
    st.info(
        "Publish the definitions and complete tasks on the board, or push a test intervention.",
        title="Nothing received yet",
        icon=":material/inbox:",
    )

with st.expander("Sent once per target", icon=":material/looks_one:"):
    st.markdown(
        "An intervention is sent the first time that a user meets its criteria, and never again to"
        " that user: not when the count goes on growing, and not when it falls below the line and"
        " crosses it again. A new version of the intervention is a new intervention, and a new user"
        " is a new target."
    )
with st.expander("How they are received", icon=":material/code:"):
    st.code(inspect.getsource(interventions))

"""Interventions: the published rules with the current values, what was received, and how."""

import inspect
from functools import partial
from typing import Literal

import streamlit as st

from lib.snowplow import interventions
from lib.story.shown_words import is_told_only
from lib.text import code, plain
from lib.ui import session
from lib.ui.elements import show_code, show_problem
from lib.ui.funnel import show_funnel
from lib.ui.presentation import is_presenting
from lib.ui.rules import show_rules
from lib.world.inbox import Missed, Received
from lib.world.listener import ListenerState

ANSWERS = {None: "waiting for an answer", "accepted": "accepted", "dismissed": "dismissed"}

STATES: dict[str, tuple[str, Literal["green", "orange", "red"]]] = {
    "live": ("Subscribed", "green"),
    "connecting": ("Connecting", "orange"),
    "reconnecting": ("Reconnecting", "orange"),
    "refused": ("Refused", "red"),
}

participant = session.participant()


def push_one() -> None:
    push = partial(interventions.push_test_intervention, participant.signals, participant.user_id)
    participant.jobs.start("push", push).wait()


def entry(received: Received) -> None:
    intervention, target = received.intervention, received.intervention.target_attribute_key
    with st.container(border=True, key=f"received_{received.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(intervention.name)}**", width="content")
            st.badge(f"version {intervention.version}", color="violet")
            st.badge(answer_to(received), color="gray")
            if received.is_test:
                st.badge("test", icon=":material/science:", color="gray")
            st.space("stretch")
            st.caption(f"{received.at:%Y-%m-%d %H:%M:%S} UTC", width="content")
        if is_presenting():
            values = (intervention.attributes or {}).items()
            st.markdown(" ".join(code(f"{name}: {value}") for name, value in values))
            return
        if target is not None:
            st.caption(f"Target: {plain(target.name)} {plain(target.id)}")
        st.json(intervention.attributes or {})


def answer_to(received: Received) -> str:
    if received.answer is None and is_told_only(participant, received):
        return "shown briefly"
    return ANSWERS.get(received.answer, "answered")


def missing(missed: Missed) -> None:
    st.warning(
        f"Your values met the criteria of {plain(missed.name)} version {missed.version} while"
        " the app was not listening, and nothing arrived. Interventions are not sent again. To see"
        f" one, become a new user. Noticed at {missed.at:%Y-%m-%d %H:%M:%S} UTC.",
        title="Probably fired while disconnected",
        icon=":material/hearing_disabled:",
    )


def stream_text(state: ListenerState) -> str:
    since = f"{state.since:%H:%M:%S} UTC"
    retry = f" Next try at {state.next_try:%H:%M:%S} UTC." if state.next_try else ""
    why = f": {plain(state.reason)}" if state.reason else ""
    if state.kind == "live":
        return f"The stream has been open since {since}."
    if state.kind == "connecting":
        return "The stream is opening."
    return f"The stream has been closed since {since}{why}.{retry} Anything that fires now is lost."


def show_received() -> None:
    st.header("Received", anchor=False)
    inbox, missed = participant.inbox, participant.missed
    for each in missed:
        missing(each)
    for received in inbox:
        entry(received)
    if not inbox and not missed:
        st.info(
            participant.profile.told(
                "Publish the definitions and press {action} on the board, or send yourself a rule"
                " as a test."
            ),
            title="Nothing received yet",
            icon=":material/inbox:",
        )
        if participant.seen.published.is_any:
            st.page_link("pages/board.py", label="Open the board", icon=":material/view_kanban:")


st.title("Interventions", anchor=False)
if is_presenting():  # an audience sees what was received first
    show_received()
else:
    st.caption(
        "The published rules, checked against your current values, and the interventions you"
        " received."
    )

with st.container(border=True, horizontal=True, vertical_alignment="center"):
    state = participant.listener.state
    name, color = STATES[state.kind]
    st.badge(name, icon=":material/hearing:", color=color)
    st.caption(stream_text(state))
    st.space("stretch")
    st.button(
        "Send me a test intervention",
        key="push_intervention",
        icon=":material/send:",
        on_click=push_one,
        help="It has no criteria: it checks that the stream delivers.",
    )
if (job := session.asked_here(participant, "push")) is not None:
    if not job.is_done:
        st.info("Signals was asked to send it and has not answered yet.", icon=":material/send:")
    elif job.problem is not None:
        show_problem(job.problem)
    elif job.result == "undelivered" and not participant.listener.has_opened_since(job.since):
        st.warning(
            "Not delivered: no subscriber was connected. Wait for the stream to open and send it"
            " again."
        )

st.header("Published interventions", anchor=False)
show_rules(participant)

if not is_presenting():
    show_received()

show_funnel(participant)

with st.expander("Sent once per target", icon=":material/looks_one:", key="once_expander"):
    st.markdown(
        "An intervention is sent the first time that a user meets its criteria, and never again to"
        " that user, even if the criteria become false and true again. A new user is a new target."
        " In the sandbox, a new version of the intervention counts as a new intervention; Snowplow"
        " does not document whether it does there."
    )
with st.expander("What never fires", icon=":material/notifications_off:", key="traps_expander"):
    st.markdown(
        "- **Time alone.** Criteria are evaluated when an event changes an attribute that they"
        " name. An intervention on the time since an event, such as *15 minutes since the last"
        " one*, does not fire by itself once the time has passed.\n"
        "- **Targets that are not UUIDs.** An intervention may target any attribute key, but it is"
        " sent only to identifiers that are UUIDs."
    )
if not is_presenting():
    with st.expander("How they are received", icon=":material/code:", key="source_expander"):
        show_code(inspect.getsource(interventions))

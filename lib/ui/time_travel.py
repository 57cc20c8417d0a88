"""The sandbox's clock on a page: one button until it is pressed, and a question before going back.

Only the sandbox has a clock that can be moved.
"""

from datetime import timedelta
from functools import partial

import streamlit as st

from lib.text import duration_text
from lib.ui import session
from lib.ui.confirmation import answered, ask, is_asking
from lib.ui.crowd import crowds
from lib.ui.elements import show_problem
from lib.world.participant import Participant
from lib.world.time_travel import steps

CLOCK = "clock"


def can_travel(participant: Participant) -> bool:
    """Whether somebody may move the clock: it moves for everybody who shares the sandbox."""
    return participant.connection.inspector is not None and not session.is_guest()


def show_time_travel(participant: Participant) -> None:
    """The button, with the ways to move the clock behind it."""
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
                    on_click=_forward,
                    args=(participant, step.by, participant.ahead),
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


def show_clock_news(participant: Participant) -> None:
    """What the clock waits for: an answer from the person, or from the sandbox."""
    job = session.asked_here(participant, CLOCK)
    if is_asking("go_back"):
        _ask_to_go_back(participant)
    if job is not None and not job.is_done:
        st.caption(f"The sandbox was asked at {job.since:%H:%M:%S} UTC and has not answered.")
    elif job is not None and job.problem is not None:
        show_problem(job.problem)


def _forward(participant: Participant, by: timedelta, ahead: timedelta) -> None:
    """Move the clock from where the page showed it: a double click moves it once."""
    if can_travel(participant) and participant.ahead == ahead:
        participant.jobs.start(CLOCK, partial(participant.time.forward, by)).wait()


def _back_to_now(participant: Participant) -> None:
    if not can_travel(participant):
        return
    teams, place = crowds(), participant.connection.place

    def work() -> None:
        teams.forget(place)
        participant.time.back_to_now()

    participant.jobs.start(CLOCK, work).wait()


@st.dialog("Set the sandbox's clock back?", icon=":material/history:", on_dismiss=answered)
def _ask_to_go_back(participant: Participant) -> None:
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
            on_click=_back_to_now,
            args=(participant,),
        ):
            answered()
            st.rerun()
        if st.button("Stay", key="cancel_back"):
            answered()
            st.rerun()

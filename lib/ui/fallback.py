"""Switching to the sandbox while the network or an account fails, and back: one click each.

For this session only. An account that somebody brought stays in the session's memory, as before.
"""

import math
import sqlite3

import streamlit as st

from lib.connection.explanations import Explanation
from lib.ui import session
from lib.ui.account_choice import is_set_aside, set_aside
from lib.ui.elements import show_problem
from lib.ui.pacing import hold
from lib.world.participant import Participant


def show_way_to_sandbox(participant: Participant, key: str = "go_on_in_sandbox") -> None:
    """The way from an account to the sandbox, for those who use one."""
    if participant.connection.mode == "sandbox":
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        is_asked = st.button("Continue in the sandbox", key=key, icon=":material/science:")
        st.caption(
            "A new sandbox, in this tab only. The account is set aside, nothing is deleted, and one"
            " click goes back."
        )
    if is_asked:
        with st.spinner("Starting the sandbox…"):
            problem = _set_account_aside()
        if problem is None:
            st.rerun()
        show_problem(problem)


def show_set_aside() -> None:
    """Say that the account is set aside, with a button to go back to it."""
    if not is_set_aside():
        return
    st.caption(
        ":material/pause_circle: Your Snowplow account is set aside in this tab. What you do goes"
        " to the sandbox."
    )
    st.button(
        "Back to Snowplow",
        key="back_to_snowplow",
        icon=":material/cloud_sync:",
        on_click=set_aside,
        args=(False,),
    )


def _set_account_aside() -> Explanation | None:
    """Continue in a sandbox, which is started if needed. Returns why that is not possible."""
    hold("person")
    process = session.process()
    seconds = process.new_sandboxes.wait(session.visitor(), st.context.ip_address)
    if seconds > 0:
        return Explanation(
            "You set the account aside too often.",
            f"Each time may make a new sandbox. Wait {math.ceil(seconds)} s.",
        )
    try:
        process.backend.start_sandbox()
    except (sqlite3.Error, OSError, RuntimeError) as error:
        return Explanation(
            f"The sandbox cannot be started: {error}", "Free some disk space and try again."
        )
    set_aside(True)
    return None

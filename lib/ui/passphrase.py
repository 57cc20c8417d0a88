"""The form where a presenter enters the passphrase, for any page that asks for it."""

import math

import streamlit as st

from lib.connection.explanations import Explanation
from lib.ui import session
from lib.ui.elements import show_problem


def show_passphrase_form() -> None:
    """The form, and the error of the last try."""
    with st.form("passphrase_form", border=False):
        st.text_input("Passphrase", key="passphrase", type="password", autocomplete="off")
        st.form_submit_button(
            "Enter", key="enter_passphrase", icon=":material/key:", on_click=_enter_passphrase
        )
    if problem := st.session_state.get("passphrase_problem"):
        show_problem(problem)


def _enter_passphrase() -> None:
    given = st.session_state.pop("passphrase", "")
    attempt = session.enter_passphrase(given) if given else None
    st.session_state.pop("passphrase_problem", None)
    if attempt is not None and not attempt.is_right:
        wait = "a second" if attempt.wait <= 1 else f"{math.ceil(attempt.wait)} seconds"
        st.session_state["passphrase_problem"] = Explanation(
            "That is not the passphrase.",
            f"Check it, wait {wait} and enter it again.",
        )

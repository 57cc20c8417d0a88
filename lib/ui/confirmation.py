"""Asking before something is deleted: a dialog that stays open whatever else happens on the page.

A dialog that a button opened disappears with the next run of the page, and a page runs again when
there is news. So a page draws the dialog in every run until it is answered or the page is left.
"""

import streamlit as st


def ask(name: str) -> None:
    """Make the page ask. For a button's callback."""
    st.session_state["asks"] = name


def is_asking(name: str) -> bool:
    """Whether the page should draw this dialog."""
    return bool(st.session_state.get("asks") == name)


def answered() -> None:
    """The dialog was answered or dismissed, or its page was left."""
    st.session_state.pop("asks", None)

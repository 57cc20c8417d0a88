"""The tabs of the definitions page, and which is open, even after a visit to another page."""

import streamlit as st

STORY, STUDIO, EVERYTHING = "The story", "Build your own", "All definitions"
TABS = (STORY, STUDIO, EVERYTHING)
KEY = "definitions_tabs"
NOTED = "definitions_tab"  # stays when the page is left


def open_tab() -> str:
    """The tab that was open last."""
    return str(st.session_state.get(NOTED, STORY))


def note_open_tab() -> None:
    """Note which tab is open. For the tabs' callback."""
    st.session_state[NOTED] = st.session_state[KEY]


def show_studio_tab() -> None:
    """Open the tab with the draft. For a button's callback."""
    st.session_state[KEY] = st.session_state[NOTED] = STUDIO

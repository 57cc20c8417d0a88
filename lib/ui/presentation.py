"""Presentation mode: what an audience should not see is left out.

On while the address says `?mode=presentation` or the switch in the sidebar is on; the session keeps
it from page to page. It leaves out ids, settings, code and other panes for developers, and the
pages for developers and presenters. It changes what is shown, not what is allowed.
"""

import streamlit as st

from lib.text import UUID

MODE = "mode"
PRESENTATION = "presentation"
LEFT_OUT = ("Guide", "Profile", "Connection", "Presenter")
"""The pages that are not in the menu then. Links to them still work."""


def is_presenting() -> bool:
    """Whether the page is shown to an audience."""
    return st.session_state.get(MODE) == PRESENTATION


def note_mode() -> None:
    """Turn presentation mode on if the address asks for it. For the beginning of the frame."""
    if st.query_params.get(MODE) == PRESENTATION:
        st.session_state[MODE] = PRESENTATION


def show_presentation_toggle() -> None:
    """The switch for presentation mode."""
    st.session_state["presentation"] = is_presenting()
    st.toggle(
        "Presentation mode",
        key="presentation",
        on_change=_switch,
        help="Leaves out ids, settings and code. The link with ?mode=presentation turns it on too.",
    )


def for_audience(text: str) -> str:
    """A text without ids, as an audience may see it."""
    return UUID.sub("…", text) if is_presenting() else text


def _switch() -> None:
    if st.session_state["presentation"]:
        st.session_state[MODE] = st.query_params[MODE] = PRESENTATION
    else:
        st.session_state.pop(MODE, None)
        st.query_params.pop(MODE, None)

"""Presentation mode: what an audience should not see is left out.

On while the address says `?mode=presentation` or the switch in the sidebar is on, which the session
keeps from page to page, and while the story plays by itself. It leaves out ids, settings, code and
other panes for developers, and the pages for developers and presenters. It changes what is shown,
not what is allowed.
"""

from typing import Literal

import streamlit as st

from lib.text import UUID

MODE = "mode"
STORY = "autoplay"  # of the session: the story that plays by itself
PRESENTATION = "presentation"
LEFT_OUT = ("Guide", "Profile", "Connection", "Presenter")
"""The pages that are not in the menu then. Links to them still work."""


def is_presenting() -> bool:
    """Whether the page is shown to an audience: in presentation mode, or while the story plays."""
    return _is_on() or is_story_playing()


def is_story_playing() -> bool:
    """Whether the story plays by itself, or has just ended."""
    return STORY in st.session_state


def _is_on() -> bool:
    return st.session_state.get(MODE) == PRESENTATION


def set_sidebar(*, is_big_screen: bool) -> None:
    """Fold the sidebar for an audience, and open it again afterwards. What a person does with it in
    between stays, as it is set only when that changes."""
    wanted: Literal["collapsed", "auto"] = (
        "collapsed" if is_presenting() or is_big_screen else "auto"
    )
    if st.session_state.get("sidebar_state", "auto") != wanted:
        st.session_state["sidebar_state"] = wanted
        st.set_page_config(initial_sidebar_state=wanted)


def note_mode() -> None:
    """Turn presentation mode on if the address asks for it. For the beginning of the frame."""
    if st.query_params.get(MODE) == PRESENTATION:
        st.session_state[MODE] = PRESENTATION


def show_presentation_toggle() -> None:
    """The switch for presentation mode."""
    st.session_state["presentation"] = _is_on()
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

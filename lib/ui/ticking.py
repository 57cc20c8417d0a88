"""Panels that run again by themselves, without the rest of the page.

Streamlit identifies fragments by name and place, so it mistakes a tick of an earlier run's panel
for one of the new panel. A tick that comes just as a run has ended starts another run before the
server has sent everything that the first one drew, and drops the rest: the page stays half drawn
and stops ticking. Of fifty sessions that clicked at once, up to sixteen stopped like that (see
`request_rerun` in Streamlit's `app_session.py`). So each run gives its panels names of their own:
a late tick finds no panel and is ignored. A panel could also cut off its own run, if the rest of
the page took longer than the panel's interval. So all panels are drawn at the end of the run.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import streamlit as st

from lib.ui.pacing import hold
from lib.ui.streamlit_internals import named_fragment

TICKS_A_SECOND = 50.0  # for all sessions together; each costs 1.5 ms
PACED_AT_MOST_SECONDS = 2.0


def paced(seconds: float, sessions: int) -> float:
    """The interval between two ticks, longer where many sessions are open, up to two seconds.

    >>> paced(0.5, sessions=20), paced(0.5, sessions=50), paced(0.5, sessions=200)
    (0.5, 1.0, 2.0)
    """
    return max(seconds, min(sessions / TICKS_A_SECOND, PACED_AT_MOST_SECONDS))


def ticking(draw: Callable[[], None], seconds: float) -> None:
    """Draw a panel here, and again every `seconds` while this run's page is open.

    `start_panels` draws it, after the rest of the page.
    """
    _add_panel(draw, seconds, st.container())


def looking(look: Callable[[], None], seconds: float) -> None:
    """The same for a function that draws nothing, and so needs no place."""
    _add_panel(look, seconds, nullcontext())


def _add_panel(
    draw: Callable[[], None], seconds: float, place: AbstractContextManager[object]
) -> None:
    number = st.session_state.get("panels", 0) + 1
    st.session_state["panels"] = number

    def panel() -> None:
        hold("panel")
        draw()

    due = st.session_state.setdefault("due_panels", [])
    due.append((place, named_fragment(panel, f"panel_{number}", seconds)))


def forget_panels() -> None:
    """Forget the panels of a run that did not finish. For the start of the frame."""
    st.session_state.pop("due_panels", None)


def start_panels() -> None:
    """Draw the panels of this run in their places. For the very end of the frame."""
    for place, panel in st.session_state.pop("due_panels", []):
        with place:
            panel()

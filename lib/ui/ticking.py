"""Panels of a page that run again by themselves, without the rest of the page.

Streamlit tells fragments apart by name and place, so the tick of an earlier run's panel is taken
for the new one's. One that comes just as a run has ended starts another before the server has
passed on all that the first one drew, and drops the rest: the page stays half drawn and ticks no
more. Of fifty sessions that clicked at once up to sixteen stopped like that (see `request_rerun` in
Streamlit's `app_session.py`). A panel with a name of its own for each run is not
there any more when such a tick comes, and the tick is ignored. The same could happen to a panel of
the run itself if the rest of the page took longer than the panel's interval, as it may on a busy
machine: so all panels are drawn at the end of the run, with nothing after them.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import streamlit as st

TICKS_A_SECOND = 50.0  # of all sessions together; each costs a millisecond and a half
PACED_AT_MOST_SECONDS = 2.0


def paced(seconds: float, sessions: int) -> float:
    """The interval between two ticks, longer where many sessions are open, up to two seconds.

    >>> paced(0.5, sessions=20), paced(0.5, sessions=50), paced(0.5, sessions=200)
    (0.5, 1.0, 2.0)
    """
    return max(seconds, min(sessions / TICKS_A_SECOND, PACED_AT_MOST_SECONDS))


def ticking(draw: Callable[[], None], seconds: float) -> None:
    """Draw a panel here, and again every so many seconds for as long as this run's page is open.

    It is drawn by `start_panels`, when the rest of the page is there.
    """
    _add_panel(draw, seconds, st.container())


def looking(look: Callable[[], None], seconds: float) -> None:
    """The same for a look at something that draws nothing, and so needs no place."""
    _add_panel(look, seconds, nullcontext())


def _add_panel(
    draw: Callable[[], None], seconds: float, place: AbstractContextManager[object]
) -> None:
    number = st.session_state.get("panels", 0) + 1
    st.session_state["panels"] = number

    def panel() -> None:
        draw()

    panel.__qualname__ = f"panel_{number}"
    due = st.session_state.setdefault("due_panels", [])
    due.append((place, st.fragment(panel, run_every=seconds)))


def forget_panels() -> None:
    """Forget the panels of a run that did not come to its end. For the beginning of the frame."""
    st.session_state.pop("due_panels", None)


def start_panels() -> None:
    """Draw the panels of this run where they belong. For the very end of the frame."""
    for place, panel in st.session_state.pop("due_panels", []):
        with place:
            panel()

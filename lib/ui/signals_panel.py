"""The panel "Signals sees": what happened to the last gesture. It is beside the product on the
board, and can be opened at the top of every other page."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from lib.diagnosis.strip import Facts, StripStage, strip
from lib.snowplow.definitions import COUNT
from lib.ui.parts import show_part
from lib.ui.presentation import is_presenting
from lib.ui.signals_strip import show_strip
from lib.world.history import last_change
from lib.world.inbox import Received
from lib.world.participant import Participant

SWITCH = "signals_sees"
SWITCH_ELSEWHERE = "signals_sees_elsewhere"  # its own key: the board's switch may still answer
BOARD = "Board"


def is_panel_on(page: str = BOARD) -> bool:
    """Whether a page shows the panel. The board does, and the others do not, until it is switched
    there; the session keeps both."""
    return bool(st.session_state.get(_kept(page), page == BOARD))


def show_panel_switch(page: str = BOARD) -> None:
    """The switch for the panel."""
    key = SWITCH if page == BOARD else SWITCH_ELSEWHERE
    st.session_state[key] = is_panel_on(page)
    st.toggle(
        "Signals sees",
        key=key,
        on_change=_switch,
        args=(page, key),
        help="What Signals sees of each click.",
    )


def show_panel(participant: Participant) -> None:
    """The panel: its title, the way to the whole journey, and the strip."""
    with st.container(border=True, key="signals_panel", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("**:material/visibility: Signals sees**", width="content")
            is_asked = st.button(
                "Journey",
                key="open_journey",
                type="tertiary",
                icon=":material/route:",
                on_click=_choose_event,
                args=(participant,),
            )
            if is_asked:
                st.switch_page("pages/events.py")
        show_strip_of(participant)


def show_strip_of(participant: Participant) -> None:
    """The four stages of the last gesture."""
    show_part("strip_part", partial(_read, participant), _show)


def _read(participant: Participant) -> tuple[str, tuple[StripStage, ...]]:
    """The last gesture, and its stages."""
    event = participant.newest_gesture
    trace = participant.events.trace(event.event_id) if event is not None else []
    facts = Facts(
        event,
        trace,
        last_change(COUNT, participant.newest_readings),
        participant.seen.count if COUNT in participant.seen.current else None,
        participant.seen.published,
        _received(participant, trace),
    )
    return (event.event_id if event else ""), strip(facts)


def _show(shown: tuple[str, tuple[StripStage, ...]]) -> None:
    event_id, stages = shown
    show_strip(event_id, stages, large=is_presenting())


def _received(participant: Participant, trace: Sequence[Mapping[str, Any]]) -> Received | None:
    """The intervention that an event sent, else the newest of the story's rule."""
    sent = {each["intervention_id"] for each in trace if each["stage"] == "triggered"}
    nudge = participant.names.intervention
    fired = [each for each in participant.inbox if not each.is_test]
    found = [each for each in fired if each.id in sent]
    found += [each for each in fired if each.intervention.name == nudge]
    return next(iter(found), None)


def _choose_event(participant: Participant) -> None:
    """Have the events page show the event that the strip shows, whatever it listed before."""
    event = participant.newest_gesture
    if event is not None:
        st.session_state["event"] = event.event_id
        st.session_state.pop("event_shown", None)  # what keep_chosen would go back to
        st.session_state.update(event_status=[], event_names=[], event_search="")


def _switch(page: str, key: str) -> None:
    st.session_state[_kept(page)] = st.session_state[key]


def _kept(page: str) -> str:
    return "shows_signals" if page == BOARD else "shows_signals_elsewhere"

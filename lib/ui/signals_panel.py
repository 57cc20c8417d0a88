"""The panel "Signals sees": what became of the last gesture, beside the product."""

import streamlit as st

from lib.diagnosis.strip import Facts, strip
from lib.snowplow.definitions import COUNT
from lib.ui.presentation import is_presenting
from lib.ui.signals_strip import show_strip
from lib.world.history import last_change
from lib.world.participant import Participant

SWITCH = "signals_sees"


def is_panel_on() -> bool:
    """Whether the panel is shown. It is, until somebody turns it off."""
    return bool(st.session_state.get("shows_signals", True))


def show_panel_switch() -> None:
    """The switch for the panel; the session keeps it from page to page."""
    st.session_state[SWITCH] = is_panel_on()
    st.toggle(
        "Signals sees", key=SWITCH, on_change=_switch, help="What Signals sees of each click."
    )


def show_strip_of(participant: Participant) -> None:
    """The four stages of the last gesture."""
    event = participant.newest_gesture
    trace = participant.events.trace(event.event_id) if event is not None else []
    nudge = participant.names.intervention
    facts = Facts(
        event,
        trace,
        last_change(COUNT, participant.newest_readings),
        participant.seen.count if COUNT in participant.seen.current else None,
        participant.seen.published,
        next((each for each in participant.inbox if each.intervention.name == nudge), None),
    )
    show_strip(event.event_id if event else "", strip(facts), large=is_presenting())


def _switch() -> None:
    st.session_state["shows_signals"] = st.session_state[SWITCH]

"""The pace of one browser session. The frame throttles every run of a page, and so every gesture.
Whatever costs more than a run is throttled again where it is done."""

import streamlit as st

from lib.world.pace import Pace


def hold(kind: str) -> None:
    """Wait until this session may do one more of a kind: see `PACES`."""
    pace: Pace = st.session_state.setdefault("pace", Pace())
    pace.hold(kind)

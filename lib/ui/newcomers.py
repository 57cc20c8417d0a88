"""What newcomers see while too many arrive from their address."""

import itertools
import math

import streamlit as st

from lib.ui.ticking import looking, start_panels

TRIES_AGAIN_SECONDS = 3.0


def ask_to_wait(seconds: float) -> None:
    """Say why there is no page yet, and try again soon, instead of the rest of the run."""
    again = max(math.ceil(seconds), TRIES_AGAIN_SECONDS)
    st.title("Please wait a moment", anchor=False)
    st.warning(
        "Opening the app without a link of your own makes a new sandbox, and the number for each"
        f" address is limited. This page tries again every {again:.0f} seconds: leave it open."
        " With the link of an earlier page, or with a room's code, you do not have to wait.",
        title="Too many new sandboxes were made from your network address",
        icon=":material/hourglass_top:",
    )
    st.button("Try again", key="try_again", icon=":material/refresh:")
    looks = itertools.count()

    def look() -> None:
        if next(looks) > 0:
            st.rerun()

    looking(look, again)
    start_panels()
    st.stop()

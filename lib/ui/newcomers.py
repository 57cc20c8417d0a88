"""What newcomers see while too many come from their address."""

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
        "Everybody who opens the app without a link of their own gets a new sandbox, and an address"
        f" may make only so many. This page tries again every {again:.0f} seconds: leave it open."
        " Nobody with the link of an earlier page, or with a room's code, has to wait.",
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

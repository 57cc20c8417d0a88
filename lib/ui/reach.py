"""Whether programs reach the address for code, checked from the visitor's browser.

A host may let in only people who signed in: Streamlit Community Cloud does so with private apps. A
program then gets a login page, which many mistake for success. Only a client outside can find that
out, and the server must not request an address that a visitor names. So a component asks in the
visitor's browser, without cookies. It shows nothing itself; the page says what it found.
"""

from pathlib import Path
from typing import Literal

import streamlit as st

from lib.connection.explanations import Explanation

Reached = Literal["sandbox", "login", "page", "nothing"]
SIGN_IN = (
    " Run the app on your own machine, with `make demo`, or in a container that programs can reach."
    " Trackers may mistake a login page for success: trust the lines below, not their logs."
)
PROBLEMS = {
    "login": Explanation(
        "Programs cannot reach this address: its host sends them to a login page.",
        "Streamlit Community Cloud does so with private apps." + SIGN_IN,
    ),
    "page": Explanation(
        "Programs cannot reach this address: they get something else, such as a login page.",
        "The host asks people to sign in, or does not forward this path to the app." + SIGN_IN,
    ),
    "nothing": Explanation(
        "Your browser got no answer from this address.",
        "Check the network, and that any proxy in front of the app forwards /sandbox/ to it.",
    ),
}

_component = st.components.v2.component(
    "reach",
    html="<span></span>",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def ask_in_browser(address: str) -> Reached | None:
    """What a program gets from an address; None until the browser has asked."""
    asked = _component(
        key="reach", data={"address": address}, height=1, on_reached_change=lambda: None
    )
    answer = asked.reached or {}
    return answer.get("found") if answer.get("address") == address else None


def show_reach(reached: Reached | None) -> None:
    """Say whether programs get in."""
    if reached == "sandbox":
        st.caption(":material/check: Programs can reach this address.")
    elif reached in PROBLEMS:
        problem = PROBLEMS[reached]
        st.warning(problem.advice, title=problem.message, icon=":material/lock:")
    else:
        st.caption(":material/hourglass_top: Checking whether programs can reach this address…")

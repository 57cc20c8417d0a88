"""Links to other pages: the previous and the next one, and the board to start over."""

from collections.abc import Callable
from typing import Literal

import streamlit as st

from lib.ui import session
from lib.ui.elements import show_problem
from lib.ui.presentation import is_presenting

# The keys of a presenter's remote control; elsewhere, keys that do not scroll.
KEYS = {True: ("PageUp", "PageDown"), False: ("P", "N")}


def show_neighbors(page: st.Page) -> None:
    """The pages before and after this one in the menu, each with a key."""
    pages: list[st.Page] = [
        each for each in st.session_state["pages"] if each.visibility == "visible"
    ]
    titles = [each.title for each in pages]
    if page.title not in titles:
        return
    place = titles.index(page.title)
    before, after = pages[:place][-1:], pages[place + 1 :][:1]
    back_key, next_key = KEYS[is_presenting()]
    side: Literal["distribute", "right"] = "distribute" if before else "right"
    with st.container(horizontal=True, horizontal_alignment=side, key="neighbors"):
        for each in before:
            _link(each, "previous_page", back_key, ":material/arrow_back:", "left")
        for each in after:
            _link(each, "next_page", next_key, ":material/arrow_forward:", "right")


def _link(page: st.Page, name: str, shortcut: str, icon: str, side: str) -> None:
    if st.button(
        page.title,
        key=name,
        type="tertiary",
        icon=icon,
        icon_position="left" if side == "left" else "right",
        shortcut=shortcut,
    ):
        st.switch_page(page)


def start_over(then: Callable[[], None] = lambda: None) -> None:
    """Start as if nothing had happened, do something `then`, and go to the board; or say why that
    has to wait."""
    started = session.start_over()
    if isinstance(started, str):
        then()
        st.switch_page("pages/board.py", query_params={"user": started})
    show_problem(started)

"""Two answers to one question, side by side: without Signals and with it."""

import streamlit as st

from lib.story.assistant import passages
from lib.story.conversation import Exchange, Reply
from lib.text import plain

NARROWEST = 180  # pixels of an answer: narrower ones are stacked
WITHOUT = ":gray[:material/visibility_off: **Without Signals**]"
WITH = ":violet[:material/visibility: **With Signals**]"
NOT_YET = ":gray[…]"
WRITING = "Writing…"
HIGHLIGHTED = "Highlighted: read from Signals."


def show_exchange(exchange: Exchange, number: int) -> None:
    """A question and its two answers, finished or not; the page's first, second and so on."""
    st.markdown(f":material/person: **{plain(exchange.question)}**")
    with st.grid(2, min_column_width=NARROWEST, gap="small"):
        _show_reply(f"without_signals_{number}", WITHOUT, exchange.without)
        _show_reply(f"with_signals_{number}", WITH, exchange.with_signals)


def _show_reply(key: str, title: str, reply: Reply) -> None:
    with st.container(border=True, height="stretch", gap="xsmall", key=key):
        st.markdown(f"{title}\n\n{_marked(reply)}")
        st.caption(_note(reply))


def _marked(reply: Reply) -> str:
    """The answer as Markdown: what was read from Signals has a background."""
    pieces = [
        f":violet-background[{plain(piece)}]" if is_read else _with_spaces(piece)
        for piece, is_read in passages(reply.text, reply.read)
    ]
    return "".join(pieces).strip() or NOT_YET


def _note(reply: Reply) -> str:
    """Where the answer comes from, and what a background means if there is one."""
    if not reply.note:
        return WRITING
    is_marked = any(is_read for _, is_read in passages(reply.text, reply.read))
    return f"{plain(reply.note)} {HIGHLIGHTED}" if is_marked else plain(reply.note)


def _with_spaces(piece: str) -> str:
    """`plain` strips the spaces at both ends, which separate a piece from highlighted words."""
    before = " " if piece[:1].isspace() else ""
    after = " " if piece[-1:].isspace() else ""
    return f"{before}{plain(piece)}{after}"

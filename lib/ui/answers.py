"""Two answers to one question, side by side: without Signals and with it."""

import streamlit as st

from lib.story.assistant import passages
from lib.story.conversation import Exchange, Reply
from lib.text import plain

NARROWEST = 200  # pixels of an answer: less, and the two stand below each other
WITHOUT = ":gray[:material/visibility_off: **Without Signals**]"
WITH = ":violet[:material/visibility: **With Signals**]"
NOT_YET = ":gray[…]"
WRITING = "Writing…"
HIGHLIGHTED = "Highlighted: read from Signals."


def show_exchange(exchange: Exchange) -> None:
    """A question and its two answers, finished or not."""
    st.markdown(f":material/person: **{plain(exchange.question)}**")
    show_pair(exchange.without, exchange.with_signals)


def show_pair(without: Reply, with_signals: Reply) -> None:
    """The two answers, of the same height where they are beside each other."""
    with st.grid(2, min_column_width=NARROWEST, gap="small"):
        _show_reply(WITHOUT, without)
        _show_reply(WITH, with_signals)


def _show_reply(title: str, reply: Reply) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown(f"{title}\n\n{_marked(reply)}")
        st.caption(
            f"{plain(reply.note)} {HIGHLIGHTED if reply.read else ''}" if reply.note else WRITING
        )


def _marked(reply: Reply) -> str:
    """The answer as Markdown: what was read from Signals has a background."""
    pieces = [
        f":violet-background[{plain(piece)}]" if is_read else _with_spaces(piece)
        for piece, is_read in passages(reply.text, reply.read)
    ]
    return "".join(pieces).strip() or NOT_YET


def _with_spaces(piece: str) -> str:
    """`plain` takes the spaces at the ends away, between which the highlighted words stand."""
    before = " " if piece[:1].isspace() else ""
    after = " " if piece[-1:].isspace() else ""
    return f"{before}{plain(piece)}{after}"

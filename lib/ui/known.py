"""What Signals knows about a user now: the attributes and the agentic context, with their ages."""

import json
from datetime import UTC, datetime, timedelta

import streamlit as st

from lib.snowplow.attributes import KEY
from lib.text import code, duration_text, plain
from lib.ui.elements import show_code, show_problem
from lib.ui.presentation import is_presenting
from lib.ui.publishing import show_offer
from lib.ui.ticking import ticking
from lib.world.history import last_change
from lib.world.participant import Participant

LOOK_SECONDS = 2.0
CONTEXT_PIXELS = 250


def show_known(participant: Participant) -> None:
    """Both, updated while the page is open; or the button that publishes what is missing."""
    seen, published = participant.context.seen, participant.seen.published
    if seen.problem is not None:
        show_problem(seen.problem)
    if participant.seen.is_known and not published.is_any:
        show_offer(
            participant,
            "The story is not published yet",
            "The assistant reads its values and its agentic context. Publish, then do"
            " something on the board.",
        )
        return
    ticking(lambda: _show_values(participant), LOOK_SECONDS)
    if seen.is_published:
        _show_session(participant)
        ticking(lambda: _show_context(participant), LOOK_SECONDS)
    elif seen.is_published is False:
        show_offer(
            participant,
            "The agentic context is not published yet",
            "Once published, it keeps the twenty newest of the selected events of each session, for"
            " an assistant to read.",
            is_context=True,
        )


def show_new_session(participant: Participant) -> None:
    """The button that begins another session."""
    st.button(
        "New session",
        key="new_session",
        icon=":material/restart_alt:",
        on_click=_new_session,
        args=(participant,),
        help="Like 30 idle minutes: the context of a new session is empty.",
    )


def _show_session(participant: Participant) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        show_new_session(participant)
        if not is_presenting():
            st.markdown(f":small[Session {code(participant.session.known[:8])}]", width="content")


def _new_session(participant: Participant) -> None:
    participant.session.renew()
    participant.context.look()


def _show_values(participant: Participant) -> None:
    """The attributes, as read through the service, with when each changed."""
    values = participant.seen.current
    known = {name: value for name, value in values.items() if value is not None and name != KEY}
    lines = [
        f"{code(name)} :violet-background[**{plain(value)}**]{_age(participant, name)}"
        for name, value in known.items()
    ]
    none = ":gray[No values yet. They come with the first event that counts.]"
    st.markdown("**Attributes**\n\n" + ("  \n".join(lines) or none))


def _age(participant: Participant, name: str) -> str:
    change = last_change(name, participant.newest_readings)
    return f" :small[:gray[changed {_ago(change.tstamp)}]]" if change is not None else ""


def _ago(tstamp: datetime) -> str:
    return f"{duration_text(max(datetime.now(UTC) - tstamp, timedelta()))} ago"


def _show_context(participant: Participant) -> None:
    seen = participant.context.seen
    read = f" :small[:gray[read {_ago(seen.read_at)}]]" if seen.read_at is not None else ""
    st.markdown(f"**Agentic context**{read}")
    narrative, as_json = st.tabs(["Narrative", "JSON"], key="context_tabs")
    with narrative, st.container(height=CONTEXT_PIXELS, border=False, autoscroll=True):
        show_code(seen.narrative)
    with as_json, st.container(height=CONTEXT_PIXELS, border=False):
        st.json(json.dumps(seen.answer), expanded=2)
    if not seen.events:
        st.page_link(
            "pages/board.py", label="Do something on the board", icon=":material/view_kanban:"
        )

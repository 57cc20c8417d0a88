"""Assistant: what Signals knows of this session, and two answers to each question."""

import inspect
import json
from datetime import UTC, datetime

import streamlit as st

from lib.snowplow import contexts
from lib.snowplow.attributes import KEY
from lib.snowplow.contexts import recent_activity
from lib.story.assistant import MAX_QUESTION, QUESTIONS, Knowledge, passages
from lib.story.conversation import Conversation, Exchange, Reply
from lib.text import code, duration_text, plain
from lib.ui import session
from lib.ui.elements import show_code, show_problem
from lib.ui.presentation import is_presenting
from lib.ui.publishing import is_changing, publish_context, show_ban, show_progress
from lib.ui.ticking import looking, ticking

LOOK_SECONDS = 2.0
WRITING_SECONDS = 0.3
NOT_YET = ":gray[…]"

participant = session.participant()
model = session.process().settings.assistant
reader = participant.context


def conversation() -> Conversation:
    """This session's, about the user that it is now."""
    about = (participant.world, participant.session.known)
    if st.session_state.get("conversation_about") != about:
        budget, place = session.process().model_budget, participant.connection.place
        st.session_state["conversation"] = Conversation(model, lambda: budget.take(place))
        st.session_state["conversation_about"] = about
    kept: Conversation = st.session_state["conversation"]
    return kept


def ask(question: str) -> None:
    reader.look()
    threshold = participant.seen.published.threshold
    values = participant.seen.current
    known = Knowledge(reader.seen, values, participant.project, threshold, participant.profile)
    conversation().ask(question, known)


def ask_typed() -> None:
    if typed := (st.session_state["question"] or "").strip():
        ask(typed)


def new_session() -> None:
    participant.session.renew()
    reader.look()


def show_known() -> None:
    """The context, with its age. Drawn again and again."""
    seen = reader.seen
    since = datetime.now(UTC) - (seen.read_at or datetime.now(UTC))
    st.caption(f"Read {duration_text(since)} ago, for the session {session_name()}.")
    narrative, as_json = st.tabs(["Narrative", "JSON"], key="context_tabs")
    with narrative:
        show_code(seen.narrative)
    with as_json:
        st.json(json.dumps([*seen.events]), expanded=False)


def session_name() -> str:
    """Enough of its id to see that a new one is another."""
    return plain(participant.session.known[:8])


def show_values() -> None:
    st.subheader("Attributes", anchor=False)
    values = participant.seen.current
    known = {name: value for name, value in values.items() if value is not None and name != KEY}
    for name, value in known.items():
        st.markdown(f"{code(name)} :violet-background[**{plain(value)}**]")
    if not known:
        st.caption("No values yet. They come once definitions are published and events count.")


def show_publishing() -> None:
    st.info(
        "It selects what users do, and keeps the newest twenty events of each session for an"
        " assistant to read.",
        title="The agentic context is not published yet",
        icon=":material/rocket_launch:",
    )
    st.button(
        "Publish the context",
        key="publish_context",
        type="primary",
        icon=":material/publish:",
        on_click=publish_context,
        args=(participant,),
        disabled=show_ban() is not None or is_changing(participant),
    )
    show_progress()


def show_reply(title: str, reply: Reply) -> None:
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{title}**")
        pieces = [
            f":violet-background[{plain(piece)}]" if is_read else plain_piece(piece)
            for piece, is_read in passages(reply.text, reply.read)
        ]
        st.markdown("".join(pieces) or NOT_YET)
        st.caption(plain(reply.note) if reply.note else "Writing…")


def plain_piece(piece: str) -> str:
    """`plain` takes the spaces at the ends away, between which the highlighted words stand."""
    before = " " if piece[:1].isspace() else ""
    after = " " if piece[-1:].isspace() else ""
    return f"{before}{plain(piece)}{after}"


def show_exchange(exchange: Exchange) -> None:
    with st.chat_message("user", avatar=":material/person:"):
        st.markdown(plain(exchange.question))
    with st.grid(2, min_column_width=240):
        show_reply("Without Signals", exchange.without)
        show_reply("With Signals", exchange.with_signals)


def show_writing() -> None:
    show_exchanges()
    if conversation().is_done:
        st.rerun()


def show_exchanges() -> None:
    for exchange in reversed(conversation().exchanges):
        show_exchange(exchange)


st.title("Assistant", anchor=False)
st.caption(
    "The same question, asked of two assistants: one knows nothing, the other reads what you just"
    " did. Do something on the board, then ask."
)
reader.look()
panes = st.grid(2, min_column_width=360, gap="large")
known, chat = panes.cell(), panes.cell()
with chat:
    st.header("Ask both", anchor=False)
    with st.container(horizontal=True, key="questions"):
        for number, question in enumerate(QUESTIONS, start=1):
            st.button(question, key=f"ask_{number}", on_click=ask, args=(question,))
    st.chat_input(
        "Or ask in your own words", key="question", max_chars=MAX_QUESTION, on_submit=ask_typed
    )
    if conversation().is_done:
        show_exchanges()
    else:
        ticking(show_writing, WRITING_SECONDS)
    if model is None:
        st.caption(
            "The answers are scripted: a few rules make them from what was read. With a model in"
            " the settings (ASSISTANT_URL), it answers instead."
        )
with known:
    st.header("What Signals knows now", anchor=False)
    if reader.seen.problem is not None:
        show_problem(reader.seen.problem)
    if reader.seen.is_published is False:
        show_publishing()
    elif reader.seen.is_published:
        ticking(show_known, LOOK_SECONDS)
        st.button(
            "New session",
            key="new_session",
            icon=":material/restart_alt:",
            on_click=new_session,
            help="As half an hour of quiet would: the context of a new session is empty.",
        )
    show_values()
if not is_presenting():
    with st.expander("The code", icon=":material/code:"):
        show_code(inspect.getsource(recent_activity))
        show_code(inspect.getsource(contexts.read_narrative))


def look_again() -> None:
    reader.refresh_soon()
    participant.refresh_soon()


looking(look_again, LOOK_SECONDS)

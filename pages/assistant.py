"""Assistant: what Signals knows about this session, and two answers to each question."""

import inspect
from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from lib.snowplow import contexts
from lib.story.assistant import MAX_QUESTION, QUESTIONS, Knowledge
from lib.story.conversation import Conversation, Exchange
from lib.ui import session
from lib.ui.answers import show_exchange
from lib.ui.autoplay import story_question
from lib.ui.elements import show_code
from lib.ui.known import LOOK_SECONDS, show_known
from lib.ui.parts import note_news_shown
from lib.ui.presentation import is_presenting, is_story_playing
from lib.ui.ticking import looking, ticking

WRITING_SECONDS = 0.3

participant = session.participant()
model = session.process().settings.assistant
reader = participant.context


def conversation() -> Conversation:
    """This session's conversation about its current user."""
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
    known = Knowledge(reader.give(), values, participant.project, threshold, participant.profile)
    conversation().ask(question, known)


def ask_typed() -> None:
    if typed := (st.session_state["question"] or "").strip():
        ask(typed[:MAX_QUESTION])  # the browser's limit is no safeguard


def show_newest() -> None:
    exchanges = list(conversation().exchanges)
    if not exchanges:  # another tab of this user began a new session
        st.rerun()
    show_exchange(exchanges[-1], 1)
    if conversation().is_done:
        st.rerun()


def show_answers(exchanges: Sequence[Exchange]) -> None:
    newest, *earlier = reversed(exchanges)
    if conversation().is_done:
        show_exchange(newest, 1)
    else:
        ticking(show_newest, WRITING_SECONDS)
    if earlier:
        with st.expander(f"Asked before ({len(earlier)})", key="asked_before"):
            for number, exchange in enumerate(earlier, 2):
                show_exchange(exchange, number)


def look_again() -> None:
    """As often as values are read: often after something happened, rarely later."""
    read_at = reader.seen.read_at
    age = (datetime.now(UTC) - read_at).total_seconds() if read_at is not None else None
    if age is None or age >= participant.polling.beat:
        reader.refresh_soon()
    participant.refresh_soon()


participant.first_look()
if reader.look():
    note_news_shown()
asked = [each.question for each in conversation().exchanges]
if (wanted := story_question()) and wanted not in asked:
    ask(wanted)

st.title("Assistant", anchor=False)
if is_presenting():  # the two answers have all of the width
    panes = st.grid(1, gap="medium", key="assistant_stage")
else:
    st.caption(
        "One question, two assistants: one knows nothing, the other reads what you just did."
    )
    # Asking comes first, as on a phone; where there is room, index_page.css puts it on the right.
    panes = st.grid(2, min_column_width=360, gap="medium", key="assistant_panes")
with panes.cell():
    if not is_story_playing():  # the story asks
        with st.container(horizontal=True, key="questions", gap="xsmall"):
            for number, question in enumerate(QUESTIONS, start=1):
                st.button(question, key=f"ask_{number}", on_click=ask, args=(question,))
    if exchanges := list(conversation().exchanges):
        show_answers(exchanges)
    st.chat_input(
        "Or ask in your own words", key="question", max_chars=MAX_QUESTION, on_submit=ask_typed
    )
    if model is None:
        st.caption(
            "No model is configured: both answers are scripted, a few rules over what was read."
            " To use one, set ASSISTANT_URL, ASSISTANT_KEY and ASSISTANT_MODEL."
        )
with panes.cell():
    st.header("What Signals knows now", anchor=False)
    show_known(participant)
if not is_presenting():
    with st.expander("The code that defines and reads it", icon=":material/code:"):
        for each in (contexts.recent_activity, contexts.read_context, contexts.read_narrative):
            show_code(inspect.getsource(each))
looking(look_again, LOOK_SECONDS)

"""The sidebar below the list of pages: the connection, the person, and starting over."""

from datetime import UTC, datetime

import streamlit as st

from lib.people.personas import PERSONAS, persona_of
from lib.story.guide import STEPS, done_steps
from lib.text import counted, duration_text, plain
from lib.ui import session
from lib.ui.choices import show_choices
from lib.ui.fallback import show_set_aside
from lib.ui.navigation import start_over
from lib.ui.parts import show_part
from lib.ui.presentation import is_presenting, show_presentation_toggle
from lib.ui.signals_panel import BOARD, show_panel_switch
from lib.world.emitter import Delivery
from lib.world.listener import ListenerState
from lib.world.participant import Participant
from lib.world.tracked_event import TrackedEvent


def show_sidebar(participant: Participant, page: str) -> None:
    """The whole sidebar beside a page; in front of an audience, only what the story needs."""
    with st.sidebar:
        _show_connection(participant)
        if not is_presenting():
            _show_guide(participant)
            if not session.is_shared():
                _show_personas(participant)
        _show_people()
        if page != BOARD:  # the board has the switch in its menu
            show_panel_switch(page)
        show_presentation_toggle()


def _show_connection(participant: Participant) -> None:
    """Which of the two connections is in use, and its state."""
    is_sandbox = participant.connection.mode == "sandbox"
    name = "Sandbox" if is_sandbox else "Snowplow"
    st.page_link(
        "pages/connection.py",
        label=f":violet-badge[:material/cloud: {name}]",
        help="What the app is connected to",
    )
    show_set_aside()
    if participant.ahead:
        st.badge(
            f"The sandbox's clock is {duration_text(participant.ahead)} ahead",
            icon=":material/fast_forward:",
            color="orange",
        )

    def draw(lines: list[str]) -> None:
        st.caption("  \n".join(lines))

    show_part("connection_part", lambda: connection_lines(participant), draw)


def _show_guide(participant: Participant) -> None:
    def draw(done: int) -> None:
        st.page_link(
            "pages/guide.py",
            label=f"Guide: {done} of {len(STEPS)} steps done",
            icon=":material/signpost:",
        )

    show_part("guide_part", lambda: len(done_steps(participant)), draw)


def _show_people() -> None:
    """Become somebody new, with or without starting over."""
    with st.container(horizontal=True, gap="xsmall"):
        is_over = st.button("Start over", key="start_over", icon=":material/restart_alt:")
        st.button(
            "New user", key="new_user", icon=":material/person_add:", on_click=session.new_user
        )
    if is_over:
        start_over()
    if not is_presenting():
        st.caption(
            "Start over: as if nothing had happened. New user: the definitions stay published."
            if session.is_alone()
            else "Both make you a new user. The definitions stay published."
        )


def _show_personas(participant: Participant) -> None:
    """Ready-made people to become in one click, and where their UUIDs come from."""
    current = persona_of(participant.user_id, participant.connection.place)
    show_choices(
        "Switch to",
        {each.name: each.name for each in PERSONAS},
        current.name if current else None,
        _become_persona,
        key="persona",
        help="Each has their own values and inbox. Their UUIDs are made from their email addresses"
        " with uuid5, because Signals ignores user ids that are not UUIDs.",
    )
    if current is not None:
        st.caption(f"{plain(current.email)} is the user id `{participant.user_id}`.")


def _become_persona(name: str) -> None:
    session.become(next(each for each in PERSONAS if each.name == name))


def connection_lines(participant: Participant) -> list[str]:
    """The state of the connection in a few words, one line for each part."""
    delivery = participant.emitter.delivery
    return [
        _listening_line(participant.listener.state),
        _sending_line(delivery),
        *(f":material/block: {plain(_refusal(refused))}" for refused in delivery.refused[-1:]),
    ]


def _listening_line(state: ListenerState) -> str:
    retry = f", next try {state.next_try:%H:%M:%S} UTC" if state.next_try else ""
    if state.kind == "live":
        return ":material/hearing: Listening for interventions"
    if state.kind == "connecting":
        return ":material/hearing_disabled: Connecting to interventions…"
    if state.kind == "refused":
        return f":material/hearing_disabled: Not listening: {plain(state.reason)}{retry}"
    since = f"{state.since:%H:%M:%S} UTC"
    return f":material/hearing_disabled: Not receiving interventions since {since}{retry}"


def _sending_line(delivery: Delivery) -> str:
    being_sent = delivery.being_sent(datetime.now(UTC))
    if delivery.retry_at is None and being_sent:
        return f":material/send: {counted(being_sent, 'event')} being sent"
    if delivery.retry_at is None:
        return ":material/send: No events waiting"
    events = "1 event waits" if delivery.waiting == 1 else f"{delivery.waiting} events wait"
    return (
        f":material/schedule_send: {events} to be sent again, next try"
        f" {delivery.retry_at:%H:%M:%S} UTC"
    )


def _refusal(event: TrackedEvent) -> str:
    status = f" (status {event.status})" if event.status else ""
    return f"{event.name} refused by the collector{status}"

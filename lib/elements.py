"""Streamlit elements that several pages share: the nudge, the state of the connection, problems."""

import itertools
import re
import time
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from lib import session
from lib.emitter import Delivery
from lib.explanations import Explanation
from lib.guide import STEPS, done_steps
from lib.inbox import Received
from lib.interventions import ListenerState
from lib.participant import Participant
from lib.personas import PERSONAS, persona_of
from lib.polling import Seen
from lib.settings import SettingsError
from lib.ticking import paced, ticking
from lib.time_travel import in_words
from lib.tracked_event import TrackedEvent

LIVELY_SECONDS = 0.5
LIVELY_FOR_SECONDS = 60.0
CALM_SECONDS = 3.0
CALM_IN_A_ROOM_SECONDS = 1.5  # what a presenter does is seen within two seconds
OUTAGE_SECONDS = 1.0
CALL_TO_ACTION = "Invite a teammate"
VALUES_SHOWN = 3
MARKDOWN = "\\`*_{}[]()<>#+-.!|~$:&"
MADE_OF_TEXT = re.compile(
    r"https?:(?=//)|www(?=\.)|\w(?=@\w)|:(?=material/|streamlit:)|-(?=>)|<(?=-)", re.IGNORECASE
)
WORD_JOINER = "\u2060"


def plain(text: object) -> str:
    """Text from outside, so that Markdown shows it as it is.

    Addresses, icons and arrows are made of text after Markdown was read, escaped or not: a
    character that nobody sees keeps them apart.

    >>> plain("**bold** :red[x]")
    '\\\\*\\\\*bold\\\\*\\\\* \\\\:red\\\\[x\\\\]'
    >>> plain("www.example.com") == f"www{WORD_JOINER}\\\\.example\\\\.com"
    True
    """
    apart = MADE_OF_TEXT.sub(rf"\g<0>{WORD_JOINER}", str(text))
    return "".join(f"\\{each}" if each in MARKDOWN else each for each in apart)


def code(text: object, at_most: int = 100) -> str:
    """A name or a value from outside as code in Markdown, on one line and not longer than this.

    >>> code("tasks: 5"), code("a`b"), code("abcdef", at_most=4)
    ('`tasks: 5`', '`` a`b ``', '`abc…`')
    """
    line = "".join(each if each.isprintable() else " " for each in str(text)).strip() or " "
    short = line if len(line) <= at_most else f"{line[: at_most - 1]}…"
    short = short.replace(":material/", f":material{WORD_JOINER}/")  # an icon even in code
    if "`" not in short:
        return f"`{short}`"
    fence = "`" * (max(len(run) for run in re.findall("`+", short)) + 1)
    return f"{fence} {short} {fence}"


def show_problem(problem: Explanation) -> None:
    """What went wrong and what to do, where it went wrong."""
    st.error(plain(problem.advice), title=plain(problem.message), icon=":material/error:")


def show_settings_problems(error: SettingsError) -> None:
    """Every mistake in the settings, and nothing else: the app cannot start without them."""
    st.title("Almost there", anchor=False)
    messages: dict[str, list[str]] = {}
    for problem in error.problems:
        messages.setdefault(problem.fix, []).append(problem.message)
    lines = [f"- {plain(' '.join(each))} {plain(fix)}" for fix, each in messages.items()]
    st.error(
        "\n".join(lines),
        title="The settings need a correction before the app can start",
        icon=":material/settings_alert:",
    )
    st.caption(
        "Settings come from st.secrets, else the environment, else .env. Reload when done; after a"
        " change of the environment, start the app again."
    )


def show_nudge(participant: Participant) -> None:
    """The newest intervention that nobody answered yet, at the bottom of whichever page is open."""
    waiting = [each for each in participant.inbox if each.answer is None]
    if not waiting:
        return
    newest = waiting[0]
    more = f" {len(waiting) - 1} more after this." if len(waiting) > 1 else ""
    with st.bottom, st.container(key="nudge"):
        text, buttons = st.columns([3, 2], vertical_alignment="center")
        text.info(
            _reason(newest) + more,
            title=_headline(participant, newest),
            icon=":material/celebration:",
        )
        with buttons, st.container(horizontal=True, horizontal_alignment="right"):
            if newest.intervention.name == participant.names.intervention:
                st.button(
                    CALL_TO_ACTION,
                    key="accept_nudge",
                    type="primary",
                    icon=":material/group_add:",
                    on_click=_accept,
                    args=(participant, newest),
                )
            st.button(
                "Dismiss",
                key="dismiss_nudge",
                icon=":material/close:",
                on_click=participant.answer,
                args=(newest, "dismissed"),
            )
    participant.note_shown(newest)


def _headline(participant: Participant, received: Received) -> str:
    if received.intervention.name == participant.names.intervention:
        return "You are on a roll! Work is more fun together."
    return "An intervention arrived."


def _reason(received: Received) -> str:
    """What was sent and the values that came with it: whoever sent it knows why."""
    intervention = received.intervention
    values = [f"{name}: {value}" for name, value in (intervention.attributes or {}).items()]
    shown = ", ".join(code(each) for each in values[:VALUES_SHOWN])
    more = f" and {len(values) - VALUES_SHOWN} more" if len(values) > VALUES_SHOWN else ""
    sent_with = f" with {shown}{more}" if shown else ""
    return f"Signals sent {code(intervention.name)} (version {intervention.version}){sent_with}."


def _accept(participant: Participant, received: Received) -> None:
    participant.answer(received, "accepted")
    st.toast("Invitation noted. This is a demo: nobody gets an email.", icon=":material/mail:")


def watch_for_news(participant: Participant, shown: int, *, reads_values: bool) -> None:
    """Run the page again when there is something newer than `shown`. Costs next to nothing else.

    `reads_values` says whether the page shows values of attributes: if none does, none are read. A
    tab that has had no news for a minute is looked after less often.
    """
    is_calm = st.session_state.pop("is_calm", False)
    until = time.monotonic() + LIVELY_FOR_SECONDS
    looks = itertools.count()

    def look() -> None:
        if next(looks) == 0:  # with the page itself, which has just been drawn
            return
        participant.refresh_soon(values=reads_values)
        st.session_state["is_calm"] = not is_calm and time.monotonic() > until
        if participant.revision != shown or st.session_state["is_calm"]:
            st.rerun()

    process = session.process()
    room = process.rooms.find(participant.connection.place)
    calm = CALM_SECONDS if room is None else CALM_IN_A_ROOM_SECONDS
    seconds = calm if is_calm else LIVELY_SECONDS
    ticking(look, paced(seconds, process.participants.count()))


def show_connection(participant: Participant) -> None:
    """Which of the two connections is in use, and how it is, in the sidebar."""
    is_sandbox = participant.connection.mode == "sandbox"
    name = "Sandbox" if is_sandbox else "Snowplow"
    with st.sidebar:
        st.page_link(
            "pages/connection.py",
            label=f":violet-badge[:material/cloud: {name}]",
            help="What the app is connected to",
        )
        if participant.ahead:
            st.badge(
                f"The sandbox's clock is {in_words(participant.ahead)} ahead",
                icon=":material/fast_forward:",
                color="orange",
            )
        for line in connection_lines(participant):
            st.caption(line)
        st.page_link(
            "pages/guide.py",
            label=f"Guide: {len(done_steps(participant))} of {len(STEPS)} steps done",
            icon=":material/signpost:",
        )
        if not session.is_shared():
            _show_personas(participant)
        st.button(
            "New user",
            key="new_user",
            icon=":material/person_add:",
            on_click=session.new_user,
        )
        st.caption("Start over with a fresh UUID. The definitions stay published.")


def _show_personas(participant: Participant) -> None:
    """Ready people to become, in one click, and how their UUIDs come about."""
    current = persona_of(participant.user_id, participant.connection.place)
    st.session_state["persona"] = current.name if current else None
    st.segmented_control(
        "Be somebody else",
        [each.name for each in PERSONAS],
        key="persona",
        on_change=_become_persona,
        help="Each has values and an inbox of their own. Their UUIDs are made from their email"
        " addresses with uuid5, as Signals ignores user ids that are not UUIDs.",
    )
    if current is not None:
        st.caption(f"{plain(current.email)} is the user id `{participant.user_id}`.")


def _become_persona() -> None:
    chosen = st.session_state["persona"]
    for persona in PERSONAS:
        if persona.name == chosen:
            session.become(persona)


def connection_lines(participant: Participant) -> list[str]:
    """The state of the connection in a few words, one line for each part."""
    delivery = participant.tracking.emitter.delivery
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
    return f":material/hearing_disabled: Reconnecting to interventions since {since}{retry}"


def _sending_line(delivery: Delivery) -> str:
    if delivery.retry_at is None:
        return ":material/send: No event is held back"
    events = "1 event waits" if delivery.waiting == 1 else f"{delivery.waiting} events wait"
    return (
        f":material/schedule_send: {events} to be sent again, next try"
        f" {delivery.retry_at:%H:%M:%S} UTC"
    )


def _refusal(event: TrackedEvent) -> str:
    status = f" (status {event.status})" if event.status else ""
    return f"{event.name} refused by the collector{status}"


def show_outage(participant: Participant) -> None:
    """That Signals does not answer, while it does not, at the top of whichever page is open."""
    if participant.seen.problem is not None or participant.waits_for:
        ticking(partial(_outage, participant), OUTAGE_SECONDS)


def show_file_problem() -> None:
    """That what happens is kept in memory alone, while it is, on whichever page is open."""
    problem = session.process().state.problem
    if problem is None:
        return
    st.warning(
        f"Everything goes on, and events are sent. But what happened since"
        f" {problem.since:%H:%M:%S} UTC is kept in this app's memory alone, until the app stops:"
        f" projects, interventions and events that wait. {plain(problem.advice)}",
        title=f"The app's file cannot be used: {plain(problem.said)}",
        icon=":material/save:",
    )


def _outage(participant: Participant) -> None:
    seen, now = participant.seen, datetime.now(UTC)
    waiting = participant.tracking.emitter.delivery.waiting
    kept = f" {waiting} tracked so far will be sent then." if waiting else ""
    if seen.problem is not None:
        retry = f" Next try at {seen.next_try:%H:%M:%S} UTC." if seen.next_try else ""
        st.warning(
            f"{plain(seen.problem.advice)} {_age(seen, now)}{retry}{kept}",
            title=f"Connection lost: {plain(seen.problem.message)}",
            icon=":material/cloud_off:",
        )
    elif participant.waits_for:
        st.warning(
            f"It was asked {participant.waits_for:.0f} seconds ago. {_age(seen, now)}",
            title="Signals is slow to answer",
            icon=":material/hourglass_top:",
        )


def _age(seen: Seen, now: datetime) -> str:
    """How old what is shown is, in words."""
    if seen.values is None:
        return "No values were read yet."
    seconds = (now - seen.values.tstamp).total_seconds()
    return (
        f"The values that you see were read at {seen.values.tstamp:%H:%M:%S} UTC,"
        f" {seconds:.0f} seconds ago."
    )

"""Streamlit elements that several pages share: text as it is, problems, the nudge, news."""

import itertools
import re
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st

from lib import session
from lib.explanations import Explanation
from lib.history import Change, is_number
from lib.inbox import Received
from lib.participant import Participant
from lib.polling import Seen
from lib.project import DIRECTION_CONTROLS
from lib.settings import SettingsError
from lib.ticking import looking, paced, ticking

LIVELY_SECONDS = 0.5
ALONE_SECONDS = 1.0  # what happens comes from this page's own clicks, which show it themselves
LIVELY_FOR_SECONDS = 60.0
CALM_SECONDS = 3.0
CALM_IN_A_ROOM_SECONDS = 1.5  # what a presenter does is seen within two seconds
OUTAGE_SECONDS = 1.0
CALL_TO_ACTION = "Invite a teammate"
VALUES_SHOWN = 1
MARKDOWN = "\\`*_{}[]()<>#+-.!|~$:&"
MADE_OF_TEXT = re.compile(
    r"https?:(?=//)|www(?=\.)|\w(?=@\w)|:(?=material/|streamlit:)|[->](?=[->=])|[<~!](?=[-=])",
    re.IGNORECASE,
)
WORD_JOINER = "\u2060"
WITHOUT_DIRECTION_CONTROLS = str.maketrans("", "", DIRECTION_CONTROLS)


def plain(text: object) -> str:
    """Text from outside, so that Markdown shows it as it is, on one line.

    Addresses, icons, arrows and signs like ≥ are made of text after Markdown was read, escaped or
    not: a character that nobody sees keeps them apart. Line breaks and indents would make headings
    and blocks of code, and what turns the direction of writing would turn the page's own.

    >>> plain("**bold** :red[x]")
    '\\\\*\\\\*bold\\\\*\\\\* \\\\:red\\\\[x\\\\]'
    >>> plain("www.example.com") == f"www{WORD_JOINER}\\\\.example\\\\.com"
    True
    """
    line = " ".join(str(text).translate(WITHOUT_DIRECTION_CONTROLS).split())
    apart = MADE_OF_TEXT.sub(rf"\g<0>{WORD_JOINER}", line)
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


def show_code(text: str) -> None:
    """Code to read and to copy. Without colors, as those of Streamlit are too pale to read: 2 to 3
    times as dark as the page, where WCAG asks for 4.5."""
    st.code(text, language=None, wrap_lines=True)


def show_value(label: str, value: Any, change: Change | None, help: str | None = None) -> None:
    """The value of an attribute, and how it changed last; with a line for that from the beginning,
    so that nothing moves when it does."""
    if change is None:
        delta: float | str = "no value yet"
    elif change.before is None:
        delta = change.after if is_number(change.after) else "the first"
    elif is_number(change.after) and is_number(change.before):
        delta = change.after - change.before
    else:
        delta = f"was {plain(change.before)}"
    is_count = not isinstance(delta, str)
    st.metric(
        label,
        value if value is None or is_number(value) else plain(value),
        delta,
        delta_color="normal" if is_count else "off",
        delta_arrow="auto" if is_count else "off",
        delta_description=f"{change.tstamp:%H:%M:%S} UTC" if change and is_count else None,
        help=help,
    )


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
    with (
        st.bottom,
        st.container(key="nudge", horizontal=True, vertical_alignment="center", gap="small"),
    ):
        st.info(
            _reason(newest) + more,
            title=_headline(participant, newest),
            icon=":material/celebration:",
            width=460,
        )
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
            type="tertiary",
            icon=":material/close:",
            on_click=participant.answer,
            args=(newest, "dismissed"),
        )
    participant.note_shown(newest)


def _headline(participant: Participant, received: Received) -> str:
    if received.intervention.name == participant.names.intervention:
        return "You are on a roll: share the work!"
    return "An intervention arrived."


def _reason(received: Received) -> str:
    """What was sent and the values that came with it: whoever sent it knows why."""
    intervention = received.intervention
    values = [f"{name}: {value}" for name, value in (intervention.attributes or {}).items()]
    shown = ", ".join(code(each) for each in values[:VALUES_SHOWN])
    more = f" and {len(values) - VALUES_SHOWN} more" if len(values) > VALUES_SHOWN else ""
    sent_with = f" with {shown}{more}" if shown else ""
    return f"Signals sent {code(intervention.name)} v{intervention.version}{sent_with}."


def _accept(participant: Participant, received: Received) -> None:
    participant.answer(received, "accepted")
    st.toast("Invitation noted. This is a demo: nobody gets an email.", icon=":material/mail:")


def watch_for_news(participant: Participant, shown: int, *, reads_values: bool) -> None:
    """Run the page again when there is something newer than `shown`. Costs next to nothing else.

    `reads_values` says whether the page shows values of attributes: if none does, none are read. A
    tab that is alone with its user, or has had no news for a minute, is looked after less often.
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
    lively = LIVELY_SECONDS if participant.sessions > 1 else ALONE_SECONDS
    calm = CALM_SECONDS if room is None else CALM_IN_A_ROOM_SECONDS
    seconds = calm if is_calm else lively
    looking(look, paced(seconds, process.participants.count()))


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

"""News since a page was drawn, and warnings of outages, on whichever page is open."""

import itertools
import time
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from lib.story.guide import note_progress
from lib.text import counted, plain
from lib.ui import session
from lib.ui.fallback import show_way_to_sandbox
from lib.ui.parts import Page, draw_what_changed
from lib.ui.ticking import looking, paced, start_panels, ticking
from lib.world.participant import Participant
from lib.world.polling import Seen

LIVELY_SECONDS = 0.5
ALONE_SECONDS = 1.0  # this page's own clicks cause what happens, and show it themselves
SHOWN_SECONDS = 2.0  # a click has just shown all that it caused
LIVELY_FOR_SECONDS = 60.0
CALM_SECONDS = 3.0
CALM_IN_A_ROOM_SECONDS = 1.5  # what a presenter does is seen within two seconds
OUTAGE_SECONDS = 1.0


def watch_for_news(participant: Participant, page: Page, *, reads_values: bool) -> None:
    """Draw the page again when there is news. Otherwise it costs next to nothing.

    `reads_values` says whether the page shows values of attributes: if no page does, none are read.
    A tab that is the only one of its user, or had no news for a minute, checks less often.
    """
    is_calm = st.session_state.pop("is_calm", False)
    until = time.monotonic() + LIVELY_FOR_SECONDS
    looks = itertools.count()
    is_whole = page.is_being_drawn

    def look() -> None:
        if next(looks) == 0:  # with the page itself, which has just been drawn
            return
        participant.refresh_soon(values=reads_values)
        st.session_state["is_calm"] = not is_calm and time.monotonic() > until
        page.note_tick(is_own=is_whole)
        is_news = participant.revision != page.revision
        if is_news:
            note_progress(participant)
        if is_news or page.unproven or st.session_state["is_calm"] or not page.is_proven:
            if page.is_proven:
                draw_what_changed(page, participant.revision, is_tick=True)
            st.rerun()

    process = session.process()
    room = process.rooms.find(participant.connection.place)
    lively = LIVELY_SECONDS if participant.sessions > 1 else ALONE_SECONDS
    if not is_whole and room is None and participant.sessions <= 1:
        lively = SHOWN_SECONDS
    calm = CALM_SECONDS if room is None else CALM_IN_A_ROOM_SECONDS
    seconds = calm if is_calm else lively
    looking(look, paced(seconds, process.participants.count()))


def start_watching(participant: Participant, page: Page, *, reads_values: bool) -> None:
    """Start all that looks for news by itself. For the end of a run."""
    watch_for_news(participant, page, reads_values=reads_values)
    start_panels()


def show_outage(participant: Participant) -> None:
    """A warning while Signals does not answer, at the top of whichever page is open."""
    trouble = session.process().backend.trouble
    if trouble and participant.connection.mode == "sandbox":
        st.error(
            f"{plain(trouble)} To do that, stop the app and start it again. Until then, events wait"
            " and nothing new is counted.",
            title="The sandbox cannot store anything now",
            icon=":material/error:",
        )
    elif participant.seen.problem is not None or participant.polling.waits_for:
        ticking(partial(_outage, participant), OUTAGE_SECONDS)
        show_way_to_sandbox(participant)


def show_file_problem() -> None:
    """A warning while everything is kept in memory only, on whichever page is open."""
    problem = session.process().state.problem
    if problem is None:
        return
    st.warning(
        f"The app keeps working and events are sent. But everything since"
        f" {problem.since:%H:%M:%S} UTC (projects, interventions, waiting events) is in memory only"
        f" and is lost if the app stops. {plain(problem.advice)}",
        title=f"The app's file cannot be used: {plain(problem.said)}",
        icon=":material/save:",
    )


def _outage(participant: Participant) -> None:
    seen, now = participant.seen, datetime.now(UTC)
    waiting = participant.emitter.delivery.waiting
    kept = f" {counted(waiting, 'waiting event')} will be sent then." if waiting else ""
    if seen.problem is not None:
        retry = f" Next try at {seen.next_try:%H:%M:%S} UTC." if seen.next_try else ""
        st.warning(
            f"{plain(seen.problem.advice)} {_age(seen, now)}{retry}{kept}",
            title=f"Connection lost: {plain(seen.problem.message)}",
            icon=":material/cloud_off:",
        )
    elif participant.polling.waits_for:
        waits_for = counted(round(participant.polling.waits_for), "second")
        st.warning(
            f"No answer for {waits_for}. {_age(seen, now)}",
            title="Signals is slow to answer",
            icon=":material/hourglass_top:",
        )


def _age(seen: Seen, now: datetime) -> str:
    """How old the values on the page are, in words."""
    if seen.values is None:
        return "No values have been read yet."
    age = counted(round((now - seen.values.tstamp).total_seconds()), "second")
    return f"The values that you see were read at {seen.values.tstamp:%H:%M:%S} UTC, {age} ago."

"""The talk track: a presenter's second window, which follows the first one."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import streamlit as st

from lib.story.talk_track import notes, progress_of, told
from lib.text import code
from lib.ui.room import View
from lib.ui.session import NOTES
from lib.ui.ticking import ticking
from lib.world.participant import Participant

CLOCK_SECONDS = 1.0


def follow(participant: Participant) -> None:
    """Become the same new user as another window of the presenter."""
    if participant.stage.successor:
        st.session_state["has_followed"] = True
        st.session_state["talk_began"] = participant.stage.began
        st.query_params["user"] = participant.stage.successor
        st.rerun()


def notes_address() -> str:
    """The address of a second window for the same person, from the presenter's page."""
    kept = {key: st.query_params[key] for key in ("user", "sandbox") if key in st.query_params}
    return "?" + urlencode(kept | {"view": NOTES})


def show_notes(participant: Participant, view: View) -> None:
    """What to say now, how long it took, and what comes next."""
    stage = participant.stage
    if stage.began is None:
        stage.begin(st.session_state.pop("talk_began", None))
    said = notes(stage.page, progress_of(participant))
    st.caption(f":material/visibility: The first window shows: **{stage.page}**")
    st.title(told(said.title, participant), anchor=False)
    for line in said.lines:
        st.markdown(f"### {told(line, participant)}", anchors=False)
    st.markdown(f"**Next:** {told(said.next, participant)}")
    st.divider()
    ticking(lambda: _show_clock(participant), CLOCK_SECONDS)
    st.caption(_progress_line(participant))
    if line := _room_line(participant, view):
        st.caption(line)
    st.button(
        "Restart the clock",
        key="restart_clock",
        icon=":material/timer:",
        on_click=stage.begin,
        help="For the next talk. The clock started when this window was opened.",
    )


def _show_clock(participant: Participant) -> None:
    stage, now = participant.stage, datetime.now(UTC)
    with st.container(horizontal=True):
        st.metric("Talking for", clock(now - (stage.began or now)))
        st.metric(f"On {stage.page}", clock(now - stage.since))


def clock(elapsed: timedelta) -> str:
    """Minutes and seconds.

    >>> clock(timedelta(seconds=65)), clock(timedelta(hours=1, seconds=5))
    ('1:05', '60:05')
    """
    minutes, seconds = divmod(max(0, int(elapsed.total_seconds())), 60)
    return f"{minutes}:{seconds:02}"


def _progress_line(participant: Participant) -> str:
    published = participant.seen.published
    threshold = published.threshold
    nudged = "nudged" if participant.is_nudged else "not nudged yet"
    if published.rule and threshold is None:
        rule = f"{code(participant.nudge_name)} fires when {code(published.rule)}"
        return f":material/person: You: {nudged}. {rule}."
    if threshold is None:
        return ":material/person: You: the story is not published yet."
    return f":material/person: You: {participant.seen.count:g} of {threshold:g} counted, {nudged}."


def _room_line(participant: Participant, view: View) -> str:
    """How far the others in the room are; empty while there are none."""
    others = [each for each in view.standings if each.member.user_id != participant.user_id]
    if not others:
        return ""
    here = sum(each.is_here for each in others)
    nudged = sum(each.nudged_at is not None for each in others)
    return f":material/groups: The room: {here} here, {nudged} of {len(others)} nudged."

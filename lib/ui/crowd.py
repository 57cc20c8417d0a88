"""Streamlit elements of the simulated team: its size, its progress and its results."""

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from lib.charts.crowd_chart import nudges_chart, nudges_summary, tasks_chart, tasks_summary
from lib.connection.explanations import Explanation
from lib.people.crowd import APP_ID, Crowd, Crowds
from lib.people.crowd_progress import (
    IN_THE_SANDBOX,
    ON_AN_ACCOUNT,
    CrowdProgress,
    Size,
    starting_problem,
)
from lib.text import counted, plain
from lib.ui import session
from lib.ui.confirmation import answered, ask, is_asking
from lib.ui.elements import show_problem
from lib.ui.process import Process
from lib.ui.ticking import ticking
from lib.world.participant import Participant

LOOK_SECONDS = 1.0
ASKS = "crowd"
REFUSED = "is_crowd_refused"
# Field, label, and the proposed value where it is allowed.
FIELDS = (
    ("users", "Simulated users", 100),
    ("rate", "Events a second", 20),
    ("seconds", "Seconds", 30),
)


@st.cache_resource(show_spinner=False, on_release=Crowds.close)
def crowds() -> Crowds:
    """The simulated teams of this process. Each ends soon after everybody has left."""
    return Crowds()


def show_crowd(participant: Participant) -> None:
    """The simulated team of a sandbox or account, for those who may have one."""
    crowd = crowds().find(participant.connection.place)
    st.header("Simulated team", anchor=False)
    st.caption(
        "No people are behind these users. Their events are real, and marked as simulated.",
        help=f"The events go through the real tracker, with the app id {plain(APP_ID)}, and Signals"
        " counts and nudges as it does for people. The users are the same in every run, so their"
        " tasks add up, and each is nudged once.",
    )
    _show_form(participant, crowd)
    if is_asking(ASKS):
        _ask_first(participant)
    if crowd is not None:
        _show_run(participant, crowd)


def _show_form(participant: Participant, crowd: Crowd | None) -> None:
    limit, ban = _limit(participant), _ban()
    is_running = crowd is not None and not crowd.is_over
    _keep_size(limit)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.button(
            "Start the simulated team",
            key="start_crowd",
            icon=":material/groups:",
            on_click=_start if limit == IN_THE_SANDBOX else _ask,
            args=(participant,) if limit == IN_THE_SANDBOX else (),
            disabled=is_running or ban is not None,
        )
        if crowd is not None and is_running:
            st.button(
                "Stop", key="stop_crowd", icon=":material/stop:", on_click=_stop, args=(crowd,)
            )
        with st.popover(_size_text(_asked_size()), type="tertiary", key="crowd_size"):
            for name, label, _ in FIELDS:
                st.number_input(
                    label,
                    1,
                    getattr(limit, name),
                    key=f"crowd_{name}",
                    persist_state="session",
                    disabled=is_running,
                )
    if ban is not None:
        st.caption(f":material/lock: {plain(ban.message)} {plain(ban.advice)}")
    elif session.this_visit().get(REFUSED):
        _show_refusal(participant)


def _show_refusal(participant: Participant) -> None:
    """Why it did not start, for as long as it still would not."""
    if problem := _problem(participant):
        show_problem(problem)
    else:
        session.this_visit().pop(REFUSED)


def _keep_size(limit: Size) -> None:
    """What was typed, or what is proposed; an account has another limit than a sandbox."""
    for name, _, proposed in FIELDS:
        key = f"crowd_{name}"
        st.session_state[key] = min(st.session_state.get(key, proposed), getattr(limit, name))


def _size_text(size: Size) -> str:
    """A size, in words.

    >>> _size_text(Size(100, 20, 30))
    '100 users, 20 events a second, for 30 seconds'
    >>> _size_text(Size(1, 1, 1))
    '1 user, 1 event a second, for 1 second'
    """
    users, events = counted(size.users, "user"), counted(size.rate, "event")
    return f"{users}, {events} a second, for {counted(size.seconds, 'second')}"


def _ask() -> None:
    ask(ASKS)


@st.dialog("Simulate on this account?", icon=":material/groups:", on_dismiss=answered)
def _ask_first(participant: Participant) -> None:
    size = _asked_size()
    st.markdown(
        f"This sends **{counted(size.events, 'simulated event')}** of"
        f" {counted(size.users, 'simulated user')} to the collector of this account, {size.rate} a"
        f" second for {counted(size.seconds, 'second')}. They stay in its data, with the app id"
        f" {plain(APP_ID)}, and count in Signals. The limit here is"
        f" {ON_AN_ACCOUNT.users} users, {ON_AN_ACCOUNT.rate} events a second and"
        f" {ON_AN_ACCOUNT.seconds} seconds."
    )
    with st.container(horizontal=True):
        if st.button("Simulate", key="confirm_crowd", type="primary"):
            _start(participant)
            answered()
            st.rerun()
        if st.button("Cancel", key="cancel_crowd"):
            answered()
            st.rerun()


def _start(participant: Participant) -> None:
    """Start a run, unless this session may not: a disabled button is no safeguard."""
    if _ban() is not None:
        return
    is_refused = session.this_visit()[REFUSED] = _problem(participant) is not None
    if is_refused:
        return
    size = _asked_size()
    process, place = session.process(), participant.connection.place
    published = participant.seen.published
    begin = partial(
        Crowd,
        size,
        partial(process.backend.connect, participant.connection.token, session.own_account()),
        participant.tracking.vendor,
        participant.names,
        published.threshold,
        lambda: bool(process.participants.open_in(place)),
        template=participant.profile.template,
        other_nudge=participant.nudge_name if published.follows_another else "",
        completed=participant.own_event.current,
        is_paused=partial(_is_paused, process, place),
        rule=published.followed_version,
        nudged_before=crowds().nudged(place, published.followed_version),
    )
    crowds().start(place, begin)
    process.participants.tell(place)


def _is_paused(process: Process, place: str) -> bool:
    room = process.rooms.find(place)
    return room is not None and room.is_paused


def _problem(participant: Participant) -> Explanation | None:
    return starting_problem(_asked_size(), _limit(participant), participant.seen.published)


def _stop(crowd: Crowd) -> None:
    if _ban() is None:
        crowd.stop()


def _ban() -> Explanation | None:
    return session.presenting_ban() or session.publishing_ban()


def _limit(participant: Participant) -> Size:
    return IN_THE_SANDBOX if participant.connection.mode == "sandbox" else ON_AN_ACCOUNT


def _asked_size() -> Size:
    return Size(*(int(st.session_state[f"crowd_{name}"]) for name, *_ in FIELDS))


def _show_run(participant: Participant, crowd: Crowd) -> None:
    """The progress of the run, updated every second while it runs."""
    threshold = participant.seen.published.threshold
    if crowd.is_over:
        _show_progress(crowd.progress, threshold)
        return

    def look() -> None:
        if crowd.is_over:
            st.rerun()
        _show_progress(crowd.progress, threshold)

    ticking(look, LOOK_SECONDS)


def _show_progress(progress: CrowdProgress, threshold: float | None) -> None:
    share = progress.tracked / progress.size.events
    st.progress(share, text=_progress_text(progress))
    if progress.problem is not None:
        show_problem(progress.problem)
    grid = st.grid(2, min_column_width=320, gap=("small", "large"))
    left, right = grid.cell(), grid.cell()
    dark = st.context.theme.type == "dark"
    with left:
        st.markdown("**Simulated users by what they completed**")
        st.plotly_chart(
            tasks_chart(progress.tasks, threshold, dark=dark),
            theme=None,
            key="crowd_tasks_chart",
            config={"displayModeBar": False},
            alt=tasks_summary(progress.tasks, threshold),
        )
        st.caption(
            "Simulated. As tracked in this run: the story's count is not published."
            if progress.is_own_count
            else "Simulated. Read from Signals for all of them at once."
        )
    with right:
        st.markdown("**Simulated users nudged over time**")
        st.plotly_chart(
            nudges_chart(
                progress.nudges,
                progress.started_at,
                progress.ended_at or datetime.now(UTC),
                dark=dark,
            ),
            theme=None,
            key="crowd_nudges_chart",
            config={"displayModeBar": False},
            alt=nudges_summary(progress.nudges),
        )
        st.caption("Simulated. Each star is a user whose nudge arrived in this run.")


def _progress_text(progress: CrowdProgress) -> str:
    """The progress of the run, in one line.

    >>> _progress_text(CrowdProgress(Size(9, 5, 2), datetime.now(UTC)))
    'Simulated team of 9 is starting: 0 of 10 events tracked, 0 sent, 0 users nudged'
    >>> _progress_text(CrowdProgress(Size(1, 1, 1), datetime.now(UTC), "running"))
    'Simulated team of 1 is at work, 1 second left: 0 of 1 event tracked, 0 sent, 0 users nudged'
    """
    left = max(0.0, progress.size.seconds - progress.elapsed)
    states = {
        "starting": "is starting",
        "running": f"is at work, {counted(round(left), 'second')} left",
        "ending": "is ending",
        "done": f"ended at {progress.ended_at:%H:%M:%S} UTC" if progress.ended_at else "ended",
    }
    stopped = " (stopped)" if progress.is_over and progress.was_stopped else ""
    return (
        f"Simulated team of {progress.size.users:,} {states[progress.state]}{stopped}:"
        f" {progress.tracked:,} of {counted(progress.size.events, 'event')} tracked,"
        f" {progress.sent:,} sent, {counted(len(progress.nudges), 'user')} nudged"
    )

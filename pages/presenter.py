"""Presenter: the room, how others join it, who is here, and what the presenter can do."""

import streamlit as st

from lib.charts.room_chart import SHOWN_AT_MOST, room_chart, room_summary
from lib.connection.explanations import Explanation
from lib.story.guide import STEPS
from lib.text import plain
from lib.ui import session
from lib.ui.crowd import show_crowd
from lib.ui.elements import show_code, show_problem
from lib.ui.passphrase import show_passphrase_form
from lib.ui.publishing import is_changing, publish, show_ban, show_progress
from lib.ui.room import (
    PUSH,
    RESET,
    SCREEN,
    View,
    is_for_this_computer_only,
    join_link,
    opened_room,
    pause,
    push,
    replace_code,
    reset,
    room_events,
    show_members,
    show_qr_code,
    show_room_events,
    view_of,
    watch_room,
)

EVERYONE = "Everyone who joined, here or not"  # longer than a name may be
NUDGES_SHOWN = 3
EVENTS_SHOWN = 10

participant = session.participant()
is_sandbox = participant.connection.mode == "sandbox"


def switch_view() -> None:
    if st.session_state["big_screen"]:
        st.query_params["view"] = SCREEN
    else:
        st.query_params.pop("view", None)


def ask_before_reset() -> None:
    st.session_state["asks_to_reset"] = True


def no_reset() -> None:
    st.session_state.pop("asks_to_reset", None)


@st.dialog("Start over?", icon=":material/restart_alt:", on_dismiss=no_reset)
def ask_to_reset(view: View, who: str) -> None:
    is_everyone = who == EVERYONE
    st.markdown(
        f"Reset **{plain(who)}**: all tasks, values, history and interventions are deleted, and the"
        " nudge can come again. The definitions stay."
        + (" The sandbox's clock goes back to now." if is_everyone else "")
        + " This cannot be undone."
    )
    chosen = [each for each in view.standings if who in (each.name, EVERYONE)]
    with st.container(horizontal=True):
        if st.button("Reset", key="confirm_reset", type="primary", icon=":material/restart_alt:"):
            reset(participant, chosen, is_everyone=is_everyone)
            no_reset()
            st.rerun()
        if st.button("Keep", key="cancel_reset"):
            no_reset()
            st.rerun()


def closed(ban: Explanation) -> None:
    st.info(plain(ban.advice), title=plain(ban.message), icon=":material/lock:")
    if session.process().settings.presenter_passphrase is not None:
        show_passphrase_form()


def screen_toggle() -> None:
    st.toggle(
        "Big screen",
        value=st.query_params.get("view") == SCREEN,
        key="big_screen",
        on_change=switch_view,
        help="For a projector: how to join, and how far everybody has got.",
    )


def joining(code: str) -> None:
    st.header("How others join", anchor=False)
    link = join_link(code)
    show_qr_code(link, width=240)
    st.markdown("Scan it, open the link, or enter the code under **Join a room**:")
    st.markdown(f"## {code.replace('-', ' ')}", anchors=False)
    show_code(link)
    if is_for_this_computer_only(link):
        st.caption(
            ":material/info: This link works on this computer only. For phones, set"
            " `PRESENTER_PASSPHRASE` and open the app by its network address."
        )
    st.button(
        "New code",
        key="new_code",
        icon=":material/autorenew:",
        on_click=replace_code,
        args=(participant,),
        help="The old code and link stop working. People already here stay.",
    )


def definitions() -> None:
    is_published = participant.seen.published.is_complete
    st.button(
        "Publish for the room",
        key="publish",
        type="secondary" if is_published else "primary",
        icon=":material/publish:",
        on_click=publish,
        args=(participant, participant.plan),
        disabled=show_ban() is not None or is_changing(participant),
        help="Publishes the definitions once, for everybody here.",
    )


def pausing(view: View) -> None:
    is_paused = view.room is not None and view.room.is_paused
    st.button(
        "Resume" if is_paused else "Pause",
        key="pause_room",
        icon=":material/play_arrow:" if is_paused else ":material/pause:",
        on_click=pause,
        args=(participant, not is_paused),
        help="While paused, nobody here can complete tasks.",
    )


def actions(view: View) -> str:
    names = [each.name for each in view.standings]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        who = st.selectbox("For whom", [EVERYONE, *names], key="who", width=300)
        here = [each for each in view.standings if each.is_here]
        st.button(
            "Push a test intervention",
            key="push_room",
            icon=":material/send:",
            on_click=push,
            args=(participant, [each for each in here if who in (each.name, EVERYONE)]),
        )
        if is_sandbox:
            st.button(
                "Reset", key="reset_room", icon=":material/restart_alt:", on_click=ask_before_reset
            )
    for name, said in ((PUSH, "Pushed."), (RESET, "Started over.")):
        job = participant.jobs.find(name)
        if job is not None and not job.is_done:
            st.caption(f"Asked at {job.since:%H:%M:%S} UTC; no answer yet.")
        elif job is not None and job.problem is not None:
            show_problem(job.problem)
        elif job is not None:
            words = "Nobody was listening." if job.result == "undelivered" else said
            st.caption(f":material/check: {words} {job.since:%H:%M:%S} UTC")
    return who


def big_screen(view: View) -> None:
    threshold = participant.seen.published.threshold
    left, right = st.columns([2, 3], gap="large")
    with left:
        if view.room is not None and view.room.code:
            link = join_link(view.room.code)
            show_qr_code(link, width=520)
            st.title(view.room.code.replace("-", " "), anchor=False)
            st.markdown(f"## {plain(link)}", anchors=False)
        screen_toggle()
    with right:
        last_nudges(view)  # above the chart, which may be taller than the screen
        is_paused = view.room is not None and view.room.is_paused
        more = len(view.standings) > SHOWN_AT_MOST
        of_all = f" :gray[{SHOWN_AT_MOST} of {len(view.standings)}]" if more else ""
        st.header(f"{'Paused' if is_paused else 'Tasks completed'}{of_all}", anchor=False)
        st.plotly_chart(
            room_chart(view.standings, threshold, dark=st.context.theme.type == "dark"),
            theme=None,
            key="room_chart",
            config={"displayModeBar": False},
            alt=room_summary(view.standings, threshold),
        )


def last_nudges(view: View) -> None:
    st.header("Last nudges", anchor=False)
    with st.container(horizontal=True, gap="xsmall"):
        for each in view.nudges[:NUDGES_SHOWN]:
            st.markdown(
                f"### :material/celebration: {plain(each.name)} :gray[{each.nudged_at:%H:%M}]",
                anchors=False,
                width="content",
            )
        if not view.nudges:
            st.markdown("### :gray[Nobody yet]", anchors=False)


def desk(view: View) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Presenter", anchor=False)
        st.space("stretch")
        screen_toggle()
    left, right = st.columns([2, 3], gap="large")
    with left:
        if view.room is not None and view.room.code:
            joining(view.room.code)
        else:
            st.caption(
                "On Snowplow there is no sandbox to share: everybody who opens this app uses the"
                " same account. Pause and reset exist in the sandbox only."
            )
    with right:
        st.header("What you can do", anchor=False)
        with st.container(horizontal=True):
            definitions()
            if is_sandbox:
                pausing(view)
        show_progress()
        who = actions(view)
    st.header("Who is here", anchor=False)
    show_members(view.standings)
    st.caption(f"Steps of the guide out of {len(STEPS)}, tasks completed, nudged at (UTC).")
    if is_sandbox:
        st.header("What happened last", anchor=False)
        show_room_events(room_events(participant).events[:EVENTS_SHOWN], view.standings)
    if st.session_state.get("asks_to_reset"):
        ask_to_reset(view, who)


ban = session.presenting_ban()
if session.is_new_visit():
    st.session_state.pop("passphrase_problem", None)
if ban is not None:
    st.title("Presenter", anchor=False)
    closed(ban)
else:
    opened_room(participant)
    shown = view_of(participant)
    if st.query_params.get("view") == SCREEN:
        big_screen(shown)
    else:
        desk(shown)
        show_crowd(participant)
    watch_room(participant, shown)

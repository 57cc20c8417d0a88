"""Presenter: the room: invite people, follow their progress, and run it."""

import streamlit as st

from lib.connection.explanations import Explanation
from lib.people.room import Standing
from lib.story.guide import STEPS
from lib.story.pushed_words import HEADLINE_AT_MOST, TEXT_AT_MOST
from lib.text import code, plain
from lib.ui import session
from lib.ui.building import let_guests_build
from lib.ui.confirmation import answered, ask, is_asking
from lib.ui.crowd import show_crowd
from lib.ui.elements import show_code, show_problem
from lib.ui.fields import key_to_show
from lib.ui.funnel import show_room_funnel
from lib.ui.notes import follow, notes_address, show_notes
from lib.ui.passphrase import show_passphrase_form
from lib.ui.publishing import counts_another, is_changing, publish, show_ban, show_progress
from lib.ui.room import (
    PUSH,
    PUSH_FIELDS,
    RESET,
    View,
    enter_screen,
    is_for_this_computer_only,
    is_watched_by_a_room,
    join_link,
    let_guests_bring_code,
    opened_room,
    pause,
    push,
    replace_code,
    reset,
    room_events,
    room_fired,
    show_members,
    show_qr_code,
    show_room_events,
    show_screen,
    view_of,
    watch_room,
)

EVERYONE = "Everyone who joined, here or not"  # longer than a name may be
EVENTS_SHOWN = 10

participant = session.participant()
items = plain(participant.profile.items)
is_sandbox = participant.connection.mode == "sandbox"


def ask_before_reset() -> None:
    ask("reset")
    st.session_state["reset_whom"] = st.session_state["for_whom"]


def push_to_them(view: View) -> None:
    whom = st.session_state["for_whom"]
    chosen = people(view, whom)
    push(participant, [each for each in chosen if each.is_here or whom != EVERYONE])


def people(view: View, who: str) -> list[Standing]:
    return [each for each in view.standings if who in (each.member.user_id, EVERYONE)]


@st.dialog("Start over?", icon=":material/restart_alt:", on_dismiss=answered)
def ask_to_reset(chosen: list[Standing], *, is_everyone: bool) -> None:
    who = EVERYONE if is_everyone else plain(chosen[0].name)
    st.markdown(
        f"Reset **{who}**: this deletes all {items}, values, history and interventions, and"
        " the nudge can fire again. The definitions stay."
        + (" The sandbox's clock goes back to now." if is_everyone else "")
        + " This cannot be undone."
    )
    with st.container(horizontal=True):
        if st.button("Reset", key="confirm_reset", type="primary", icon=":material/restart_alt:"):
            reset(participant, chosen, is_everyone=is_everyone)
            answered()
            st.rerun()
        if st.button("Keep", key="cancel_reset"):
            answered()
            st.rerun()


def closed(ban: Explanation) -> None:
    st.info(plain(ban.advice), title=plain(ban.message), icon=":material/lock:")
    if session.process().settings.presenter_passphrase is not None:
        show_passphrase_form()


def show_top() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Presenter", anchor=False, width="stretch")
        st.link_button(
            "Talk track",
            notes_address(),
            icon=":material/speaker_notes:",
            help="What to say, in a second window that follows this one.",
        )
        st.button(
            "Big screen",
            key="big_screen",
            icon=":material/present_to_all:",
            on_click=enter_screen,
            help="For a projector: how to join, and everybody's progress. Esc returns here.",
        )
    st.caption("The room: invite people, follow their progress, and run it.")


def show_joining(code: str) -> None:
    st.header("How others join", anchor=False)
    link = join_link(code)
    with st.container(horizontal=True, gap="large"):
        show_qr_code(link, width=200)
        with st.container(width="stretch"):
            st.markdown("Scan it, open the link, or enter the code under **Join a room**:")
            st.markdown(f"## {code.replace('-', ' ')}", anchors=False)
            show_code(link)
            if is_for_this_computer_only(link):
                st.caption(
                    ":material/info: This link works on this computer only. For phones, set"
                    " PRESENTER_PASSPHRASE and open the app by its network address."
                )
            st.button(
                "New code",
                key="new_code",
                icon=":material/autorenew:",
                on_click=replace_code,
                args=(participant,),
                help="The old code and link stop working. People already here stay.",
            )


def show_no_room() -> None:
    st.caption(
        "Only this tab uses your account, so nobody else can join. Pause and reset work in the"
        " sandbox only."
        if participant.connection.is_own
        else "On Snowplow there is no sandbox to share: everybody who opens this app uses the"
        " same account. Pause and reset work in the sandbox only."
    )


def show_publishing() -> None:
    counts_other = counts_another(participant)
    is_published = participant.seen.published.is_complete and not counts_other
    follows_another = participant.seen.published.follows_another
    st.button(
        "Publish for the room",
        key="publish",
        type="secondary" if is_published else "primary",
        icon=":material/publish:",
        on_click=publish,
        args=(participant, participant.plan),
        disabled=show_ban() is not None or is_changing(participant),
    )
    st.caption(
        f"Published: everybody's {items} count."
        if is_published
        else plain(counts_other)
        if counts_other
        else f"Publishes the story. Until then, this page follows {code(participant.nudge_name)}."
        if follows_another
        else "Publishes once for the whole room. Nothing is counted until then."
    )
    show_progress()


def show_pausing(view: View) -> None:
    is_paused = view.room is not None and view.room.is_paused
    st.button(
        "Resume" if is_paused else "Pause",
        key="pause_room",
        icon=":material/play_arrow:" if is_paused else ":material/pause:",
        on_click=pause,
        args=(participant, not is_paused),
    )
    st.caption(
        "Paused: everyone's board is frozen, and says so."
        if is_paused
        else "Freezes everyone's board while you speak."
    )


def show_guests_code() -> None:
    lets_guests = session.process().code_addresses.lets_guests(participant.connection.place)
    st.session_state["guests_bring_code"] = lets_guests
    st.toggle(
        "Guests may bring code",
        key="guests_bring_code",
        on_change=let_guests_bring_code,
        args=(participant,),
    )
    st.caption(
        "Each guest has an events-only address on their Connection page. Its events count like"
        " clicks. Turning this off disables all of these addresses."
        if lets_guests
        else "Off: only your own code reaches this sandbox."
    )


def show_guests_definitions() -> None:
    lets_guests = session.process().state.building.lets_guests(participant.connection.place)
    st.session_state["guests_build"] = lets_guests
    st.toggle(
        "Guests may build their own definitions",
        key="guests_build",
        on_change=let_guests_build,
        args=(participant,),
    )
    st.caption(
        "On their Definitions page, under names of their own. Their definitions count, and may"
        " nudge, for everybody here; you can unpublish them. The story stays yours."
        if lets_guests
        else "Off: nobody else can publish, or change what you published."
    )


def show_pushing(view: View) -> None:
    headline, text = PUSH_FIELDS
    st.text_input(
        "Headline",
        key=headline,
        persist_state="session",
        max_chars=HEADLINE_AT_MOST,
        placeholder="Coffee in five minutes?",
    )
    st.text_input(
        "Text",
        key=text,
        persist_state="session",
        max_chars=TEXT_AT_MOST,
        placeholder="See you in the lobby.",
    )
    st.button(
        "Push to them",
        key="push_room",
        icon=":material/send:",
        on_click=push_to_them,
        args=(view,),
    )
    st.caption(
        "An intervention with your words and no criteria, for those who are here. If both fields"
        " are empty, it only says that an intervention arrived."
    )
    show_job(PUSH, "Pushed.")


def show_resetting() -> None:
    st.button("Reset", key="reset_room", icon=":material/restart_alt:", on_click=ask_before_reset)
    st.caption("Asks first, then deletes what they did. The nudge can fire again.")
    show_job(RESET, "Started over.")


def show_job(name: str, said: str) -> None:
    job = participant.jobs.find(name)
    if job is None:
        return
    if not job.is_done:
        st.caption(f"Asked at {job.since:%H:%M:%S} UTC; no answer yet.")
    elif job.problem is not None:
        show_problem(job.problem)
    else:
        undelivered = "Not delivered: no subscriber was connected."
        words = undelivered if job.result == "undelivered" else said
        st.caption(f":material/check: {words} {job.since:%H:%M:%S} UTC")


def choose_whom(view: View) -> None:
    """Everyone, or one person by user id, because names change. The choice is stored: a button may
    be pressed before it is drawn again for a new choice."""
    names = {EVERYONE: EVERYONE} | {each.member.user_id: each.name for each in view.standings}
    if st.session_state.get("for_whom") not in names:
        st.session_state["for_whom"] = EVERYONE
    chosen = st.session_state["for_whom"]
    # A new name for the chosen person needs a new field; others may join while the list is open.
    key = key_to_show("who", chosen, [names[chosen]])
    st.selectbox(
        "For whom",
        list(names),
        index=list(names).index(chosen),
        format_func=lambda each: names[each],
        key=key,
        on_change=note_whom,
        args=(key,),
    )


def note_whom(key: str) -> None:
    st.session_state["for_whom"] = st.session_state[key]


def show_actions(view: View) -> None:
    st.header("What you can do", anchor=False)
    grid = st.grid(2, min_column_width=260, gap=("small", "large"))
    with grid.cell():
        show_publishing()
    if is_sandbox:
        with grid.cell():
            show_pausing(view)
    with grid.cell():
        with st.container(key="who"):
            choose_whom(view)
        if is_sandbox:
            show_resetting()
    with grid.cell():
        show_pushing(view)
    if is_sandbox:
        with grid.cell():
            show_guests_code()
        with grid.cell():
            show_guests_definitions()


def show_people(view: View) -> None:
    st.header("Who is here", anchor=False)
    st.caption(f"Steps of the guide out of {len(STEPS)}, {items} completed, nudged at (UTC).")
    show_members(view.standings)
    show_room_funnel(view.rule, view.reached)


def show_last_events(view: View) -> None:
    st.header("Latest events", anchor=False)
    st.caption("The newest events of everybody here, and whether they were accepted.")
    show_room_events(room_events(participant).events[:EVENTS_SHOWN], view.standings)


def show_desk(view: View) -> None:
    """First, what the presenter needs next: a simulated team, until others have joined."""
    show_top()
    is_empty = len(view.standings) <= 1
    if is_empty:
        show_crowd(participant)
    if view.room is not None and view.room.code:
        show_joining(view.room.code)
    else:
        show_no_room()
    show_actions(view)
    show_people(view)
    if is_sandbox:
        show_last_events(view)
    if not is_empty:
        show_crowd(participant)
    whom = st.session_state.get("reset_whom", "")
    if is_asking("reset") and (chosen := people(view, whom)):
        ask_to_reset(chosen, is_everyone=whom == EVERYONE)


ban = session.presenting_ban()
if session.is_new_visit():
    st.session_state.pop("passphrase_problem", None)
if ban is not None:
    st.title("Presenter", anchor=False)
    closed(ban)
else:
    follow(participant)
    opened_room(participant)
    room_fired(participant).look()
    shown = view_of(participant)
    if is_watched_by_a_room():
        show_screen(participant, shown)
    elif st.query_params.get("view") == session.NOTES:
        show_notes(participant, shown)
    else:
        show_desk(shown)
    watch_room(participant, shown)

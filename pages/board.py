"""The board: a small project tool that tracks what its user does."""

from functools import partial

import streamlit as st

from lib.project import PRIORITIES, STATUSES, ProjectError
from lib.text import plain
from lib.ui import session
from lib.ui.autoplay import show_play_button
from lib.ui.cards import show_action, show_column
from lib.ui.diagnosis import is_running, show_diagnosis, start_diagnosis
from lib.ui.nudge import show_nudge_card
from lib.ui.parts import note_rest
from lib.ui.personalization import (
    is_personalized,
    show_personalized,
    show_personalized_toggle,
    show_side_by_side,
)
from lib.ui.presentation import is_presenting, is_story_playing
from lib.ui.publishing import counts_another, is_changing, publish, show_ban, show_progress
from lib.ui.rest_of_page import rest_of_page
from lib.ui.room import show_room
from lib.ui.signals_panel import is_panel_on, show_panel, show_panel_switch
from lib.ui.task_details import show_details_button, show_task_details
from lib.ui.values_card import show_values

EVERY_STATUS = "all"

participant = session.participant()
diagnosis = session.diagnoses().event
profile = participant.profile
status_names: dict[str, str] = {each: plain(profile.status_name(each)) for each in STATUSES}
status_names[EVERY_STATUS] = "All"


def open_or_close_form() -> None:
    st.session_state["is_adding"] = not st.session_state.get("is_adding")
    session.this_visit().pop("task_problem", None)


def add_task() -> None:
    session.this_visit().pop("task_problem", None)
    if participant.is_paused:  # a disabled button is no safeguard
        return
    try:
        participant.own_project.add(
            st.session_state["task_title"], st.session_state["task_priority"]
        )
    except ProjectError as error:
        session.this_visit()["task_problem"] = str(error)
    else:
        st.session_state["task_title"] = ""


def reset_board() -> None:
    participant.own_project.reset()


def track_filter() -> None:
    participant.tracking.tasks_filtered(st.session_state["status_filter"])


def ask_why() -> None:
    st.session_state["is_asking_why"] = not st.session_state.get("is_asking_why")
    if st.session_state["is_asking_why"]:
        start_diagnosis(participant, diagnosis)


def show_form() -> None:
    with st.form("add_task_form"):
        st.text_input("Title", key="task_title", max_chars=120)
        st.radio(
            plain(profile.priority),
            PRIORITIES,
            format_func=lambda each: plain(profile.priority_name(each)),
            index=PRIORITIES.index("medium"),
            key="task_priority",
            horizontal=True,
        )
        st.form_submit_button(
            "Add", key="add_task", on_click=add_task, disabled=participant.is_paused
        )
        if problem := session.this_visit().get("task_problem"):
            st.error(plain(problem), icon=":material/error:")


note_rest(partial(rest_of_page, participant))
if session.is_new_visit():
    participant.open_board((st.context.url or "http://localhost").split("?")[0])

is_adding = st.session_state.get("is_adding")
is_asking = st.session_state.get("is_asking_why")
project = participant.project
published = participant.seen.published
counted_instead = published.counted_instead(participant.own_event.current)
has_to_publish = participant.seen.is_known and bool(not published.is_complete or counted_instead)

if not is_story_playing():  # its captions say it
    plan = f":violet-badge[:material/workspace_premium: {plain(project.plan)}]"
    st.markdown(f":small[:gray[See a product react to you within a second.]] {plan}")
with st.container():  # so that nothing below it moves
    show_room(participant)
    if is_personalized(participant) and is_story_playing():
        show_side_by_side(participant)  # first: it is what the scene is about
panes = st.grid(2, min_column_width=300, gap="medium") if is_panel_on() else None
product = panes.cell() if panes is not None else st.container()
with product:
    with st.container(horizontal=True, vertical_alignment="center", key="headline"):
        st.title(plain(project.name), anchor=False, width="content")
        show_action(participant)
    unpublished = st.empty()  # always there, so that what follows does not move
if has_to_publish and session.is_guest():
    unpublished.info(
        "Until the presenter publishes, what you complete is not counted.",
        title="The published definitions count another event"
        if counted_instead
        else "Nothing is published for this board yet",
        icon=":material/hourglass_empty:",
    )
elif has_to_publish:
    with unpublished.container(border=True):
        if counted_instead:
            st.markdown(f":material/info: {plain(counts_another(participant))}")
        elif not published.is_there:
            st.markdown(
                ":material/rocket_launch: **Nothing is published for this board yet**, so nothing"
                " is counted here. Publish the definitions first; what you complete before that"
                " does not count."
            )
        elif published.is_any:
            st.markdown(
                ":material/warning: **Only some of the definitions are published.** Publish all of"
                " them, or see what is missing on the definitions page."
            )
        else:
            st.markdown(
                ":material/unpublished: **This board's definitions are unpublished**, so nothing"
                " more is counted here. Existing values stay."
            )
        ban = show_ban()
        with st.container(horizontal=True):
            st.button(
                "Publish the definitions",
                key="publish",
                type="primary",
                icon=":material/publish:",
                on_click=publish,
                args=(participant, participant.plan),
                disabled=ban is not None or is_changing(participant),
            )
            show_play_button(participant)
        show_progress()

with product:
    show_nudge_card(participant)
    with st.container(border=True, key="values"):
        show_values(participant)
    if is_personalized(participant) and not is_presenting():
        show_personalized(participant)
if panes is not None:
    with panes.cell():
        show_panel(participant)
if is_personalized(participant) and is_presenting() and not is_story_playing():
    show_side_by_side(participant)

with st.container(horizontal=True, vertical_alignment="center"):
    shown = st.radio(
        "Show",
        (EVERY_STATUS, *STATUSES),
        format_func=lambda status: status_names[status],
        key="status_filter",
        persist_state="session",
        horizontal=True,
        width="stretch",
        label_visibility="collapsed",
        on_change=track_filter,
    )
    show_personalized_toggle(participant)
    if is_presenting() and published.is_complete and not counted_instead:
        show_play_button(participant)  # the guide also has it, but is not in the menu then
    with st.popover("More", key="more", type="tertiary", icon=":material/more_horiz:"):
        st.button(
            "Hide the checks" if is_asking else "Why did nothing happen?",
            key="why",
            type="tertiary",
            icon=":material/troubleshoot:",
            on_click=ask_why,
        )
        st.button(
            "Reset the board",
            key="reset_board",
            type="tertiary",
            icon=":material/restart_alt:",
            on_click=reset_board,
            help="Brings back the first cards. What Signals counted about you stays.",
        )
        show_details_button()
        show_panel_switch()
show_task_details(participant)
if is_asking:
    with st.container(border=True, key="checks"):
        st.button(
            "Check again",
            key="look_again",
            icon=":material/refresh:",
            on_click=start_diagnosis,
            args=(participant, diagnosis),
            disabled=is_running(participant, diagnosis),
        )
        show_diagnosis(participant, diagnosis, "event")

shown_statuses = [each for each in STATUSES if shown in (each, EVERY_STATUS)]
columns = st.grid(len(shown_statuses), min_column_width=240)
for status in shown_statuses:
    with columns, st.container(border=True, key=status, gap="xsmall"):
        show_column(participant, status)
        if status == "todo":
            st.button(
                plain(profile.add),
                key="open_form",
                type="tertiary",
                icon=":material/expand_less:" if is_adding else ":material/add:",
                on_click=open_or_close_form,
            )
            if is_adding:  # a popover would draw its elements in every run, open or not
                show_form()

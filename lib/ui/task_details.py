"""More to do with a task: log time, comment, reopen. Each is tracked as its own event, so that
there is more to define attributes on than completed tasks.

It is a part of the page, not a dialog: a dialog closes when the page runs again, and every event
that is tracked makes it run.
"""

from collections.abc import Callable

import streamlit as st

from lib.project import MAX_COMMENT, MAX_MINUTES, ProjectError, Task
from lib.text import counted, plain, told_apart
from lib.ui.session import this_visit
from lib.world.participant import Participant

CHOSEN = "detailed_task"
IS_OPEN = "are_details_open"
SAID, PROBLEM = "details_said", "details_problem"


def are_details_open() -> bool:
    """Whether the details are shown."""
    return bool(st.session_state.get(IS_OPEN))


def show_details_button() -> None:
    """The button that opens the details, and closes them."""
    is_open = are_details_open()
    st.button(
        "Close the details" if is_open else "Time and comments",
        key="open_details",
        type="tertiary",
        icon=":material/expand_less:" if is_open else ":material/edit_note:",
        on_click=_open_or_close,
    )


def show_task_details(participant: Participant) -> None:
    """The details of one task, to be chosen, if they are open."""
    tasks = {each.id: each for each in participant.project.tasks}
    if not are_details_open() or not tasks:
        return
    titles = dict(zip(tasks, told_apart(each.title for each in tasks.values()), strict=True))
    with st.container(border=True, key="task_details", gap="small"):
        chosen = st.selectbox(
            plain(participant.profile.item.capitalize()),
            tasks,
            key=CHOSEN,
            format_func=lambda task_id: titles[task_id],
            on_change=_forget_outcome,
        )
        task = tasks[chosen]
        _show_time(participant)
        _show_comment(participant)
        if task.status == "done":
            st.button(
                "Reopen",
                key="reopen_task",
                icon=":material/undo:",
                on_click=_reopen,
                args=(participant,),
                disabled=participant.is_paused,
            )
        _show_outcome(task)


def _show_time(participant: Participant) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "Minutes",
            min_value=0.0,
            max_value=MAX_MINUTES,
            value=30.0,
            step=15.0,
            format="%g",
            key="logged_minutes",
            width=180,
        )
        st.button(
            "Log time",
            key="log_time",
            icon=":material/timer:",
            on_click=_log_time,
            args=(participant,),
            disabled=participant.is_paused,
        )


def _show_comment(participant: Participant) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Comment",
            key="comment_text",
            max_chars=MAX_COMMENT,
            placeholder="Mention somebody with @name",
            help="Only its length and the people it mentions are tracked. The text is not kept.",
            width=400,
        )
        st.button(
            "Comment",
            key="add_comment",
            icon=":material/comment:",
            on_click=_comment,
            args=(participant,),
            disabled=participant.is_paused,
        )


def _show_outcome(task: Task) -> None:
    if problem := this_visit().get(PROBLEM):
        st.error(plain(problem), icon=":material/error:")
    minutes, comments = counted(task.minutes, "minute"), counted(task.comments, "comment")
    said = this_visit().get(SAID)
    tracked = f" Tracked as `{said}`." if said else ""
    st.caption(f"{minutes} logged, {comments}.{tracked}")


def _log_time(participant: Participant) -> None:
    task_id, minutes = st.session_state[CHOSEN], st.session_state["logged_minutes"]
    _do(participant, "time_logged", lambda: participant.own_project.log_time(task_id, minutes))


def _comment(participant: Participant) -> None:
    task_id, text = st.session_state[CHOSEN], st.session_state["comment_text"]
    if _do(participant, "comment_added", lambda: participant.own_project.comment(task_id, text)):
        st.session_state["comment_text"] = ""


def _reopen(participant: Participant) -> None:
    task_id = st.session_state[CHOSEN]
    _do(participant, "task_reopened", lambda: participant.own_project.reopen(task_id))


def _do(participant: Participant, event: str, act: Callable[[], Task | None]) -> Task | None:
    """Do it, unless the room is paused: a disabled button is no safeguard."""
    _forget_outcome()
    if participant.is_paused:
        return None
    try:
        task = act()
    except ProjectError as error:
        this_visit()[PROBLEM] = str(error)
        return None
    if task is not None:
        this_visit()[SAID] = event
    return task


def _forget_outcome() -> None:
    this_visit().pop(SAID, None)
    this_visit().pop(PROBLEM, None)


def _open_or_close() -> None:
    st.session_state[IS_OPEN] = not are_details_open()
    _forget_outcome()

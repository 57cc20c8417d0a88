"""The cards on the board: the text of each, and the parts of the page that they are in."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from textwrap import indent

import streamlit as st

from lib.project import STATUSES, Status, Task
from lib.text import plain
from lib.ui.card_words import card_words
from lib.ui.parts import read_once, redrawing, show_part
from lib.ui.personalization import layout_of
from lib.world.participant import Participant

NOTHING = ":small[:gray[Nothing here.]]"


@dataclass(frozen=True)
class Action:
    """The button beside the board's title. `is_counted` says whether a click changes a value."""

    is_over: bool
    is_counted: bool
    is_paused: bool


@dataclass(frozen=True)
class Column:
    """The cards of a column, in their order. `next` is the recommended one, if it is here."""

    status: Status
    tasks: list[Task]
    next: Task | None
    is_paused: bool


@dataclass(frozen=True)
class Cards:
    """All cards as they were at one moment. `next` is the recommended one, if any is open."""

    columns: dict[Status, Column]
    next: Task | None


def cards(participant: Participant) -> Cards:
    """What this tab shows: another one may complete a task while this one is drawn."""
    return read_once("cards", partial(_cards, participant))


def _cards(participant: Participant) -> Cards:
    """The cards in the order of this user's board."""
    project, is_paused = participant.project, participant.is_paused
    board = layout_of(participant, project)
    place = {task.id: number for number, task in enumerate(board.order)}

    def column(status: Status) -> Column:
        tasks = project.filtered(status)
        tasks.sort(key=lambda task: place.get(task.id, 0))
        return Column(status, tasks, board.next if board.next in tasks else None, is_paused)

    return Cards({status: column(status) for status in STATUSES}, board.next)


def show_action(participant: Participant) -> None:
    """The button for the next task, or for a new board once all are done: a part of the page, so
    that a click on it does not make Streamlit fade the rest of the page."""
    show_part("action_part", partial(_action, participant), partial(_show_action, participant))


def _action(participant: Participant) -> Action:
    seen = participant.seen
    is_any = seen.published.is_any
    counted_instead = seen.published.counted_instead(participant.own_event.current)
    return Action(
        is_over=participant.project.all_done,
        is_counted=not seen.is_known or (is_any and not counted_instead),
        is_paused=participant.is_paused,
    )


def _show_action(participant: Participant, shown: Action) -> None:
    profile = participant.profile
    if shown.is_over:
        st.button(
            plain(profile.again),
            key="new_sprint",
            type="primary",
            icon=":material/replay:",
            on_click=_new_sprint,
            args=(participant,),
            disabled=shown.is_paused,
        )
    else:
        st.button(
            plain(profile.action),
            key="complete_task",
            type="primary" if shown.is_counted else "secondary",
            icon=":material/task_alt:",
            on_click=_complete_next,
            args=(participant,),
            disabled=shown.is_paused,
            shortcut="T",
        )


def show_column(participant: Participant, status: Status) -> None:
    """A column, whose cards are a part of the page. The title counts what is done: that costs
    nothing there, because such a column is one element."""
    name = plain(participant.profile.status_name(status))
    if status != "done":
        st.markdown(f"**{name}**")
    show: Callable[[Participant, Column], None] = _show_done if status == "done" else _show_open
    key = f"cards_{status}"
    show_part(key, lambda: cards(participant).columns[status], partial(show, participant))


def _new_sprint(participant: Participant) -> None:
    """Begin the next sprint, unless the room is paused: a disabled button is no safeguard."""
    with redrawing(participant):
        if not participant.is_paused:
            participant.own_project.new_sprint()


def _complete_next(participant: Participant) -> None:
    """Complete the task that this tab shows as the next one."""
    task = cards(participant).next
    with redrawing(participant):
        if task is not None:
            participant.complete_task(task.id)


def _start_next(participant: Participant) -> None:
    """Start the first task that is to do, unless the room is paused."""
    tasks = cards(participant).columns["todo"].tasks
    with redrawing(participant):
        if tasks and not participant.is_paused:
            participant.own_project.start(tasks[0].id)


def _complete(participant: Participant, task: Task) -> None:
    with redrawing(participant):
        participant.complete_task(task.id)


def _show_open(participant: Participant, shown: Column) -> None:
    """One element a card: each costs every run of the page a tenth of a millisecond."""
    if not shown.tasks:
        st.markdown(NOTHING)
    profile = participant.profile
    for task in shown.tasks:
        st.button(
            card_words(profile, task, is_next=task == shown.next),
            key=f"complete_{task.id}",
            icon=":material/radio_button_unchecked:",
            on_click=_complete,
            args=(participant, task),
            disabled=shown.is_paused,
            width="stretch",
        )
    if shown.status == "todo" and shown.tasks:
        st.button(
            "Start the next one",
            key="start_next",
            icon=":material/play_arrow:",
            on_click=_start_next,
            args=(participant,),
            disabled=shown.is_paused,
        )


def _show_done(participant: Participant, shown: Column) -> None:
    """A read-only column, as one element: a list whose items are the cards."""
    profile = participant.profile
    name = plain(profile.status_name("done"))
    words = [card_words(profile, each) for each in reversed(shown.tasks)]
    cards = "\n".join(f"- :material/check_circle: {indent(each, '  ').strip()}" for each in words)
    st.markdown(f"**{name}** :gray-badge[{len(words)}]\n\n{cards or NOTHING}")

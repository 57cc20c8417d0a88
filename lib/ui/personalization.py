"""The personalized board: its switch, and a card that says what is different and why."""

import inspect
from collections.abc import Mapping
from typing import Any

import streamlit as st

from lib.demo.demo_profile import DemoProfile
from lib.project import Project
from lib.story import personalization
from lib.story.personalization import FOR_EVERYBODY, Layout, Phrase, layout
from lib.text import code, plain
from lib.ui.elements import show_code
from lib.world.participant import Participant

SWITCH = "personalized"
NARROWEST = 250  # pixels of a card beside the other
TASKS_SHOWN = 3
EVERYBODY = ":gray[:material/groups: **For everybody**]"
YOU = ":violet[:material/person: **For you**]"


def is_personalized(participant: Participant) -> bool:
    """Whether this user's board depends on the values that were read."""
    return participant.stage.is_personalized


def show_personalized_toggle(participant: Participant) -> None:
    """The switch for it."""
    st.session_state[SWITCH] = is_personalized(participant)
    st.toggle(
        "Personalized",
        key=SWITCH,
        on_change=_switch,
        args=(participant,),
        help="The board depends on what Signals knows about you, read through the service.",
    )


def layout_of(participant: Participant, project: Project) -> Layout:
    """The board of this user: by their values, or the same as everybody's."""
    values = participant.seen.current if is_personalized(participant) else {}
    return _layout(participant, project, values)


def show_personalized(participant: Participant) -> None:
    """Welcome, recommendation and offer, each with its reason, and the function that makes them."""
    with st.container(border=True, key="personalized_card", gap="small"):
        st.markdown(_words(layout_of(participant, participant.project)))
        with st.popover("The code", icon=":material/code:", type="tertiary", key="layout_code"):
            st.caption("The values go in, the board comes out. Nothing else decides.")
            show_code(inspect.getsource(personalization))


def show_side_by_side(participant: Participant) -> None:
    """For an audience: what everybody gets, and beside it what this user gets."""
    project = participant.project
    with st.grid(2, min_column_width=NARROWEST, key="side_by_side"):
        for key, title, board in (
            ("everybodys_card", EVERYBODY, _layout(participant, project, {})),
            ("personalized_card", YOU, layout_of(participant, project)),
        ):
            with st.container(border=True, height="stretch", key=key):
                st.markdown(f"{title}\n\n{_words(board)}\n\n{_order(board, participant.profile)}")


def _layout(participant: Participant, project: Project, values: Mapping[str, Any]) -> Layout:
    published = participant.seen.published.threshold
    threshold = participant.plan.threshold if published is None else published
    return layout(values, project, participant.profile, threshold)


def _words(board: Layout) -> str:
    return "\n\n".join(
        (
            _line("waving_hand", board.welcome, is_strong=True),
            _line("arrow_forward", board.step),
            _line("local_offer", board.offer),
        )
    )


def _order(board: Layout, profile: DemoProfile) -> str:
    """The first open tasks, in the board's order."""
    return "\n".join(
        f"{number}. {plain(task.title)} :gray-badge[{plain(profile.priority_name(task.priority))}]"
        for number, task in enumerate(board.order[:TASKS_SHOWN], 1)
    )


def _line(icon: str, part: Phrase, *, is_strong: bool = False) -> str:
    text = f"**{plain(part.text)}**" if is_strong else plain(part.text)
    why = part.why if part.why == FOR_EVERYBODY else f"because {code(part.why)}"
    return f":material/{icon}: {text} :small[:gray[{why}]]"


def _switch(participant: Participant) -> None:
    participant.stage.personalize(st.session_state[SWITCH])

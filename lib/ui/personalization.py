"""The personalized board: its switch, and a card that says what is different and why."""

import streamlit as st

from lib.story.personalization import FOR_EVERYBODY, Layout, Part, layout
from lib.text import code, plain
from lib.world.participant import Participant

SWITCH = "personalized"


def is_personalized() -> bool:
    """Whether this session's board depends on the values that were read."""
    return bool(st.session_state.get("is_personalized"))


def show_personalized_toggle() -> None:
    """The switch for it. The session keeps it from page to page."""
    st.session_state[SWITCH] = is_personalized()
    st.toggle(
        "Personalized",
        key=SWITCH,
        on_change=_switch,
        help="The board depends on what Signals knows of you, read through the service.",
    )


def layout_of(participant: Participant) -> Layout:
    """The board of this user: by their values, or the same as everybody's."""
    values = participant.seen.current if is_personalized() else {}
    published = participant.seen.published.threshold
    threshold = participant.plan.threshold if published is None else published
    return layout(values, participant.project, participant.profile, threshold)


def show_personalized(participant: Participant) -> None:
    """Welcome, recommendation and offer, each with its reason: one card, of two elements."""
    board = layout_of(participant)
    with st.container(border=True, key="personalized_card"):
        st.markdown(
            "\n\n".join(
                (
                    _line("waving_hand", board.welcome, is_strong=True),
                    _line("arrow_forward", board.step),
                    _line("local_offer", board.offer),
                )
            )
        )


def _line(icon: str, part: Part, *, is_strong: bool = False) -> str:
    text = f"**{plain(part.text)}**" if is_strong else plain(part.text)
    why = part.why if part.why == FOR_EVERYBODY else f"because {code(part.why)}"
    return f":material/{icon}: {text} :small[:gray[{why}]]"


def _switch() -> None:
    st.session_state["is_personalized"] = st.session_state[SWITCH]

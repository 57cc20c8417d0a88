"""Who may publish definitions of their own, and what those are called.

For the story's own definitions, see `session.publishing_ban`.
"""

import streamlit as st

from lib.connection.explanations import Explanation
from lib.people.permission import builder_suffix, building_problem
from lib.ui import session
from lib.ui.process import process
from lib.world.participant import Participant


def building_ban() -> Explanation | None:
    """Why this session may not publish definitions of its own; None if it may."""
    place = session.participant().connection.place
    return session.account_ban() or building_problem(
        is_guest=session.is_guest(), lets_guests=process().state.building.lets_guests(place)
    )


def is_building_guest() -> bool:
    """Whether this session is a guest whom the presenter lets build."""
    return session.is_guest() and building_ban() is None


def own_suffix() -> str:
    """The suffix of the names of everything that this session defines; empty if they cannot clash
    with anybody else's."""
    if not session.is_guest():
        return session.participant().names.suffix
    user_id, token = st.session_state["world"]
    return builder_suffix(process().state.building.number(token, user_id))


def is_own(name: str) -> bool:
    """Whether this session may change what has this name: guests only what they made."""
    return not session.is_guest() or name.endswith(own_suffix())


def let_guests_build(participant: Participant) -> None:
    """Allow guests to publish their own definitions, or stop that. For a switch's callback."""
    if session.presenting_ban() is None:
        place, may = participant.connection.place, bool(st.session_state["guests_build"])
        process().state.building.let_guests(place, may)
        process().participants.tell(place)

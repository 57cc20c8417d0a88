"""The address of a page: who and where a session is.

The `user` query parameter holds the user id, so that a reload keeps the person. The server, not the
address, remembers the sandbox they belong to. `sandbox` is only there when somebody joined another
sandbox by link: it names a room by its code, or a sandbox by its token.
"""

import re
import uuid
from dataclasses import dataclass, field

import streamlit as st

from lib.connection.backend import new_token
from lib.connection.explanations import Explanation
from lib.people.room import is_code, was_meant_as_code
from lib.ui.account_choice import forget_about_definitions, has_sandbox, set_aside
from lib.ui.pacing import hold
from lib.ui.presentation import MODE
from lib.ui.process import process

PROFILE = "profile"  # see lib/ui/demo_profile.py
TOKEN = re.compile(r"[A-Za-z0-9_-]{22,128}")


@dataclass(frozen=True)
class Joined:
    """A sandbox that was joined by link: what the address calls it, and its token."""

    name: str
    token: str = field(repr=False)
    is_room: bool = False


def move_to(asked_user: str | None, asked_sandbox: str | None) -> None:
    """Decide who and where this session is, and say so in the address.

    Changing pages empties the address, so what it does not name stays as it was.
    """
    known_user, known_token = st.session_state.get("world", (None, None))
    for key in ("notice", "notice_page"):  # of the address before
        st.session_state.pop(key, None)
    checked_user = _checked_user(asked_user)
    user_id = checked_user or known_user or str(uuid.uuid4())
    joined: Joined | None = st.session_state.get("joined")
    if joined is None or asked_sandbox != joined.name:  # people stay, also after a new code
        joined = _checked_sandbox(asked_sandbox) or joined
    if known_user is None and checked_user is not None and joined is None:
        _tell_if_forgotten(checked_user)
    token = _token(user_id, joined)
    if known_token not in (None, token):
        forget_about_definitions()
    st.session_state["world"] = (user_id, token)
    st.session_state["joined"] = joined
    is_back_in_a_room = (
        known_user is None and joined is None and process().rooms.find(token) is not None
    )
    if is_back_in_a_room:  # by a link that no longer lets newcomers in
        st.session_state.pop("notice", None)
    name = joined.name if joined else None
    st.session_state["address"] = (user_id, name)
    view = st.query_params.get("view")
    mode = st.session_state.get(MODE)
    profile = st.query_params.get(PROFILE)
    address = {"user": user_id, "sandbox": name, "view": view, MODE: mode, PROFILE: profile}
    st.query_params.from_dict({key: value for key, value in address.items() if value})


def _token(user_id: str, joined: Joined | None) -> str:
    """The sandbox that was joined by link, else the one that the user belongs to."""
    if not has_sandbox():
        return ""
    state = process().state
    if joined is not None and joined.is_room:  # they keep it when the code is replaced
        state.move_home(user_id, joined.token)
        state.rooms.add_guest(joined.token, user_id)
        return joined.token
    given = joined.token if joined else new_token()
    home = state.home(user_id, given)
    if joined is not None or home == given:
        state.rooms.add_owner(given, user_id)
    return joined.token if joined else home


def _tell_if_forgotten(user_id: str) -> None:
    """Say so if an address names a user that a server without a lasting file does not know."""
    is_kept = process().settings.sandbox_db is not None or process().backend.sandbox is None
    if is_kept or process().state.has_home(user_id):
        return
    st.session_state["notice"] = Explanation(
        "This server does not know the user in the address.",
        "Either it restarted and lost what it kept in a temporary folder, or the address is from"
        " another server. You start over here, as the same user. In a room, ask for its new code."
        " With SANDBOX_DB set, a server keeps what happened.",
    )


def _checked_user(asked: str | None) -> str | None:
    """The user in the address if it is a UUID; Signals would ignore any other."""
    if not asked:
        return None
    try:
        return str(uuid.UUID(asked))
    except ValueError:
        st.session_state["notice"] = Explanation(
            f"The user id in the address, {asked[:60]!r}, is not a UUID.",
            "Signals ignores user ids that are not UUIDs, without an error, so you were given"
            " another one.",
        )
        return None


def _checked_sandbox(asked: str | None) -> Joined | None:
    """The sandbox in the address, if there is one."""
    if not asked:
        return None
    if TOKEN.fullmatch(asked) and not is_code(asked) and not was_meant_as_code(asked):
        return Joined(asked, asked)
    if not is_code(asked):
        st.session_state["notice"] = Explanation(
            "The room or sandbox in the address is not complete.",
            "Ask for the whole link again. Until then you are in a sandbox of your own.",
        )
        return None
    hold("try")
    room = process().rooms.joined_by(asked)
    if room is not None:
        if not has_sandbox() and process().backend.sandbox is not None:
            set_aside(True)  # as the presenter has done: the room is in the sandbox
        return Joined(room.code, room.place, is_room=True)
    st.session_state["notice"] = Explanation(
        f"No room has the code {asked[:40]!r}.",
        "Ask for the code or the link again: the presenter may have made a new one. Until then you"
        " are in a sandbox of your own.",
    )
    return None

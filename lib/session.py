"""One browser session: who it is, and the world it looks at. All session keys are set up here.

The user id stays in the `user` query parameter, so that a reload keeps the person. The sandbox they
belong to is remembered by the server, not in the address; `sandbox` is only there when somebody
joined another's by link.
"""

import re
import uuid
from dataclasses import dataclass

import streamlit as st

from lib.app_state import AppState
from lib.connection import Backend, new_token
from lib.definitions import Plan
from lib.explanations import Explanation
from lib.participant import Participant, Participants
from lib.settings import Settings, load_settings, streamlit_secrets

TOKEN = re.compile(r"[A-Za-z0-9_-]{22,128}")


@dataclass(frozen=True)
class Process:
    """What all sessions of this process share."""

    backend: Backend
    state: AppState
    participants: Participants

    @property
    def settings(self) -> Settings:
        return self.backend.settings


def _close(process: Process) -> None:
    process.participants.close()
    process.backend.close()
    process.state.close()


@st.cache_resource(show_spinner=False, on_release=_close)
def process() -> Process:
    """Settings, sandbox and open worlds, once for each process.

    Raises `SettingsError` for settings that cannot be, and `sqlite3.Error` or `OSError` where the
    files cannot be written.
    """
    settings = load_settings(streamlit_secrets())
    backend = Backend(settings)
    state = AppState(settings.app_db)
    plan = Plan(owner=settings.owner, vendor=settings.vendor)
    return Process(backend, state, Participants(backend, state, plan))


@dataclass(frozen=True)
class Membership:
    """That this session looks at a world; released when the session ends or moves on."""

    user_id: str
    token: str
    participant: Participant


def _leave(membership: Membership) -> None:
    process().participants.leave(membership.user_id, membership.token)


@st.cache_resource(scope="session", show_spinner=False, max_entries=1, on_release=_leave)
def _membership(user_id: str, token: str) -> Membership:
    return Membership(user_id, token, process().participants.join(user_id, token))


def participant() -> Participant:
    """The world that this session looks at, as the address says; a new person without one."""
    user_id = _user_id()
    token = _token(user_id)
    st.query_params["user"] = user_id
    return _membership(user_id, token).participant


def switch_user(user_id: str) -> None:
    """Become another person, in the same sandbox."""
    token = _token(st.session_state["user_id"])
    process().state.home(user_id, token)
    st.session_state["user_id"] = user_id
    st.query_params["user"] = user_id


def new_user() -> None:
    """Become a new person, in the same sandbox."""
    switch_user(str(uuid.uuid4()))


def is_new_visit(page: str) -> bool:
    """Whether this run opens a page, as opposed to running it again."""
    is_new = st.session_state.get("visited_page") != (page, st.session_state["user_id"])
    st.session_state["visited_page"] = (page, st.session_state["user_id"])
    return bool(is_new)


def notice() -> Explanation | None:
    """What is to be said about the address that this session came with."""
    found: Explanation | None = st.session_state.get("notice")
    return found


def _user_id() -> str:
    """The user in the address if it is a UUID, else the session's, else a new one."""
    asked = st.query_params.get("user")
    known = st.session_state.get("user_id")
    if asked and asked != known:
        asked_uuid = _as_uuid(asked)
        if asked_uuid is None:
            st.session_state["notice"] = Explanation(
                f"The user id in the address, {asked[:60]!r}, is not a UUID.",
                "Signals ignores user ids that are not UUIDs, without an error, so you were given"
                " a new one.",
            )
        known = asked_uuid or known
    st.session_state["user_id"] = known or str(uuid.uuid4())
    return str(st.session_state["user_id"])


def _token(user_id: str) -> str:
    """The sandbox in the address if there is one, else the one that the user belongs to."""
    if process().backend.sandbox is None:
        return ""
    asked = st.query_params.get("sandbox", st.session_state.get("sandbox"))
    if asked and _is_token(asked):
        st.session_state["sandbox"] = asked
        st.query_params["sandbox"] = asked
        process().state.home(user_id, asked)
        return str(asked)
    if asked:
        del st.query_params["sandbox"]
        st.session_state["notice"] = Explanation(
            "The sandbox in the address cannot be.",
            "Ask for the whole link again. Until then you have a sandbox of your own.",
        )
    return process().state.home(user_id, new_token())


def _as_uuid(text: str) -> str | None:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def _is_token(text: str) -> bool:
    return TOKEN.fullmatch(text) is not None

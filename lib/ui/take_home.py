"""The download of what somebody built: notebooks, scripts and schemas, in one archive."""

from typing import Any

import streamlit as st

from lib.people.code_addresses import CodeAddress
from lib.studio.registry import GROUP, Found, Registry
from lib.studio.take_home import TakeHome, ordered
from lib.studio.vocabulary import LINKS
from lib.ui import sandbox_route, session
from lib.ui.added_schemas import added
from lib.ui.presentation import is_presenting
from lib.ui.registry import may_touch, registry, show_unread
from lib.world.participant import Participant

KEPT = "take_home_made"
WHAT = (
    "A notebook and a script of everything that you published, for a sandbox and for a Snowplow"
    " account, with the schemas: publish, subscribe, track, read, and be nudged, from anywhere."
)
KEEP_IT = (
    ":material/key: The files for the sandbox hold its address for code. Whoever has it can send"
    " events, publish, and read values. Keep them to yourself. You can replace the address on the"
    " connection page."
)
LOCAL = "The files for the sandbox expect one on your machine: they say how to start it."
NOTHING = "It is made from what is published. Publish the definitions first."


def show_take_home(participant: Participant, page: str) -> None:
    """The download, on one of the app's pages; nothing in presentation mode."""
    if is_presenting():
        return
    st.header("Take it home", anchor=False)
    known = registry(participant)
    if known is None:
        asked, is_said = "The API is being asked for what is published.", page == "/definitions"
        show_unread(participant, asked, says_why=not is_said)  # the list there does
        return
    home = _take_home(participant, known, _address(participant, page))
    if not home.definitions:
        st.caption(NOTHING)
        return
    st.markdown(WHAT)
    if participant.connection.mode == "sandbox":
        st.caption(KEEP_IT if home.address else LOCAL)
    st.download_button(
        "Take it home",
        # Not a function: what is made on a click is lost if the page runs again just then.
        _archive(home),
        file_name="take-home.zip",
        mime="application/zip",
        icon=":material/download:",
        key="take_home",
        on_click="ignore",
    )


def _take_home(participant: Participant, known: Registry, address: str) -> TakeHome:
    """What is published: in a sandbox everything, in an account what this app made."""
    ours = [each for each in known.found if may_touch(participant, each)]
    live = [each.live for each in ours if each.live is not None]
    named = {
        (link.name, link.version or 1)
        for each in live
        for field in LINKS
        for link in each.__dict__.get(field) or []
    }
    found = [
        version.model_copy(update={"is_published": False})
        for each in ours
        for version in each.versions
        if version is each.live or _is_needed(each, version, named)
    ]
    return TakeHome(ordered(found), participant.plan.vendor, address, added())


def _is_needed(found: Found, version: Any, named: set[tuple[str, int]]) -> bool:
    """Whether a version of a group computes, or a published service or payload names it: one may
    keep an older version."""
    is_named = (found.name, version.__dict__.get("version") or 1) in named
    return found.kind is GROUP and (bool(version.is_published) or is_named)


def _address(participant: Participant, page: str) -> str:
    """The sandbox's address for code; empty for guests, whose addresses take events only, and
    where there is none."""
    is_sandbox = participant.connection.mode == "sandbox"
    if not is_sandbox or session.is_guest() or not sandbox_route.is_served():
        return ""
    app = (st.context.url or "http://localhost:8501").split("?")[0]
    token = session.process().code_addresses.token(CodeAddress(participant.connection.place))
    return f"{app.removesuffix('/').removesuffix(page)}/sandbox/{token}"


def _archive(home: TakeHome) -> bytes:
    """The files, made anew only when something changed."""
    made: tuple[TakeHome, bytes] | None = st.session_state.get(KEPT)
    if made is None or made[0] != home:
        made = st.session_state[KEPT] = (home, home.archive())
    return made[1]

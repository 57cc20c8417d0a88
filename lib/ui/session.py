"""One browser session: who it is, where it is, and the world it looks at. `address` reads who and
where from the address."""

import math
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from lib.connection.account import OwnAccount
from lib.connection.explanations import Explanation
from lib.diagnosis.diagnoses import Diagnoses
from lib.people.participants import Participants
from lib.people.permission import (
    GUEST_BAN,
    PRESENTER_BAN,
    Attempt,
    is_local,
    presenting_problem,
    publishing_problem,
)
from lib.people.personas import Persona
from lib.people.room import Room, is_code
from lib.ui.account_choice import forget_about_definitions, forget_draft, has_sandbox, set_aside
from lib.ui.account_choice import own_account as own_account
from lib.ui.address import move_to
from lib.ui.confirmation import answered
from lib.ui.pacing import hold
from lib.ui.process import process as process
from lib.world.jobs import Job
from lib.world.participant import Participant

# What a second window of the presenter shows: see lib/ui/room.py and lib/ui/notes.py.
SECOND_VIEWS = SCREEN, NOTES = ("screen", "notes")


@dataclass(frozen=True)
class Membership:
    """Says that this session looks at a world. Released when the session ends or moves on."""

    user_id: str
    token: str
    own: OwnAccount | None
    participants: Participants
    participant: Participant


def _leave(membership: Membership) -> None:
    membership.participants.leave(membership.user_id, membership.token, membership.own)


@st.cache_resource(scope="session", show_spinner=False, max_entries=1, on_release=_leave)
def _membership(user_id: str, token: str, own_place: str, _own: OwnAccount | None) -> Membership:
    participants = process().participants
    participant = participants.join(user_id, token, _own)
    return Membership(user_id, token, _own, participants, participant)


def participant() -> Participant:
    """The world that the address names. Without an address it is a new person's."""
    asked = (st.query_params.get("user"), st.query_params.get("sandbox"))
    if "world" not in st.session_state or asked != st.session_state["address"]:
        move_to(*asked)
    own = own_account()
    own_place = process().backend.own_place(own) if own else ""
    user_id, token = st.session_state["world"]
    found = _membership(user_id, token, own_place, own).participant
    st.session_state["place"] = found.connection.place
    return found


def seconds_until_it_may_come() -> float:
    """How long a new session has to wait, because it would make a sandbox and too many were made
    from its address. Known users, and people who join a room by its code, make none."""
    if "world" in st.session_state or not has_sandbox():
        return 0
    user_id, code = st.query_params.get("user", ""), st.query_params.get("sandbox", "")
    if process().state.has_home(user_id):
        return 0
    if is_code(code):
        hold("try")
        if process().rooms.joined_by(code) is not None:
            return 0
    return process().new_sandboxes.wait(visitor(), st.context.ip_address)


def diagnoses() -> Diagnoses:
    """Why nothing happened in the world that this session looks at."""
    return process().participants.diagnoses(participant())


def use_own_account(account: OwnAccount) -> None:
    """Use an account that somebody brought, until this session ends. An account that it replaces is
    forgotten."""
    before: OwnAccount | None = st.session_state.get("own_account")
    place_of = process().backend.own_place
    if before is not None and place_of(before) != place_of(account):
        forget_own_account()
    st.session_state["own_account"] = account
    set_aside(False)


def forget_own_account() -> None:
    """Forget the account that somebody brought, and close its connections at once."""
    account: OwnAccount | None = st.session_state.pop("own_account", None)
    if account is not None:
        _membership.clear()
        process().participants.forget(account)
        set_aside(False)
        forget_draft()


def publishing_ban() -> Explanation | None:
    """Why this session may not change the definitions; None if it may."""
    return account_ban() or (GUEST_BAN if is_guest() else None)


def is_guest() -> bool:
    """Whether this session is a guest in a room that somebody else runs. Anyone who joined by code
    stays a guest until they go to another sandbox: the app's file remembers it."""
    is_presenter = bool(st.session_state.get("is_presenter"))
    return not is_presenter and own_account() is None and _came_as_guest()


def _came_as_guest() -> bool:
    user_id, token = st.session_state.get("world", ("", ""))
    return bool(token) and process().state.rooms.is_guest(token, user_id)


def account_ban() -> Explanation | None:
    """Why this session may not use the account of the app's settings for more than reading."""
    return publishing_problem(
        is_shared_account=not has_sandbox() and own_account() is None,
        passphrase=process().settings.presenter_passphrase,
        is_presenter=bool(st.session_state.get("is_presenter")),
        is_local=_is_local(),
    )


def presenting_ban() -> Explanation | None:
    """Why this session may not run a room; None if it may."""
    problem = presenting_problem(
        passphrase=process().settings.presenter_passphrase,
        is_presenter=bool(st.session_state.get("is_presenter")),
        is_local=_is_local(),
    )
    return problem or (PRESENTER_BAN if is_guest() else None)


def _is_local() -> bool:
    """Whether somebody is at the machine that the app runs on. Requests of Streamlit's agent API do
    not say where they come from: with that on, only the server's own address tells."""
    is_for_programs = bool(st.get_option("server.enableAgentApi"))
    address = st.get_option("server.address") or ""
    if is_for_programs and not is_local({"Host": address}, None):
        return False
    return is_local(st.context.headers.to_dict(), st.context.ip_address)


def room() -> Room | None:
    """The room that this session is in; None while it shares nothing."""
    return process().rooms.find(_place())


def join_room(code: str) -> None:
    """Join the room with this code. If the code is wrong, a notice says so."""
    st.session_state.pop("notice", None)
    st.session_state.pop("notice_page", None)
    if is_code(code):
        st.query_params["sandbox"] = code
    else:
        st.session_state["notice"] = Explanation(
            "That is not a room code.",
            "A code is three words and a number, such as orbit satin lamp 197.",
        )


def enter_passphrase(given: str) -> Attempt:
    """Become the presenter, until this session ends, if the passphrase is right."""
    gate = process().gate
    if gate is None:
        return Attempt(False)
    hold("try")
    attempt = gate.enter(given, st.context.ip_address, visitor())
    if attempt.is_right:
        st.session_state["is_presenter"] = True
    return attempt


def visitor() -> str:
    """A name for this session, for limits that count what it does."""
    name: str = st.session_state.setdefault("visitor", uuid.uuid4().hex)
    return name


def new_user() -> None:
    """Become a new person, in the same sandbox."""
    _become(str(uuid.uuid4()))


def start_over() -> str | Explanation:
    """Start as if nothing had happened; returns the id of the new person, or why they have to wait.
    They get a new sandbox, in which nothing is published, unless others share this one, or nothing
    happened in it yet."""
    if is_alone() and not participant().is_untouched:
        return new_sandbox()
    hold("person")
    user_id = str(uuid.uuid4())
    _take_along(user_id)
    participant().stage.go_on_as(user_id)
    return user_id


def new_sandbox() -> str | Explanation:
    """Leave for a new sandbox, which is empty; returns the id of the new person, who belongs
    there, or why they have to wait. For people who are alone."""
    hold("person")
    seconds = process().new_sandboxes.wait(visitor(), st.context.ip_address)
    if seconds > 0:
        return Explanation(
            "You started over too often.",
            f"Each time makes a new sandbox. Wait {math.ceil(seconds)} s, or choose New user.",
        )
    forget_about_definitions()
    user_id = str(uuid.uuid4())
    participant().stage.go_on_as(user_id)
    return user_id


def is_alone() -> bool:
    """Whether nobody else is in this sandbox or was invited to it."""
    is_in_sandbox = has_sandbox() and own_account() is None
    return is_in_sandbox and not is_in_company() and room() is None


def become(persona: Persona) -> None:
    """Become one of the ready-made people, in the same sandbox or account, unless it is shared."""
    if is_shared():  # the ready-made people may have been here before the guests
        return
    _become(persona.user_id(participant().connection.place))


def is_shared() -> bool:
    """Whether others use this sandbox or account too: ready-made people would be theirs as well."""
    is_shared_account = not has_sandbox() and own_account() is None
    return is_shared_account or is_in_company()


def is_in_company() -> bool:
    """Whether this session joined somebody else's sandbox, or somebody joined this one."""
    has_joined = st.session_state.get("joined") is not None
    return has_joined or _came_as_guest() or process().rooms.has_others(_place())


def _place() -> str:
    """The sandbox or account that this session looks at, as the frame found it for this run."""
    place: str = st.session_state["place"]
    return place


def _become(user_id: str) -> None:
    hold("person")
    _take_along(user_id)
    participant().stage.go_on_as(user_id)
    st.query_params["user"] = user_id


def _take_along(user_id: str) -> None:
    """Put a new person where this session is, as the same member of the room, and as a guest if it
    is one."""
    before, token = st.session_state["world"]
    state, came_as_guest = process().state, _came_as_guest()
    if token:  # an account has no homes
        state.home(user_id, token)
    process().rooms.follow(_place(), before, user_id)
    if came_as_guest:
        state.rooms.add_guest(token, user_id)
        process().code_addresses.follow(token, before, user_id)
        state.building.follow(token, before, user_id)
    elif token:
        state.rooms.add_owner(token, user_id)


def enter(page: str) -> None:
    """Note which page this run shows. A visit begins when the page or the user has changed.

    Called by the frame, because a page does not see when it is left.
    """
    visit, before = (page, st.session_state["world"]), st.session_state.get("visit")
    if before == visit:
        return
    st.session_state["visit"] = visit
    st.session_state["is_new_visit"] = True
    st.session_state["this_visit"] = {"began": datetime.now(UTC)}
    answered()
    has_followed = st.session_state.pop("has_followed", False)
    if has_followed or st.query_params.get("view") in SECOND_VIEWS:
        return  # what a second window shows leads nowhere
    has_changed_world = before is not None and before[1] != st.session_state["world"]
    if before is not None and has_changed_world:
        _take_over(*before[1])
    if has_changed_world or not _is_left_behind(page):
        participant().stage.show(page)


def _take_over(user_before: str, token_before: str) -> None:
    """Take the place in the room of whom this window showed before, in the same sandbox or account,
    after the browser's Back. A button has done so already."""
    user_id, token = st.session_state["world"]
    if token != token_before or user_id == user_before:
        return
    here = process().participants.open_in(_place())
    left = [each for each in here if each.user_id == user_before]
    if any(each.stage.successor == user_id for each in left):
        return
    process().rooms.follow(_place(), user_before, user_id)
    if _came_as_guest():
        process().code_addresses.follow(token, user_before, user_id)
    for each in left:
        each.stage.go_on_as(user_id)


def _is_left_behind(page: str) -> bool:
    """Whether another window of the presenter went on as somebody else, whom this page follows."""
    return page == "Presenter" and bool(participant().stage.successor) and presenting_ban() is None


def is_new_visit() -> bool:
    """Whether this run opens a page rather than running it again. True once for each visit."""
    return bool(st.session_state.pop("is_new_visit", False))


def this_visit() -> dict[str, Any]:
    """What is remembered while the same page shows the same user, such as the result of something
    that they tried here."""
    kept: dict[str, Any] = st.session_state.setdefault("this_visit", {})
    return kept


def asked_here(participant: Participant, name: str) -> Job | None:
    """The last job of this name, if it runs or was started during this visit: the result of an
    earlier one is old news."""
    job, began = participant.jobs.find(name), this_visit().get("began")
    is_old = job is not None and job.is_done and began is not None and job.since < began
    return None if is_old else job


def notice(page: str) -> Explanation | None:
    """What to say about the address that this session came with, on its first page."""
    found: Explanation | None = st.session_state.get("notice")
    if found is not None and st.session_state.setdefault("notice_page", page) != page:
        del st.session_state["notice"], st.session_state["notice_page"]
        return None
    return found

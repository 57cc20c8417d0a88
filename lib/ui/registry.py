"""What the API has, as a list: open, publish, unpublish and delete each definition."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import streamlit as st

from lib.connection.explanations import Explanation
from lib.snowplow.definitions import MADE_BY_THIS_APP
from lib.studio import changes
from lib.studio.registry import STATES, Found, Registry, read_registry
from lib.text import code, plain
from lib.ui import publishing
from lib.ui.building import building_ban, is_building_guest, is_own
from lib.ui.confirmation import ask, is_asking
from lib.ui.definitions_tabs import show_studio_tab
from lib.ui.deletion import ask_to_delete
from lib.ui.draft import use
from lib.ui.elements import show_problem
from lib.ui.parts import note_news_shown
from lib.ui.ticking import looking
from lib.world.jobs import Job
from lib.world.participant import Participant

JOB = "registry"
PLACE = "registry"
ASKED_AGAIN_AFTER = timedelta(seconds=5)
OLD_AFTER = timedelta(seconds=30)
FIND_FROM = 8  # fewer definitions need no search
BADGES = {
    "published": ":green-badge[:material/check: published]",
    "draft": ":gray-badge[:material/edit_note: not published]",
    "published with a newer draft": ":orange-badge[:material/edit_note: newer draft]",
}


def registry(participant: Participant) -> Registry | None:
    """What the API has, asked again after each change that anybody makes here; None until it has
    answered once."""
    after = _last_change(participant)
    asked_after, job = st.session_state.get("registry_asked", (None, None))
    is_changed = asked_after != after
    if is_changed or _failed_a_while_ago(job) or _may_be_old(participant, job):
        job = _ask(participant, after)
    if job is not None and job.is_done and job.problem is None:
        st.session_state["registry"] = (participant.world, job.result)
    world, found = st.session_state.get("registry", (None, None))
    return found if world == participant.world else None


def show_unread(participant: Participant, caption: str, *, says_why: bool = True) -> None:
    """Say that the definitions are not known: the API is being asked, or refused for this reason.
    It is asked again while the page is open."""
    problem = _problem()
    if problem is None or not says_why:
        st.caption(caption)
    else:
        show_problem(problem)
    _look_again(participant)


def _look_again(participant: Participant) -> None:
    """Draw the page again once the API has answered, or refused for another reason."""
    problem = _problem()

    def look() -> None:
        if registry(participant) is not None or _problem() not in (None, problem):
            st.rerun()

    looking(look, ASKED_AGAIN_AFTER.total_seconds())


def _problem() -> Explanation | None:
    """Why the API refused when it was last asked."""
    _, job = st.session_state.get("registry_asked", (None, None))
    return None if job is None else job.problem


def _last_change(participant: Participant) -> tuple[object, ...]:
    """What differs once the definitions have changed: here, by others, or by programs."""
    changed = participant.jobs.find(publishing.JOB)
    return (
        participant.world,
        changed and (changed.since, changed.is_done),
        participant.definitions.changes_heard,
        participant.seen.published,
        participant.connection.api_client.sandbox_definitions,
    )


def _ask(participant: Participant, after: tuple[object, ...]) -> Job:
    """Ask the API. A reading that is under way may have begun before the change, so another one
    follows it."""
    running = participant.jobs.find(JOB)
    if running is not None and not running.is_done:
        st.session_state["registry_asked"] = (None, running)
        return running
    job = participant.jobs.start(JOB, partial(read_registry, participant.signals))
    st.session_state["registry_asked"] = (after, job)
    job.wait()
    if job.is_done:
        note_news_shown()
    return job


def _failed_a_while_ago(job: Job | None) -> bool:
    """Whether it is time to ask again, after an API did not answer."""
    if job is None or not job.is_done or job.problem is None:
        return False
    return datetime.now(UTC) - job.since > ASKED_AGAIN_AFTER


def _may_be_old(participant: Participant, job: Job | None) -> bool:
    """Whether an account's answer is old: it does not announce changes by programs."""
    if participant.connection.mode == "sandbox" or job is None or not job.is_done:
        return False
    return datetime.now(UTC) - job.since > OLD_AFTER


def may_touch(participant: Participant, found: Found) -> bool:
    """Whether this app may change a definition: in a sandbox any, in an account what it made."""
    return participant.connection.mode == "sandbox" or found.is_made_here


def show_registry(participant: Participant) -> None:
    """Everything that the API has, each with what can be done with it."""
    known = registry(participant)
    _, job = st.session_state.get("registry_asked", (None, None))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_asked(job), width="stretch")
        st.button("Refresh", key="ask_registry", icon=":material/refresh:", on_click=_ask_again)
    if job is not None and job.is_done and job.problem is not None:
        show_problem(job.problem)
    publishing.show_progress(PLACE)
    if known is None:
        _look_again(participant)
        return
    for label in known.unlisted:
        st.caption(f"{label}: this API does not list them.")
    _show_unreadable(known)
    if not known.found and not known.unreadable:
        st.caption("Nothing is defined yet. Publish the story, or start from a template.")
        return
    shown = _searched(known)
    is_closed = building_ban() is not None or publishing.is_changing(participant)
    for each in shown:
        _show_found(participant, known, each, is_closed=is_closed)


def _show_unreadable(known: Registry) -> None:
    if known.unreadable:
        names = ", ".join(f"{each.kind.label} {code(each.name)}" for each in known.unreadable)
        st.caption(
            f":material/error: The app cannot read {names}, and leaves this unchanged. Its owner"
            " may not be an email address: publish it with one, or correct it in Console."
        )


def _asked(job: Job | None) -> str:
    if job is None or not job.is_done:
        return "Asking the API…"
    return f"Read from the API at {job.since:%H:%M:%S} UTC."


def _ask_again() -> None:
    st.session_state.pop("registry_asked", None)


def _is_not_the_guests(found: Found) -> bool:
    """Whether this session is a guest who may build, and this is somebody else's."""
    return is_building_guest() and not is_own(found.name)


def _searched(known: Registry) -> list[Found]:
    found = sorted(known.found, key=lambda each: (each.state != "published", each.name))
    if len(found) < FIND_FROM:
        return found
    wanted = st.text_input(
        "Find a definition", key="find_definition", placeholder="a part of its name", width=320
    )
    return [each for each in found if (wanted or "").lower() in each.name.lower()]


def _show_found(participant: Participant, known: Registry, each: Found, *, is_closed: bool) -> None:
    name = f"{each.kind.path}_{each.name}"
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{code(each.name)}**", width="content")
            st.markdown(BADGES[each.state], width="content", help=STATES[each.state])
        st.caption(_about(known, each))
        if not may_touch(participant, each):
            st.caption(":material/lock: Read-only: somebody else made it.")
            return
        if _is_not_the_guests(each):
            st.caption(":material/lock: Not yours: open it to publish a copy of your own.")
        with st.container(horizontal=True):
            st.button(
                "Open",
                key=f"open_{name}",
                icon=":material/edit:",
                help="As the draft, in the form and as Python",
                on_click=_open,
                args=(each,),
            )
            if _is_not_the_guests(each):
                return
            if each.state == "published":
                _button(participant, "Unpublish", each, changes.unpublish, is_closed=is_closed)
            else:
                _button(participant, "Publish", each, changes.publish_again, is_closed=is_closed)
            st.button(
                "Delete",
                key=f"delete_{name}",
                icon=":material/delete:",
                disabled=is_closed,
                on_click=ask,
                args=(f"delete_{name}",),
            )
    if is_asking(f"delete_{name}"):
        delete = partial(_change, participant, each, "Deleting", changes.forget, "Deleted")
        ask_to_delete(known, each, delete)


def _about(known: Registry, each: Found) -> str:
    """A definition in a line: kind, versions, what it is for, and who uses it."""
    words = [each.kind.label]
    if each.kind.is_versioned:
        versions = ", ".join(
            f"{one.version}{'' if one.is_published else ' (not published)'}"
            for one in reversed(each.versions)
        )
        words.append(f"version {versions}")
    said = (each.newest.description or "").replace(MADE_BY_THIS_APP, "").strip()
    if said:
        words.append(plain(said))
    users = known.users(each)
    if users:
        words.append("used by " + ", ".join(plain(user.name) for user in users))
    return " · ".join(words)


def _open(found: Found) -> None:
    """Make the newest version the draft: whether it is published does not matter there."""
    use([found.newest.model_copy(update={"is_published": False})])
    show_studio_tab()


def _button(
    participant: Participant,
    label: str,
    each: Found,
    work: Callable[[Any, Found], None],
    *,
    is_closed: bool,
) -> None:
    icons = {"Publish": ":material/publish:", "Unpublish": ":material/unpublished:"}
    st.button(
        label,
        key=f"{label.lower()}_{each.kind.path}_{each.name}",
        icon=icons[label],
        disabled=is_closed,
        on_click=_change,
        args=(participant, each, f"{label}ing", work, f"{label}ed"),
    )


def _change(
    participant: Participant,
    each: Found,
    doing: str,
    work: Callable[[Any, Found], None],
    done: str,
) -> None:
    """Change a definition, unless this session may not: a disabled button is no safeguard."""
    if may_touch(participant, each) and not _is_not_the_guests(each):
        publishing.change(
            participant,
            PLACE,
            f"{doing} {each.name}",
            partial(work, participant.signals, each),
            lambda _: f"{done}: {each.name}.",
        )

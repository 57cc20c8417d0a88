"""Changing the definitions from a page: publish, unpublish, clean up, and the outcome.

Signals may take long to answer, so each runs in the background. A page waits a moment for it, and
otherwise says that it is under way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lib.connection.explanations import Explanation
from lib.snowplow.definitions import Plan
from lib.snowplow.publishing import Published
from lib.text import plain
from lib.ui import session
from lib.ui.building import building_ban
from lib.ui.elements import show_problem
from lib.ui.presentation import is_story_playing
from lib.world.jobs import Job
from lib.world.participant import Participant

JOB = "definitions"
STORY = "story"
DONE = ":material/check_circle:"


@dataclass(frozen=True)
class Asked:
    """What this session asked for: the job, its name, what to say once it is done, and the part of
    the page that it was asked on. `heard` is how often others had changed the definitions."""

    job: Job
    doing: str
    said: Callable[[Any], tuple[str, str]]
    place: str
    world: str
    heard: int

    def is_last_change(self, participant: Participant) -> bool:
        """Whether nobody has changed the definitions since, here or in another tab."""
        here = participant.world, participant.definitions.changes_heard
        return here == (self.world, self.heard) and participant.jobs.find(JOB) is self.job


def publish(participant: Participant, plan: Plan) -> None:
    """Publish a plan. For a button's callback."""
    before = participant.seen.published

    def said(after: Published) -> tuple[str, str]:
        icon = DONE if after.is_complete else ":material/warning:"
        return difference(before, after), icon

    _ask(participant, "Publishing", lambda: participant.definitions.publish_all(plan), said)


def publish_context(participant: Participant) -> None:
    """Publish the agentic context. For a button's callback."""

    def said(_: None) -> tuple[str, str]:
        return "Published. Events from now on are kept.", DONE

    _ask(participant, "Publishing", participant.definitions.publish_context, said)


def unpublish(participant: Participant) -> None:
    """Unpublish the definitions. For a button's callback."""

    def said(after: Published) -> tuple[str, str]:
        if after.is_any:
            words = "Unpublished what this app made. What others made stays published."
            return words, ":material/warning:"
        return "Unpublished. Nothing more is computed.", DONE

    _ask(participant, "Unpublishing", participant.definitions.unpublish, said)


def clean_up(participant: Participant) -> None:
    """Unpublish and delete what this app made. For a button's callback."""

    def said(left: list[str]) -> tuple[str, str]:
        if left:
            names = ", ".join(sorted(set(left)))
            words = f"Deleted what this app made. Kept, because others made or use it: {names}."
            return words, ":material/warning:"
        return "Deleted, with all computed values.", DONE

    _ask(participant, "Cleaning up", participant.definitions.clean_up, said)


def change(
    participant: Participant,
    place: str,
    doing: str,
    work: Callable[[], Any],
    said: Callable[[Any], str],
) -> None:
    """Change any definitions but the story's, then say so with `said`. For a button's callback."""

    def changed() -> Any:
        with participant.definitions.changing():
            return work()

    ban = building_ban()
    _ask(participant, doing, changed, lambda done: (said(done), DONE), place, ban)


def is_changing(participant: Participant) -> bool:
    """Whether a change of the definitions is under way."""
    job = participant.jobs.find(JOB)
    return job is not None and not job.is_done


def forget_problem() -> None:
    """Forget the last error: it is no longer true once something has changed."""
    asked: Asked | None = st.session_state.get("asked")
    if asked is not None and asked.job.is_done:
        del st.session_state["asked"]


def show_ban() -> Explanation | None:
    """Say why this session may not change the definitions, beside the buttons for it."""
    ban = session.publishing_ban()
    if ban is not None:
        st.info(plain(ban.advice), title=plain(ban.message), icon=":material/lock:")
    return ban


def show_offer(
    participant: Participant, title: str, text: str, *, is_context: bool = False
) -> None:
    """Why a page is empty while nothing is published, with the button that fills it: the story's
    definitions, or its agentic context alone."""
    st.info(text, title=title, icon=":material/rocket_launch:")
    ban = show_ban()
    st.button(
        "Publish the context" if is_context else "Publish the definitions",
        key="publish_context" if is_context else "publish",
        type="primary",
        icon=":material/publish:",
        on_click=publish_context if is_context else publish,
        args=(participant,) if is_context else (participant, participant.plan),
        disabled=ban is not None or is_changing(participant),
    )
    show_progress()
    if session.is_guest() and ban is not None:
        st.caption("The presenter publishes for the whole room.")


def counts_another(participant: Participant) -> str:
    """Says that the published definitions count other events than this board tracks; empty if they
    count these, or none."""
    event = participant.own_event.current
    counted = participant.seen.published.counted_instead(event)
    if not counted:
        return ""
    return (
        f"The published definitions count {counted}, but this board tracks"
        f" {event.vendor}/{event.name}, which is not counted. To count it, publish again."
    )


def show_progress(place: str = STORY) -> None:
    """Say that a change is under way, or why it failed, beside the button that asked for it."""
    asked: Asked | None = st.session_state.get("asked")
    if asked is None or asked.place != place:
        return
    if not asked.job.is_done:
        st.info(
            f"{asked.doing}: Signals was asked at {asked.job.since:%H:%M:%S} UTC and has not"
            " answered yet. You can carry on in the meantime.",
            icon=":material/hourglass_top:",
        )
    elif asked.job.problem is not None and asked.is_last_change(session.participant()):
        show_problem(asked.job.problem)


def tell_when_done() -> None:
    """Say once how a change ended, on whichever page is open."""
    asked: Asked | None = st.session_state.get("asked")
    if asked is not None and asked.job.is_done and asked.job.problem is None:
        del st.session_state["asked"]
        text, icon = asked.said(asked.job.result)
        if not is_story_playing():  # whose captions say it
            st.toast(text, icon=icon)


def _ask(
    participant: Participant,
    doing: str,
    work: Callable[[], Any],
    said: Callable[[Any], tuple[str, str]],
    place: str = STORY,
    ban: Explanation | None = None,
) -> None:
    """Start the change, unless this session may not make it: a disabled button is no safeguard.
    Without a `place` it is a change of the story."""
    if place == STORY:
        ban = session.publishing_ban()
    if ban is not None or is_changing(participant) or _is_untold(participant, doing, place):
        return
    job = participant.jobs.start(JOB, work)
    heard = participant.definitions.changes_heard
    st.session_state["asked"] = Asked(job, doing, said, place, participant.world, heard)
    job.wait()


def _is_untold(participant: Participant, doing: str, place: str) -> bool:
    """Whether just this was done and no page has said so yet: a second click repeats nothing."""
    asked: Asked | None = st.session_state.get("asked")
    if asked is None or not asked.job.is_done or asked.job.problem is not None:
        return False
    return (asked.doing, asked.place, asked.world) == (doing, place, participant.world)


def difference(before: Published, after: Published) -> str:
    """What publishing changed, in a sentence for a person."""
    if not after.is_complete:
        return "The nudge is not published: its intervention needs an attribute that is left out."
    if before == after:
        return "All of this was already published."
    old, new = before.group, after.group
    if old is not None and new is not None and old.version != new.version:
        return "Published. The new version of the group counts from zero."
    if old is not None and old.is_published:
        return "Published. The count continues."
    return "Published. Events count from now on."

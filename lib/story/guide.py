"""The guide: the story as steps, each with a check of what really happened.

The checks are in `guide_checks.py`. A step that was found done stays done, after a reload or a
restart, until it is reset.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lib.diagnosis import broken_events
from lib.diagnosis.checks import Verdict, finding
from lib.diagnosis.diagnoses import Diagnoses
from lib.diagnosis.followed_event import SENT_WITHIN_SECONDS
from lib.snowplow import attributes, contexts, definitions, interventions, preview, publishing
from lib.snowplow.tracking import ProjectTracking
from lib.story import guide_checks
from lib.story.acts import (
    accept_nudge,
    complete_next,
    personalize,
    read_context,
    send_mistake,
)
from lib.story.guide_checks import PREVIEW
from lib.story.personalization import layout
from lib.world.participant import Participant

MOST_TASKS = 50
TASKS_FOR_ANOTHER_RULE = 5  # a rule that completed tasks alone may never meet


@dataclass(frozen=True)
class Step:
    """One step. `what` to do and `why` are a sentence each, with the words of a demo profile to
    fill in; `code` is what the app runs for it, and `page` is where it is done.

    `check` says whether it happened, `do` does it for the person, and `undo` reverts it, or is None
    where there is nothing to revert. `publishes` says whether doing it publishes something, as far
    as is known.
    """

    key: str
    title: str
    what: str
    why: str
    page: str
    code: tuple[Callable[..., Any], ...]
    check: Callable[[Participant], Verdict]
    do: Callable[[Participant], object]
    undo: Callable[[Participant], object] | None = None
    publishes: Callable[[Participant], bool] = lambda _: False


def done_steps(participant: Participant) -> list[str]:
    """The keys of the steps that were found done, in the order of the story."""
    found = participant.guide_steps.done
    return [step.key for step in STEPS if step.key in found]


def next_step(participant: Participant) -> Step | None:
    """The first step that is not done; None at the end."""
    done = done_steps(participant)
    return next((step for step in STEPS if step.key not in done), None)


def note_progress(participant: Participant) -> None:
    """Note which steps were done, in any order, from what is already known."""
    done = done_steps(participant)
    for step in STEPS:
        if step.key not in done:
            checked(participant, step)


def checked(participant: Participant, step: Step) -> Verdict:
    """Check whether a step happened, and remember it if it did."""
    verdict = step.check(participant)
    if verdict.status == "ok":
        participant.guide_steps.note(step.key)
    return verdict


def explained_check(participant: Participant, step: Step, diagnoses: Diagnoses) -> Verdict:
    """Like `checked`, after reading everything again. A failure comes with a fitting hint."""
    participant.refresh()
    participant.events.refresh()
    verdict = checked(participant, step)
    if verdict.status == "ok":
        return verdict
    return _cause(participant, step, diagnoses) or verdict


def _cause(participant: Participant, step: Step, diagnoses: Diagnoses) -> Verdict | None:
    """The first finding among the checks that can explain the step; None without one."""
    if step.key not in HINTS:
        return None
    is_event = participant.last_event is not None
    diagnosis = diagnoses.event if is_event else diagnoses.connection
    verdicts = diagnosis.run().verdicts
    found = [
        verdicts[check.name]
        for check in diagnosis.checks
        if check.name in HINTS[step.key] and check.name in verdicts
    ]
    return next((each for each in found if each.status == "finding"), None)


def facts(participant: Participant, step: Step) -> tuple[object, ...]:
    """What a finding about a step depends on: once this changes, the finding may be out of date."""
    events = [(each.event_id, each.outcome) for each in participant.events.events]
    seen = participant.seen.count, participant.seen.problem, participant.is_live
    return step.check(participant), seen, events


def do_step(
    participant: Participant, step: Step, diagnoses: Diagnoses, *, may_publish: bool = True
) -> Verdict:
    """Do a step and check whether it happened. Raises what the SDKs raise."""
    if participant.is_paused:
        return finding("The presenter paused the room.", "Wait until the presenter resumes.")
    if not may_publish:
        participant.context.refresh()  # somebody may have unpublished it since it was read
        if step.publishes(participant):
            return explained_check(participant, step, diagnoses)
    step.do(participant)
    return explained_check(participant, step, diagnoses)


def reset_step(participant: Participant, step: Step) -> None:
    """Revert a step, and forget that it and the steps after it were done."""
    if step.undo is not None:
        step.undo(participant)
    keys = [each.key for each in STEPS]
    participant.guide_steps.forget(keys[keys.index(step.key) :])


def can_be_reset(participant: Participant, step: Step) -> bool:
    """Whether a step can be reverted: what Snowplow counted stays counted."""
    return step.undo is not _start_over or participant.connection.inspector is not None


# Doing it


def _complete_one(participant: Participant) -> None:
    complete_next(participant)
    participant.emitter.wait_until_sent(SENT_WITHIN_SECONDS)
    participant.refresh()


def _complete_until_changed(participant: Participant) -> None:
    for _ in range(2):
        if participant.seen.count < 2:
            _complete_one(participant)


def _complete_until_nudged(participant: Participant) -> None:
    is_count = participant.seen.published.threshold is not None
    for _ in range(MOST_TASKS if is_count else TASKS_FOR_ANOTHER_RULE):
        if participant.is_nudged:
            return
        _complete_one(participant)


def _preview_plan(participant: Participant) -> None:
    participant.jobs.start(
        PREVIEW, lambda: preview.preview(participant.signals, participant.plan, participant.user_id)
    ).future.result()


def _personalize(participant: Participant) -> None:
    if not participant.seen.count:
        _complete_one(participant)
    personalize(participant)


def _lacks_context(participant: Participant) -> bool:
    return not participant.context.seen.is_published


def _let_it_read(participant: Participant) -> None:
    read_context(participant)
    _complete_one(participant)
    participant.context.refresh()
    participant.context.give()


def _new_session(participant: Participant) -> None:
    participant.session.renew()
    participant.context.refresh()
    participant.context.give()


def _accept(participant: Participant) -> None:
    accept_nudge(participant)
    participant.emitter.wait_until_sent(SENT_WITHIN_SECONDS)


def _start_over(participant: Participant) -> None:
    """Make the sandbox forget this user, and start over."""
    if participant.connection.inspector is not None:
        participant.connection.inspector.reset_user(participant.user_id)
        participant.start_over()
        participant.events.reread()


_CONNECTING = ("names", "tls", "token")
_TRACKING = (*_CONNECTING, "subject", "user_id", "sent", "accepted", "schema")
_COUNTING = (*_TRACKING, "api", "definitions", "matched", "changed")
HINTS: dict[str, tuple[str, ...]] = {
    "track": _TRACKING,
    "publish": (*_CONNECTING, "api", "definitions"),
    "watch": _COUNTING,
    "nudge": (*_COUNTING, "criteria", "fired", "subscription", "received"),
    "personalize": _COUNTING,
    "ask": (*_TRACKING, "api"),
    "fix": _TRACKING,
}
"""The checks that explain why a step did not happen better than its own check can."""

STEPS = (
    Step(
        "publish",
        "Publish",
        "Press “Publish the definitions” on the board.",
        "Signals counts only events after publishing. The app is already listening.",
        "pages/board.py",
        (publishing.publish,),
        guide_checks.published,
        lambda participant: participant.definitions.publish(participant.plan),
        lambda participant: participant.definitions.unpublish(),
        lambda _: True,
    ),
    Step(
        "track",
        "Track",
        "Press {action} on the board. Events before publishing do not count.",
        "Personalization starts with an event that says what happened and who did it.",
        "pages/board.py",
        (ProjectTracking.task_completed,),
        guide_checks.tracked,
        _complete_one,
        _start_over,
    ),
    Step(
        "watch",
        "Watch",
        "Press {action} again, and see the value change on the attributes page.",
        "The application reads a user's values through a service, a moment after the event.",
        "pages/attributes.py",
        (attributes.service_attributes,),
        guide_checks.read,
        _complete_until_changed,
        _start_over,
    ),
    Step(
        "nudge",
        "Get nudged",
        "Press {action} on the board until the nudge appears.",
        "When the values cross the threshold, Signals pushes an intervention, once per user.",
        "pages/board.py",
        (interventions.subscription,),
        guide_checks.nudged,
        _complete_until_nudged,
        _start_over,
    ),
    Step(
        "act",
        "Act on it",
        "Press {button} in the nudge.",
        "The answer to a nudge is an event too. It shows whether the nudge worked.",
        "pages/board.py",
        (ProjectTracking.nudge_answered,),
        guide_checks.answered,
        _accept,
        _start_over,
    ),
    Step(
        "define",
        "Define",
        "Press Preview on the definitions page.",
        "An attribute group says what to compute from events. A preview tries it on past events.",
        "pages/definitions.py",
        (definitions.attribute_group, definitions.service, definitions.intervention),
        guide_checks.previewed,
        _preview_plan,
    ),
    Step(
        "personalize",
        "Read it",
        "Switch on Personalized on the board.",
        "A nudge is pushed. Here the page reads instead: it changes with the values.",
        "pages/board.py",
        (layout,),
        guide_checks.personalized,
        _personalize,
        lambda participant: participant.stage.personalize(False),
    ),
    Step(
        "ask",
        "Ask an assistant",
        "Press {action} on the board, then a question on the assistant page.",
        "An assistant that reads the agentic context knows what somebody did a moment ago.",
        "pages/assistant.py",
        (contexts.recent_activity, contexts.read_narrative),
        guide_checks.known,
        _let_it_read,
        _new_session,
        _lacks_context,
    ),
    Step(
        "break",
        "Break it on purpose",
        "Send a broken event at the end of the events page.",
        "An event that does not match its schema fails and does not count. The application sees no"
        " error.",
        "pages/events.py",
        (broken_events.send_broken,),
        guide_checks.broken,
        send_mistake,
        _start_over,
    ),
    Step(
        "fix",
        "Fix it",
        "Press {action} on the board.",
        "A valid event after the broken one is accepted and counted as if nothing had happened.",
        "pages/board.py",
        (ProjectTracking.task_completed,),
        guide_checks.mended,
        _complete_one,
        _start_over,
    ),
)

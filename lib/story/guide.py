"""The guide: the story as steps, each with a check of what truly happened.

A check looks at events, definitions, values and interventions, never at clicks. A step that was
found done stays done, over a reload and a restart, until it is reset.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lib.diagnosis import broken_events
from lib.diagnosis.checks import Verdict, finding, ok
from lib.diagnosis.diagnoses import Diagnoses
from lib.diagnosis.followed_event import SENT_WITHIN_SECONDS
from lib.snowplow import attributes, definitions, interventions, preview, publishing
from lib.snowplow.definitions import COUNT
from lib.snowplow.tracking import TASK_COMPLETED, ProjectTracking
from lib.story.acts import accept_nudge, complete_next, mistakes_sent, send_mistake
from lib.world.participant import Participant

PREVIEW = "preview"
MOST_TASKS = 50


@dataclass(frozen=True)
class Step:
    """One step. `what` to do and `why` are a sentence each, with the words of a demo profile to
    fill in; `code` is what the app runs for it, and
    `page` is where it is done.

    `check` says whether it happened, `do` does it for the person, and `undo` reverts it, or is None
    where there is nothing to revert.
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
    """As `checked`, after reading everything again. A failure comes with a hint that fits."""
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


def do_step(participant: Participant, step: Step, diagnoses: Diagnoses) -> Verdict:
    """Do a step and check whether it happened. Raises what the SDKs raise."""
    if participant.is_paused:
        return finding("The presenter paused the room.", "Wait until the presenter resumes.")
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


# Whether it happened


def _connected(participant: Participant) -> Verdict:
    if not participant.seen.is_known or participant.seen.problem is not None:
        return finding("Signals has not answered yet.", "Wait a moment, or check the connection.")
    if not participant.is_live:
        return finding("The stream of interventions is not open yet.", "Wait a moment.")
    return ok(
        f"Signals answers, and the app has listened since {_clock(participant.listener.state)}."
    )


def _tracked(participant: Participant) -> Verdict:
    if count := participant.seen.count:
        return ok(f"What you completed reached the collector, and {count:g} of it counted.")
    events = _events(participant, TASK_COMPLETED, ("accepted", "sent"))
    if not events:
        return finding(
            "Nothing that you completed has reached the collector yet.", _go_on(participant)
        )
    return ok(
        f"{len(events)} task_completed reached the collector, the last as {events[0].status}."
    )


def _previewed(participant: Participant) -> Verdict:
    job = participant.jobs.find(PREVIEW)
    if job is None or not job.is_done or job.problem is not None:
        return finding(
            "Signals was not asked for a preview yet.",
            'Press "Preview" on the definitions page.',
        )
    return ok(job.result.summary)


def _published(participant: Participant) -> Verdict:
    published = participant.seen.published
    if not published.is_complete:
        return finding("Not everything is published.", "Publish on the definitions page.")
    return ok(
        f"{participant.names.group} version {published.version}, its service and its intervention"
        " are published."
    )


def _read(participant: Participant) -> Verdict:
    if not participant.seen.count:
        return finding(
            f"{COUNT} has no value yet.",
            f"{_go_on(participant)} What came before publishing does not count.",
        )
    return ok(f"{COUNT} is {participant.seen.count:g}.")


def _nudged(participant: Participant) -> Verdict:
    if participant.is_nudged:
        return ok(f"{participant.names.intervention} arrived.")
    threshold = participant.seen.published.threshold
    at = f" It fires at {participant.profile.number_of(threshold)}." if threshold else ""
    return finding(f"{participant.names.intervention} has not arrived.{at}", _go_on(participant))


def _answered(participant: Participant) -> Verdict:
    accepted = [each for each in participant.inbox if each.answer == "accepted"]
    if not accepted:
        return finding(
            "No nudge was accepted yet.", f'Press "{participant.profile.button}" in the nudge.'
        )
    if not _events(participant, "nudge_interaction", ("accepted", "sent")):
        return finding("The answer has not reached the collector yet.", "Wait a moment.")
    return ok("You accepted the nudge, and the answer was tracked as nudge_interaction.")


def _broken(participant: Participant) -> Verdict:
    failed = mistakes_sent(participant)
    if not failed:
        return finding(
            "No event of yours has failed yet.", "Send a broken event on the events page."
        )
    return ok(f"It failed: {failed[0].summary}" if failed[0].summary else "It was sent.")


def _mended(participant: Participant) -> Verdict:
    failed = mistakes_sent(participant)
    right = _events(participant, TASK_COMPLETED, ("accepted", "sent"))
    right = [each for each in right if each.event_id not in {bad.event_id for bad in failed}]
    if not failed or not right or right[0].tstamp <= failed[0].tstamp:
        return finding("No valid event came after the broken one.", _go_on(participant))
    return ok("A valid event came after the broken one, and was accepted.")


def _events(participant: Participant, name: str, statuses: tuple[str, ...]) -> list[Any]:
    """The user's events of a name, newest first."""
    return [
        each for each in participant.events.events if each.name == name and each.status in statuses
    ]


def _go_on(participant: Participant) -> str:
    return f'Press "{participant.profile.action}" on the board.'


def _clock(state: Any) -> str:
    return f"{state.since:%H:%M:%S} UTC"


# Doing it


def _complete_one(participant: Participant) -> None:
    complete_next(participant)
    participant.emitter.wait_until_sent(SENT_WITHIN_SECONDS)
    participant.refresh()


def _complete_until_nudged(participant: Participant) -> None:
    for _ in range(MOST_TASKS):
        if participant.is_nudged:
            return
        _complete_one(participant)


def _preview_plan(participant: Participant) -> None:
    participant.jobs.start(
        PREVIEW, lambda: preview.preview(participant.signals, participant.plan, participant.user_id)
    ).future.result()


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
    "connect": (*_CONNECTING, "api", "subscription"),
    "track": _TRACKING,
    "publish": (*_CONNECTING, "api", "definitions"),
    "watch": _COUNTING,
    "nudge": (*_COUNTING, "criteria", "fired", "subscription", "received"),
    "fix": _TRACKING,
}
"""The checks that explain why a step did not happen better than its own check can."""

STEPS = (
    Step(
        "connect",
        "Connect",
        "Nothing to do. The app connects by itself.",
        "Interventions that fire while nobody listens are lost, so the app subscribes first.",
        "pages/connection.py",
        (interventions.subscription,),
        _connected,
        lambda participant: participant.refresh(),
    ),
    Step(
        "track",
        "Track",
        "Press {action} on the board. Before publishing, it is tracked but not counted.",
        "Personalization starts with an event that says what happened and who did it.",
        "pages/board.py",
        (ProjectTracking.task_completed,),
        _tracked,
        _complete_one,
        _start_over,
    ),
    Step(
        "define",
        "Define",
        "Press Preview on the definitions page.",
        "An attribute group says what to compute from events. A preview shows the result.",
        "pages/definitions.py",
        (definitions.attribute_group, definitions.service, definitions.intervention),
        _previewed,
        _preview_plan,
    ),
    Step(
        "publish",
        "Publish",
        "Press Publish on the definitions page.",
        "Signals computes from the moment of publishing. What came before does not count.",
        "pages/definitions.py",
        (publishing.publish,),
        _published,
        lambda participant: participant.publish(participant.plan),
        lambda participant: participant.unpublish(),
    ),
    Step(
        "watch",
        "Watch",
        "Press {action} again, and see the value on the attributes page.",
        "The application reads the values of a user through a service, a moment after the event.",
        "pages/attributes.py",
        (attributes.service_attributes,),
        _read,
        _complete_one,
        _start_over,
    ),
    Step(
        "nudge",
        "Get nudged",
        "Press {action} on the board until the nudge appears.",
        "When the values cross the threshold, Signals pushes an intervention, once to each user.",
        "pages/board.py",
        (interventions.subscription,),
        _nudged,
        _complete_until_nudged,
        _start_over,
    ),
    Step(
        "act",
        "Act on it",
        "Press {button} in the nudge.",
        "What a person does with a nudge is an event too. It tells whether the nudge worked.",
        "pages/board.py",
        (ProjectTracking.nudge_answered,),
        _answered,
        _accept,
        _start_over,
    ),
    Step(
        "break",
        "Break it on purpose",
        "Send a broken event at the end of the events page.",
        "An event that does not follow its schema fails and does not count, without an error in"
        " the application.",
        "pages/events.py",
        (broken_events.send_broken,),
        _broken,
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
        _mended,
        _complete_one,
        _start_over,
    ),
)

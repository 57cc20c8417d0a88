"""What the guide checks: whether each step really happened, with the evidence or what to do.

A check looks at events, definitions, values, interventions and what is shown, never at clicks.
"""

from typing import Any

from lib.diagnosis.checks import Verdict, finding, ok
from lib.snowplow.definitions import COUNT
from lib.story.acts import mistakes_sent
from lib.story.assistant import DID
from lib.story.personalization import FOR_EVERYBODY, layout
from lib.world.participant import Participant

PREVIEW = "preview"


def tracked(participant: Participant) -> Verdict:
    """A completed task reached the collector."""
    if count := participant.seen.count:
        return ok(f"Your events reached the collector, and {count:g} counted.")
    completed = participant.own_event.current.name
    events = _events(participant, completed, ("accepted", "sent"))
    if not events:
        return finding(f"No {completed} has reached the collector yet.", _go_on(participant))
    return ok(f"{len(events)} {completed} reached the collector; the last is {events[0].status}.")


def previewed(participant: Participant) -> Verdict:
    """Signals answered a preview."""
    job = participant.jobs.find(PREVIEW)
    if job is None or not job.is_done or job.problem is not None:
        return finding(
            "You have not run a preview yet.",
            'Press "Preview" on the definitions page.',
        )
    return ok(job.result.summary)


def published(participant: Participant) -> Verdict:
    """Everything is published."""
    found = participant.seen.published
    if found.follows_another:
        return ok(f"{participant.nudge_name} is published, and the guide follows it.")
    if not found.is_complete:
        return finding("Not everything is published.", "Publish the definitions on the board.")
    if instead := found.counted_instead(participant.own_event.current):
        return finding(
            f"The published definitions count {instead}, which this board does not track.",
            "Publish the definitions again on the board.",
        )
    return ok(
        f"{participant.names.group} version {found.version}, its service and its intervention"
        " are published."
    )


def read(participant: Participant) -> Verdict:
    """The count has changed."""
    if participant.seen.published.follows_another:
        return finding(
            f"This step needs the story's {COUNT}, which is not published here.",
            "See the published attributes on the attributes page, and continue.",
        )
    if participant.seen.count < 2:
        said = "has not changed yet" if participant.seen.count else "has no value yet"
        return finding(
            f"{COUNT} {said}.",
            f"{_go_on(participant)} Events before publishing do not count.",
        )
    return ok(f"{COUNT} is {participant.seen.count:g}.")


def nudged(participant: Participant) -> Verdict:
    """The published nudge arrived."""
    name, published = participant.nudge_name, participant.seen.published
    if participant.is_nudged:
        return ok(f"{name} arrived.")
    if published.threshold is not None:
        at = participant.profile.number_of(published.threshold)
        return finding(f"{name} has not arrived. It fires at {at}.", _go_on(participant))
    if published.rule:
        return finding(
            f"{name} has not arrived. It fires when {published.rule}.",
            "Make that true. The interventions page shows how far you are.",
        )
    return finding(f"{name} has not arrived.", _go_on(participant))


def answered(participant: Participant) -> Verdict:
    """A nudge was accepted, and that was tracked."""
    name = participant.nudge_name
    nudges = [each for each in participant.inbox if each.intervention.name == name]
    accepted = [each for each in nudges if each.answer == "accepted" and not each.is_test]
    if not accepted:
        return finding("You have not accepted a nudge yet.", _how_to_accept(participant))
    if not _events(participant, "nudge_interaction", ("accepted", "sent")):
        return finding("The answer has not reached the collector yet.", "Wait a moment.")
    return ok("You accepted the nudge, and the answer was tracked as nudge_interaction.")


def _how_to_accept(participant: Participant) -> str:
    name = participant.nudge_name
    if name == participant.names.intervention:
        return f'Press "{participant.profile.button}" in the nudge.'
    if button := participant.words_of(name).button:
        return f'Press "{button}" in the nudge.'
    return f"{name} has no button yet: give it one on the interventions page."


def personalized(participant: Participant) -> Verdict:
    """The board follows the values."""
    threshold = participant.plan.threshold
    board = layout(participant.seen.current, participant.project, participant.profile, threshold)
    reasons = [each.why for each in (board.welcome, board.step) if each.why != FOR_EVERYBODY]
    if not reasons:
        return finding("There is no value yet to personalize the board with.", _go_on(participant))
    if not participant.stage.is_personalized:
        return finding(
            "The board is the same for everybody.", "Switch on Personalized on the board."
        )
    return ok(f"The board is personalized, because {' and '.join(reasons)}.")


def known(participant: Participant) -> Verdict:
    """An assistant was given something that the user did in this session."""
    given, did = participant.context.given, {*DID, participant.own_event.current.name}
    if participant.context.seen.is_published is False:
        return finding(
            "No assistant can read what you did: the agentic context is not published.",
            "Publish it on the assistant page.",
        )
    gestures = [each for each in given.events if each.get("event_name") in did]
    if not gestures:
        return finding(
            "No assistant has read what you did in this session.",
            f"{_go_on(participant)} Then ask a question on the assistant page.",
        )
    return ok(f"An answer used {len(gestures)} of your events in this session.")


def broken(participant: Participant) -> Verdict:
    """An event failed."""
    failed = mistakes_sent(participant)
    if not failed:
        return finding(
            "None of your events has failed yet.", "Send a broken event on the events page."
        )
    return ok(f"It failed: {failed[0].summary}" if failed[0].summary else "It was sent.")


def mended(participant: Participant) -> Verdict:
    """A valid event came after the failed one."""
    failed = mistakes_sent(participant)
    right = _events(participant, participant.own_event.current.name, ("accepted", "sent"))
    right = [each for each in right if each.event_id not in {bad.event_id for bad in failed}]
    if not failed or not right or right[0].tstamp <= failed[0].tstamp:
        return finding("No valid event came after the broken one.", _go_on(participant))
    return ok("A valid event came after the broken one, and was accepted.")


def _events(participant: Participant, name: str, statuses: tuple[str, ...]) -> list[Any]:
    """The user's events with a name, newest first."""
    return [
        each for each in participant.events.events if each.name == name and each.status in statuses
    ]


def _go_on(participant: Participant) -> str:
    return f'Press "{participant.profile.action}" on the board.'

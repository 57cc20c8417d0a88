"""What the guide and the story that plays by itself do for the user."""

from contextlib import suppress

from lib.connection.explanations import SDK_ERRORS
from lib.diagnosis import broken_events
from lib.diagnosis.broken_events import send_broken
from lib.project import Task
from lib.world.events import UserEvent
from lib.world.participant import Participant

MISTAKE = "wrong_enum"


def complete_next(participant: Participant) -> Task | None:
    """Complete the next task, in a new sprint if all are done; None while the room is paused."""
    if participant.project.next_open is None:
        participant.own_project.new_sprint()
    task = participant.project.next_open
    return None if task is None else participant.complete_task(task.id)


def personalize(participant: Participant) -> None:
    """Switch the board to its personalized form."""
    participant.stage.personalize(True)


def read_context(participant: Participant, *, may_publish: bool = True) -> None:
    """Read the agentic context of this session. Publish it first if it is not published and this
    session may publish. If that fails, the assistant page says why."""
    participant.context.refresh()
    if may_publish and participant.context.seen.is_published is False:
        with suppress(*SDK_ERRORS):
            participant.definitions.publish_context()


def accept_nudge(participant: Participant) -> None:
    """Accept the nudge, if it is waiting for an answer."""
    for received in participant.inbox:
        if received.answer is None and received.intervention.name == participant.nudge_name:
            participant.answer(received, "accepted")


def send_mistake(participant: Participant) -> None:
    """Send a broken event; where failed events cannot be seen, one with an unknown schema."""
    inspector = participant.connection.inspector
    kind = MISTAKE if inspector is not None else "unknown_schema"
    send_broken(kind, participant.tracking, participant.emitter, inspector)


def mistakes_sent(participant: Participant) -> list[UserEvent]:
    """The failed events, newest first; where they cannot be seen, those with unknown schemas."""
    events = participant.events.events
    if participant.connection.inspector is not None:
        return [each for each in events if each.status == "failed"]
    return [each for each in events if (each.name, each.status) == (broken_events.UNKNOWN, "sent")]

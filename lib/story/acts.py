"""What the guide and the story that plays by itself do as a person would."""

from lib.project import Task
from lib.world.participant import Participant


def complete_next(participant: Participant) -> Task | None:
    """Complete the next task, of a new sprint once all are done; None while the room is paused."""
    if participant.project.next_open is None:
        with participant.own_project.changed() as project:
            project.new_sprint()
    task = participant.project.next_open
    return None if task is None else participant.complete_task(task.id)


def accept_nudge(participant: Participant) -> None:
    """Accept the nudge, if it waits for an answer."""
    for received in participant.inbox:
        if received.answer is None and received.intervention.name == participant.names.intervention:
            participant.answer(received, "accepted")

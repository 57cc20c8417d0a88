"""The diagnoses of one world: of its connection, and of its last event.

`checks.py` says what a check is and how it runs; `connection_checks.py` and `event_checks.py` have
the checks.
"""

from dataclasses import dataclass

from lib.diagnosis.checks import Diagnosis
from lib.diagnosis.connection_checks import ConnectionChecks
from lib.diagnosis.event_checks import event_checks
from lib.diagnosis.situation import Situation
from lib.world.participant import Participant


@dataclass(frozen=True)
class Diagnoses:
    """Why nothing happened: `connection` checks what the SDKs talk to, `event` the last event and
    everything that should follow from it."""

    connection: Diagnosis
    event: Diagnosis


def diagnoses(participant: Participant) -> Diagnoses:
    """The diagnoses of an open world. Nothing is checked before they run."""
    checks = ConnectionChecks(
        participant.connection, participant.names, lambda: participant.listener.state
    )
    ask_again = participant.polling.ask_again
    *until_fired, received = event_checks(lambda: _situation(participant), ask_again)
    return Diagnoses(
        Diagnosis(
            "connection",
            [*checks.before_events, checks.subscription],
            participant.tell,
            lambda: _published(participant),
        ),
        Diagnosis(
            "event",
            [*checks.before_events, *until_fired, checks.subscription, received],
            participant.tell,
            lambda: _basis(participant),
        ),
    )


def _basis(participant: Participant) -> tuple[object, ...]:
    """What the checks of the last event depend on: when it changes, they are outdated."""
    event = participant.last_event
    return event.event_id if event else "", _published(participant), participant.ahead


def _published(participant: Participant) -> tuple[object, ...]:
    """Which definitions there are, and whether they are published."""
    published = participant.seen.published
    return tuple(
        (each.version, each.is_published)
        for each in (published.group, published.followed)
        if each is not None
    )


def _situation(participant: Participant) -> Situation:
    return Situation(
        connection=participant.connection,
        user_id=participant.user_id,
        subject_user_id=participant.tracking.subject_user_id,
        event=participant.last_event,
        delivery=participant.emitter.delivery,
        seen=participant.seen,
        history=participant.history,
        received=participant.inbox,
        missed=participant.missed,
    )

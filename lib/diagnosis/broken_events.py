"""Events with typical mistakes, tracked with the real tracker, and where each of them stops.

The first three fail validation. The other two are accepted but count for nobody: Signals silently
ignores events whose user id is missing or not a UUID.

Source: https://docs.snowplow.io/docs/fundamentals/failed-events/
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from snowplow_tracker import SelfDescribing, SelfDescribingJson, Subject

from lib.connection.sandbox_inspector import SandboxInspector
from lib.diagnosis.followed_event import Fate, follow
from lib.snowplow.tracking import EventName, ProjectTracking
from lib.world.emitter import BackgroundEmitter

UNKNOWN = "task_finished"
RIGHT = {"task_id": "broken-1", "priority": "low"}


@dataclass(frozen=True)
class Mistake:
    """A typical mistake: what is wrong, and the event with it, made from the correct event."""

    title: str
    meaning: str
    event: Callable[[EventName], SelfDescribing]

    def said_of(self, completed: EventName) -> str:
        """What is wrong, with the name of the event."""
        return self.meaning.replace("{event}", completed.name)


def _event(
    data: dict[str, Any], user_id: str | None = None, name: str = ""
) -> Callable[[EventName], SelfDescribing]:
    """`user_id` replaces the participant's. The tracker leaves out an empty one. `name` replaces
    the event's."""

    def event(completed: EventName) -> SelfDescribing:
        named = EventName(completed.vendor, name or completed.name)
        described = SelfDescribingJson(named.schema, data)
        subject = None if user_id is None else Subject().set_platform("web").set_user_id(user_id)
        return SelfDescribing(described, event_subject=subject)

    return event


MISTAKES = {
    "wrong_enum": Mistake(
        "Wrong enum value",
        "priority is urgent; the schema allows low, medium and high.",
        _event(RIGHT | {"priority": "urgent"}),
    ),
    "missing_field": Mistake(
        "Missing field",
        "{event} without its priority, which the schema requires.",
        _event({"task_id": "broken-1"}),
    ),
    "unknown_schema": Mistake(
        "Unknown schema",
        f"{UNKNOWN}, which no Iglu registry has.",
        _event(RIGHT, name=UNKNOWN),
    ),
    "no_user_id": Mistake(
        "No user id",
        "A valid {event} that does not say who did it.",
        _event(RIGHT, ""),
    ),
    "user_id_no_uuid": Mistake(
        "User id that is not a UUID",
        "A valid {event} from the user ada.",
        _event(RIGHT, "ada"),
    ),
}


def send_broken(
    kind: str,
    tracking: ProjectTracking,
    emitter: BackgroundEmitter,
    inspector: SandboxInspector | None,
) -> Fate:
    """Track an event with a mistake and see where it stops. Raises `httpx.HTTPError`."""
    return follow(MISTAKES[kind].event(tracking.completed), tracking, emitter, inspector)

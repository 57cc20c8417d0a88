"""Events with typical mistakes, tracked with the real tracker, and where each of them stops.

The first three fail against their schema. The other two are accepted but count for nobody: Signals
silently ignores events whose user id is missing or not a UUID.

Source: https://docs.snowplow.io/docs/fundamentals/failed-events/
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from snowplow_tracker import SelfDescribing, SelfDescribingJson, Subject

from lib.connection.sandbox_inspector import SandboxInspector
from lib.diagnosis.followed_event import Fate, follow
from lib.snowplow.tracking import EVENT_VERSION, TASK_COMPLETED, ProjectTracking
from lib.world.emitter import BackgroundEmitter

UNKNOWN = "task_finished"
RIGHT = {"task_id": "broken-1", "priority": "low"}


@dataclass(frozen=True)
class Mistake:
    """A typical mistake: what is wrong, and the event of a vendor that has it."""

    title: str
    meaning: str
    event: Callable[[str], SelfDescribing]


def _event(
    name: str, data: dict[str, Any], user_id: str | None = None
) -> Callable[[str], SelfDescribing]:
    """`user_id` replaces the participant's. The tracker leaves out an empty one."""

    def event(vendor: str) -> SelfDescribing:
        described = SelfDescribingJson(f"iglu:{vendor}/{name}/jsonschema/{EVENT_VERSION}", data)
        subject = None if user_id is None else Subject().set_platform("web").set_user_id(user_id)
        return SelfDescribing(described, event_subject=subject)

    return event


MISTAKES = {
    "wrong_enum": Mistake(
        "Wrong enum value",
        "priority is urgent; the schema knows low, medium and high.",
        _event(TASK_COMPLETED, RIGHT | {"priority": "urgent"}),
    ),
    "missing_field": Mistake(
        "Missing field",
        "task_completed without its priority, which the schema requires.",
        _event(TASK_COMPLETED, {"task_id": "broken-1"}),
    ),
    "unknown_schema": Mistake(
        "Unknown schema",
        f"{UNKNOWN}, which no Iglu registry has.",
        _event(UNKNOWN, RIGHT),
    ),
    "no_user_id": Mistake(
        "No user id",
        "A valid task_completed that does not say who did it.",
        _event(TASK_COMPLETED, RIGHT, ""),
    ),
    "user_id_no_uuid": Mistake(
        "User id that is not a UUID",
        "A valid task_completed of the user ada.",
        _event(TASK_COMPLETED, RIGHT, "ada"),
    ),
}


def send_broken(
    kind: str,
    tracking: ProjectTracking,
    emitter: BackgroundEmitter,
    inspector: SandboxInspector | None,
) -> Fate:
    """Track an event with a mistake and see where it stops. Raises `httpx.HTTPError`."""
    return follow(MISTAKES[kind].event(tracking.vendor), tracking, emitter, inspector)

"""What the app knows around an event, put together by hand. Its trace is one that a test tells."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from snowplow_signals import InterventionCriterion, InterventionInstance

from lib.connection.backend import Connection
from lib.diagnosis.situation import Situation
from lib.snowplow.definitions import COUNT, Published
from lib.world.emitter import Delivery
from lib.world.history import Reading
from lib.world.inbox import Missed, Received
from lib.world.polling import Seen
from lib.world.tracked_event import TrackedEvent

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
USER = "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01"
NUDGE = SimpleNamespace(
    name="nudge",
    version=2,
    is_published=True,
    criteria=InterventionCriterion(attribute=f"group:{COUNT}", operator=">=", value=5),
)
GROUP = SimpleNamespace(name="group", version=1, is_published=True, attributes=[])
EVENT = TrackedEvent("e", "task_completed", None, USER, NOON, "sent", 200, sent_at=NOON)


@dataclass
class Trace:
    """In place of a sandbox's inspector: the trace of every event."""

    told: list[dict[str, Any]]
    asked: int = 0

    def stages(self, event_id: str) -> list[dict[str, Any]]:
        self.asked += 1
        return self.told


def situation(trace: Trace | None = None, **changes: Any) -> Situation:
    """All published and an event sent; in a sandbox if there is a trace, else on Snowplow."""
    connection = cast(Connection, SimpleNamespace(inspector=trace))
    known = Situation(
        connection,
        USER,
        USER,
        EVENT,
        Delivery(),
        Seen(Published(group=GROUP, intervention=NUDGE), is_known=True),
        history=[],
        received=[],
        missed=[],
    )
    return replace(known, **changes)


def readings(*counts: float | None, since: datetime = NOON) -> list[Reading]:
    """One a second of each count, the first a second before."""
    return [
        Reading(since + timedelta(seconds=number - 1), {COUNT: count})
        for number, count in enumerate(counts)
    ]


def received(version: int = 2, tstamp: datetime = NOON) -> Received:
    return Received(tstamp, InterventionInstance(name="nudge", version=version), None)


def missed(version: int = 2, tstamp: datetime = NOON) -> Missed:
    return Missed("nudge", version, tstamp)


def stage(name: str, /, **fields: Any) -> dict[str, Any]:
    return {"stage": name, **fields}


def seen_values(situation: Situation, history: Sequence[Reading]) -> Situation:
    """The same after these readings."""
    seen = replace(situation.seen, values=history[-1] if history else None)
    return replace(situation, seen=seen, history=[*history])

"""Track one event and follow it: where it stopped, or that nothing stopped it."""

from dataclasses import dataclass
from typing import Literal

from snowplow_tracker.events import Event

from lib.connection.sandbox_inspector import SandboxInspector
from lib.diagnosis.journey import Stop, stops
from lib.snowplow.tracking import ProjectTracking
from lib.world.emitter import BackgroundEmitter

SENT_WITHIN_SECONDS = 5.0


@dataclass(frozen=True)
class Fate:
    """What happened to an event: it `stopped`, `passed`, `waits` to be sent or was `refused`;
    `unknown` where nobody can see what happens behind the collector."""

    event_id: str
    state: Literal["stopped", "passed", "waits", "refused", "unknown"]
    stops: tuple[Stop, ...] = ()


def follow(
    event: Event,
    tracking: ProjectTracking,
    emitter: BackgroundEmitter,
    inspector: SandboxInspector | None,
) -> Fate:
    """Track an event and see where it stops. Raises `httpx.HTTPError`."""
    event_id = tracking.track(event)
    emitter.wait_until_sent(SENT_WITHIN_SECONDS)
    events = emitter.delivery.events
    state = next((each.state for each in events if each.event_id == event_id), "waiting")
    if state == "refused":
        return Fate(event_id, "refused")
    if state != "sent":
        return Fate(event_id, "waits")
    stages = inspector.stages(event_id) if inspector is not None else None
    if not stages:
        return Fate(event_id, "unknown")
    found = tuple(stops(stages))
    return Fate(event_id, "stopped" if found else "passed", found)

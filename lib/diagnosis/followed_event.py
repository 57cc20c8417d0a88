"""Track one event and follow it: where it stopped, or that nothing stopped it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from snowplow_tracker.events import Event

from lib.connection.sandbox_inspector import SandboxInspector
from lib.diagnosis.journey import Stop, stops
from lib.snowplow.tracking import ProjectTracking
from lib.world.emitter import BackgroundEmitter
from lib.world.tracked_event import TrackedEvent

SENT_WITHIN_SECONDS = 5.0


@dataclass(frozen=True)
class Fate:
    """What happened to an event: it `stopped`, `passed`, `waits` to be sent, was `sent` after
    a wait or was `refused`; `unknown` where nobody can see what happens behind the collector."""

    event_id: str
    state: Literal["stopped", "passed", "waits", "sent", "refused", "unknown"]
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


def fate_now(fate: Fate, events: Iterable[TrackedEvent]) -> Fate:
    """The fate now: an event that waited may have been sent or refused since. `events` are the
    tracked events; an event that is no longer kept was sent.

    >>> fate_now(Fate("e1", "waits"), [])
    Fate(event_id='e1', state='sent', stops=())
    >>> fate_now(Fate("e1", "passed"), [])
    Fate(event_id='e1', state='passed', stops=())
    """
    if fate.state != "waits":
        return fate
    event = next((each for each in events if each.event_id == fate.event_id), None)
    if event is not None and not event.is_final:
        return fate
    is_refused = event is not None and event.state == "refused"
    return Fate(fate.event_id, "refused" if is_refused else "sent")

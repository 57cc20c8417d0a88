"""How many events are at each stage of the pipeline, from the tracker to the app."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lib.snowplow.publishing import Published
from lib.world.emitter import Delivery
from lib.world.event_feed import EVENTS_AT_MOST
from lib.world.events import UserEvent
from lib.world.history import Reading
from lib.world.inbox import Missed, Received


@dataclass(frozen=True)
class Station:
    """A stage of the pipeline; `count` is None if the app cannot know it."""

    name: str
    count: int | str | None
    meaning: str


def stations(
    delivery: Delivery,
    events: Sequence[UserEvent],
    history: Sequence[Reading],
    published: Published | None,
    inbox: Sequence[Received],
    missed: Sequence[Missed],
    *,
    is_sandbox: bool,
) -> list[Station]:
    """One user's pipeline, in the order in which data flows."""
    outcomes = Counter(each.status for each in events)
    accepted, failed = outcomes["accepted"], outcomes["failed"]
    refused = len(delivery.refused)
    changes = sum(
        one.values != other.values for one, other in zip(history, history[1:], strict=False)
    )
    is_full = accepted + failed >= EVENTS_AT_MOST
    among = f"of your newest {EVENTS_AT_MOST}" if is_full else "valid in every field"
    unseen = "not visible from here: see Console"
    return [
        Station("Tracked", delivery.sent + delivery.waiting + refused, "since the app opened"),
        Station("Waiting", delivery.waiting, "to be sent, or sent again"),
        Station("Sent", delivery.sent, "and accepted by the collector"),
        *(
            (Station("Accepted", accepted, among), Station("Failed", failed, "see why below"))
            if is_sandbox
            else (Station("Accepted", None, unseen), Station("Failed", None, unseen))
        ),
        Station("Values changed", changes, _definitions(published)),
        Station("Interventions fired", len(inbox) + len(missed), "or pushed, even if missed"),
        Station("Received", len(inbox), "by the app"),
    ]


def _definitions(published: Published | None) -> str:
    if published is None:
        return "definitions not read yet"
    parts = (published.group, published.service, published.intervention)
    count = sum(each is not None and bool(each.is_published) for each in parts)
    return f"{count} of the story's 3 definitions published"

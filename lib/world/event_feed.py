"""Every event of one user, read in the background.

In the sandbox, everything that reached the collector is known: accepted, or failed and why. On
Snowplow the app cannot see that, so the list has what the app tracked and whether it was sent.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from functools import partial
from time import monotonic
from typing import Any

import httpx
import orjson

from lib.connection.explanations import Explanation
from lib.connection.sandbox_inspector import SandboxInspector
from lib.world.background import in_background
from lib.world.emitter import Delivery
from lib.world.events import UserEvent, collected_event, tracked_user_event

EVENTS_AT_MOST = 200
TRACES_KEPT = 50
EVENTS_BYTES = 64_000_000  # as JSON, of all open worlds together
UNSEEN_SECONDS = 30.0  # unused for this long, it is forgotten: two megabytes a user
PAGE_WAITS_SECONDS = 0.3
NO_ANSWER = Explanation(
    "The sandbox does not answer.",
    "The list is from before that. It updates by itself; reload the page if this lasts.",
)


class EventFeed:
    """The events of one user, or of a whole sandbox, as last read in the background.

    `delivery` says what the app tracked, and `on_news` is called when something changed. While the
    sandbox does not answer there is a `problem`, and the events stay as they were.
    """

    def __init__(
        self,
        inspector: SandboxInspector | None,
        user_id: str | None,
        delivery: Callable[[], Delivery],
        on_news: Callable[[], None],
    ) -> None:
        self.problem: Explanation | None = None
        self.size = 0  # bytes of the events, as JSON
        self.seen_at = monotonic()
        self._inspector = inspector
        self._user_id = user_id
        self._delivery = delivery
        self._on_news = on_news
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[None]] = {}
        self._collected: list[UserEvent] = []
        self._counts: Any = None
        self._traces: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()

    @property
    def events(self) -> list[UserEvent]:
        """The newest events, newest first; those not sent yet come before all others."""
        collected = self._collected
        known = {each.event_id for each in collected}
        tracked = [
            tracked_user_event(each)
            for each in reversed(self._delivery().events)
            if each.event_id not in known and (self._inspector is None or each.state != "sent")
        ]
        return [*tracked, *collected]

    def look(self) -> bool:
        """Read again, and wait no longer than a page may. Returns whether there is news."""
        before, reading = self._shown, self.refresh_soon()
        is_over = bool(wait_for([reading], timeout=PAGE_WAITS_SECONDS).done)
        return is_over and before != self._shown

    def refresh_soon(self) -> "Future[None]":
        """Read again in the background, one reading at a time."""
        return self._once("events", self.refresh)

    def refresh(self) -> None:
        """Read again, if the events of the sandbox have changed."""
        self.seen_at = monotonic()
        if self._inspector is None:
            return
        before = self._shown
        try:
            counts = self._inspector.stats().get("events")
            if counts != self._counts or counts is None:
                self._collected = self._read(self._inspector)
                self._counts = counts
            self.problem = None
        except httpx.HTTPError:
            self.problem = NO_ANSWER
        if before != self._shown:
            self._on_news()

    @property
    def _shown(self) -> tuple[list[UserEvent], Explanation | None]:
        return self._collected, self.problem

    def let_go(self) -> None:
        """Forget what was read if no page has looked for a while."""
        is_unseen = monotonic() - self.seen_at > UNSEEN_SECONDS
        if is_unseen and self._collected and self.problem is None:
            self.drop()

    def drop(self) -> None:
        """Forget what was read. The next look reads it again."""
        self._collected, self._counts, self.size = [], None, 0
        self._traces.clear()

    def forget(self) -> None:
        """Make the sandbox forget its events. Raises `httpx.HTTPError`."""
        if self._inspector is not None:
            self._inspector.forget_events()
            self.reread()

    def reread(self) -> None:
        """Read again, even if the number of events is the same."""
        self._counts = None
        self.refresh()

    def trace(self, event_id: str) -> list[dict[str, Any]]:
        """The stages of an event; empty if there are none or they did not arrive in time.

        What arrives in time is not news: the caller shows it.
        """
        known = self._traces.get(event_id, [])
        is_final = known and all(stage.get("fate") != "held" for stage in known)
        if self._inspector is not None and event_id and not is_final:
            reading = self._once(event_id, partial(self._read_trace, self._inspector, event_id))
            if wait_for([reading], timeout=PAGE_WAITS_SECONDS).not_done:
                reading.add_done_callback(lambda _: self._tell_if_new(event_id, known))
        return self._traces.get(event_id, [])

    def _read(self, inspector: SandboxInspector) -> list[UserEvent]:
        """The user's events, and those that the app tracked for them without their user id."""
        found = inspector.events(self._user_id, EVENTS_AT_MOST)
        known = {each["event_id"] for each in found}
        strangers = {
            each.event_id for each in self._delivery().events if each.user_id != self._user_id
        } - known
        if strangers:
            everything = inspector.events(limit=EVENTS_AT_MOST)
            found += [each for each in everything if each["event_id"] in strangers]
        found.sort(key=lambda each: each["collector_tstamp"], reverse=True)
        self.size = len(orjson.dumps(found))
        return [collected_event(each) for each in found]

    def _read_trace(self, inspector: SandboxInspector, event_id: str) -> None:
        try:
            stages = inspector.stages(event_id) or []
        except httpx.HTTPError:
            return
        self._traces[event_id] = stages
        while len(self._traces) > TRACES_KEPT:
            self._traces.popitem(last=False)

    def _tell_if_new(self, event_id: str, shown: list[dict[str, Any]]) -> None:
        if self._traces.get(event_id, []) != shown:
            self._on_news()

    def _once(self, name: str, work: Callable[[], None]) -> "Future[None]":
        with self._lock:
            self._under_way = {
                each: future for each, future in self._under_way.items() if not future.done()
            }
            if name not in self._under_way:
                self._under_way[name] = in_background("events", work)
            return self._under_way[name]


def make_room(feeds: Iterable[EventFeed], most_bytes: int = EVENTS_BYTES) -> None:
    """Drop the least recently seen events, as long as all of them together are too large."""
    by_age = sorted(feeds, key=lambda each: each.seen_at)
    size = sum(each.size for each in by_age)
    for feed in by_age:
        if size <= most_bytes:
            return
        size -= feed.size
        feed.drop()

"""How tracked events take effect: the values are read again, and the click's own run shows them.

However slow the collector or Signals is, nobody waits longer than `SETTLE_SECONDS`. The next tick
finds what comes later.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait as wait_for
from contextlib import contextmanager

from lib.world.background import in_background
from lib.world.emitter import BackgroundEmitter, Delivery
from lib.world.inbox import Inbox
from lib.world.news import News
from lib.world.polling import Polling

SETTLE_SECONDS = 0.2


class Settling:
    """Waits for the events of one world, and follows their delivery."""

    def __init__(self, polling: Polling, inbox: Inbox, news: News) -> None:
        self._polling = polling
        self._inbox = inbox
        self._news = news
        self._lock = threading.Lock()
        self._waiting = 0
        self._known: tuple[object, ...] = Delivery().shown

    @contextmanager
    def after(self, emitter: BackgroundEmitter) -> Iterator[None]:
        """Track in the block; leaving it waits until what was tracked has taken effect."""
        arrivals = self._inbox.arrivals
        with self._lock:
            self._waiting += 1
        try:
            yield
            self._settle(emitter, lambda: self._inbox.arrivals > arrivals)
        finally:
            with self._lock:
                self._waiting -= 1

    def note(self, delivery: Delivery) -> None:
        """The delivery of an event changed: read the values, unless somebody who waits will, and
        tell. Ignores accepted views."""
        if delivery.shown == self._known:
            return
        self._known = delivery.shown
        self._polling.stir()
        if not self._waiting:
            in_background("reader", self._polling.refresh)
        self._news.tell_of_user()

    def _settle(self, emitter: BackgroundEmitter, has_arrived: Callable[[], bool]) -> None:
        """Wait until what was tracked is sent and the values are read again; if they crossed the
        intervention's threshold, until it arrives too."""
        deadline = time.monotonic() + SETTLE_SECONDS
        before = self._polling.seen.count
        if not emitter.wait_until_sent(SETTLE_SECONDS):
            return
        # One that is under way may have begun before the event was counted.
        reading = in_background("reader", self._polling.refresh)
        wait_for([reading], timeout=max(0.0, deadline - time.monotonic()))
        seen = self._polling.seen
        threshold = seen.published.threshold
        if threshold is not None and before < threshold <= seen.count:
            self._news.wait_for(has_arrived, deadline - time.monotonic())

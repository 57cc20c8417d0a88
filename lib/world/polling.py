"""What the app has read from Signals: its definitions, and one user's values.

Read in the background, for all tabs of a user together: often for a while after something happened,
rarely otherwise, and less and less often while Signals does not answer. The last answer is kept,
with its time.
"""

import itertools
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.connection.explanations import SDK_ERRORS, Explanation, explained
from lib.snowplow import attributes, publishing
from lib.snowplow.definitions import Names
from lib.snowplow.publishing import Published
from lib.world.background import in_background
from lib.world.history import Reading

FAST_SECONDS = 2.0
FAST_FOR_SECONDS = 30.0
SLOW_SECONDS = 10.0
SLOW_FOR_SECONDS = 60.0
IDLE_SECONDS = 30.0
DEFINITIONS_SECONDS = 10.0
UNCHANGED_SECONDS = 20.0  # more, while each answer says that they are the same
LONGEST_PAUSE_SECONDS = 15.0
FIRST_LOOK_SECONDS = 0.8
SLOW_AFTER_SECONDS = 2.0


@dataclass(frozen=True)
class Seen:
    """What Signals said last.

    `published` is empty until `is_known`. `values` is the latest reading, None before the first.
    `problem` says why reading has failed since `since`, and `next_try` when the next try is; what
    was read before stays. `unpublished_at` is when Signals was last asked and said that the group
    is not published, `published_at` when it first said that this version of the group is. All times
    are this machine's; `ahead` is how far ahead of it the sandbox's clock is.
    """

    published: Published = Published()
    is_known: bool = False
    values: Reading | None = None
    problem: Explanation | None = None
    since: datetime | None = None
    next_try: datetime | None = None
    unpublished_at: datetime | None = None
    published_at: datetime | None = None
    ahead: timedelta = timedelta(0)

    @property
    def current(self) -> dict[str, Any]:
        """The values of the latest reading; empty before the first."""
        return self.values.values if self.values else {}

    @property
    def count(self) -> float:
        """How many completed tasks Signals has counted for this user; 0 without a value."""
        return attributes.completed_tasks(self.current) or 0

    def with_published(self, published: Published, asked: datetime, told: datetime) -> "Seen":
        """The same with what was published at some time between `asked` and `told`."""
        seen = replace(self, published=published, is_known=True)
        if published.group is None or not published.group.is_published:
            return replace(seen, unpublished_at=asked, published_at=None)
        is_same = self.published.version == published.version
        since = self.published_at if is_same and self.published_at else told
        return replace(seen, published_at=since)


class Polling:
    """Reads for one user.

    `on_reading` gets the readings before and after. `on_set_back` is called when the sandbox's
    clock was set back, which deletes everything, and `on_news` when there is something new; all
    from the thread that read. `read_ahead` tells how far ahead that clock is, given whether
    something was just asked; `ahead` is what was known before. `mark` changes with the definitions
    as the last answer saw them; it is empty on Snowplow, which does not say.
    """

    def __init__(
        self,
        signals: BaseSignalsWithApiClient,
        user_id: str,
        names: Names,
        last: Reading | None,
        on_reading: Callable[[Reading | None, Reading], None],
        on_news: Callable[[], None],
        read_ahead: Callable[[bool], timedelta],
        ahead: timedelta,
        on_set_back: Callable[[], None],
        mark: Callable[[], str],
    ) -> None:
        self.seen = Seen(ahead=ahead)
        self._signals = signals
        self._user_id = user_id
        self._names = names
        self._last = last
        self._on_reading = on_reading
        self._on_news = on_news
        self._read_ahead = read_ahead
        self._on_set_back = on_set_back
        self._mark = mark
        self._known_mark = ""
        self._lock = threading.Lock()
        self._reading: Future[None] | None = None
        self._began_at = 0.0
        self._due_at = 0.0
        self._definitions_due_at = -math.inf
        self._stirred_at = time.monotonic()
        self._pause = 0.0
        self._numbers = itertools.count(1)
        self._seen_number = 0

    @property
    def beat(self) -> float:
        """The seconds between two readings now."""
        quiet = time.monotonic() - self._stirred_at
        if quiet < FAST_FOR_SECONDS:
            return FAST_SECONDS
        return SLOW_SECONDS if quiet < SLOW_FOR_SECONDS else IDLE_SECONDS

    @property
    def waits_for(self) -> float:
        """How many seconds an answer is overdue; 0 if none is."""
        is_waiting = self._reading is not None and not self._reading.done()
        seconds = time.monotonic() - self._began_at
        return seconds if is_waiting and seconds >= SLOW_AFTER_SECONDS else 0.0

    def stir(self) -> None:
        """Read often for a while: something happened that may change values."""
        self._stirred_at = time.monotonic()
        self._due_at = min(self._due_at, self._stirred_at + FAST_SECONDS)

    def forget_definitions(self) -> None:
        """Ask for the definitions again with the next reading, because they just changed."""
        self._definitions_due_at = -math.inf

    def forget_values(self) -> None:
        """The values are gone from Signals: what is known, or is just being read, is no longer
        true."""
        with self._lock:
            self._seen_number = next(self._numbers)
            self._last = None
            self.seen = replace(self.seen, values=None)

    def refresh(self, *, values: bool = True) -> None:
        """Ask Signals now. Never raises for its errors: see `seen`."""
        number, asked = next(self._numbers), datetime.now(UTC)
        if values:
            self._due_at = time.monotonic() + self.beat
        try:
            published, answer, ahead = self._answers(values)
        except SDK_ERRORS as error:
            self._definitions_due_at = -math.inf
            self._see_problem(number, explained(error))
        else:
            self._see(number, published, answer, asked, ahead)

    def ask_again(self) -> None:
        """Ask Signals for the definitions and the values now."""
        self.forget_definitions()
        self.refresh()

    def refresh_soon(self, *, values: bool = True) -> Future[None]:
        """`refresh` in the background, unless one is under way or the last answer is recent enough.

        Returns a future that is done when what is known is fresh.
        """
        with self._lock:
            is_free = self._reading is None or self._reading.done()
            if self._reading is None or (is_free and self._is_due(values)):
                self._began_at = time.monotonic()
                self._reading = in_background("reader", lambda: self.refresh(values=values))
            return self._reading

    def first_look(self, *, values: bool = True) -> None:
        """Wait a moment at most for Signals' first answer, so that a page can start complete."""
        wait_for([self.refresh_soon(values=values)], timeout=FIRST_LOOK_SECONDS)

    def _is_due(self, values: bool) -> bool:
        asks_for_values = values or self.seen.problem is not None
        due_at = self._due_at if asks_for_values else self._definitions_due_at
        return time.monotonic() >= due_at

    def _answers(self, values: bool) -> tuple[Published, dict[str, Any] | None, timedelta]:
        """What is published, the values, and how far ahead the clock was for both. If the clock was
        moved meanwhile, they are read again."""
        ahead = self.seen.ahead
        while True:
            known = self.seen.published
            published = self._published_now(values)
            is_readable = values and published.service is not None
            answer = self._read_values() if is_readable else None
            has_asked = is_readable or published is not known
            before, ahead = ahead, self._read_ahead(has_asked)
            if ahead == before:
                return published, answer, ahead

    def _read_values(self) -> dict[str, Any]:
        return attributes.service_attributes(self._signals, self._user_id, self._names.service)

    def _published_now(self, values: bool) -> Published:
        """What is published, read from time to time: others may change it too. Each answer with
        values says whether they did."""
        known, mark = self.seen.published, self._mark()
        due_at = self._definitions_due_at + (UNCHANGED_SECONDS if values and mark else 0.0)
        is_fresh = time.monotonic() < due_at and mark == self._known_mark
        if known.is_complete and is_fresh:
            return known
        self._known_mark = mark
        self._definitions_due_at = time.monotonic() + max(DEFINITIONS_SECONDS, self.beat)
        return publishing.published(self._signals, self._names, is_whole=False)

    def _see(
        self,
        number: int,
        published: Published,
        values: dict[str, Any] | None,
        asked: datetime,
        ahead: timedelta,
    ) -> None:
        """Note an answer, unless the answer to a later question is already known. That one may have
        come with definitions that were known before: if they differ, they are asked for again."""
        now = datetime.now(UTC)
        with self._lock:
            if number < self._seen_number:
                if published != self.seen.published:
                    self.forget_definitions()
                return
            self._seen_number = number
            self._pause = 0.0
            before = self._set_back(self.seen) if ahead < self.seen.ahead else self.seen
            reading = before.values if values is None else Reading(now, values, ahead)
            self.seen = replace(
                before.with_published(published, asked, now),
                values=reading,
                problem=None,
                since=None,
                next_try=None,
                ahead=ahead,
            )
            if values is not None and reading is not None:
                self._on_reading(before.values or self._last, reading)
        if (
            before.problem
            or before.ahead != ahead
            or (before.is_known, before.published) != (True, published)
            or before.current != self.seen.current
            or (before.values is None) != (reading is None)
        ):
            self._on_news()

    def _set_back(self, before: Seen) -> Seen:
        """What is still known once the sandbox's clock was set back: no value."""
        self._on_set_back()
        self._last = None
        return replace(before, values=None)

    def _see_problem(self, number: int, problem: Explanation) -> None:
        """Note that Signals did not answer, and when to try again: later each time."""
        now = datetime.now(UTC)
        with self._lock:
            if number < self._seen_number:
                return
            before = self.seen
            self._pause = min(max(FAST_SECONDS, 2 * self._pause), LONGEST_PAUSE_SECONDS)
            self._due_at = time.monotonic() + self._pause
            self.seen = replace(
                before,
                problem=problem,
                since=before.since or now,
                next_try=now + timedelta(seconds=self._pause),
            )
        if before.problem != problem:
            self._on_news()

"""The values that somebody looks at: of any published service or group, for any of its keys.

`Polling` reads the story's service, which every page shows. This reads what a person chose, while
it is on a page and for a while after: a person who goes to the board and comes back sees what
changed. The history is in memory and bounded. An unchanged value is kept as its first and its last
reading, and so is a time that only climbs.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.connection.explanations import SDK_ERRORS, Explanation, explained
from lib.snowplow.criteria import is_number
from lib.world.background import in_background
from lib.world.history import Reading

PAGE_WAITS_SECONDS = 0.8
WATCHED_SECONDS = 600.0  # after somebody looked last
SOURCES_AT_MOST = 12
READINGS_AT_MOST = 300
BYTES_AT_MOST = 150_000  # of a history, as JSON
NAMES_SHOWN = 3
SAME_MOMENT = timedelta(seconds=1.5)
UNIT_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


@dataclass(frozen=True)
class Source:
    """Where values are read from: a service, or one version of a group, for one attribute key.

    `version` is None for a service. `units` names the time units of those attributes that are the
    time since an event.
    """

    name: str
    version: int | None
    key: str
    attributes: tuple[str, ...]
    units: tuple[tuple[str, str], ...] = ()

    def read(self, signals: BaseSignalsWithApiClient, identifier: str) -> dict[str, Any]:
        """The attributes' values now. Raises what the SDK raises."""
        if self.version is None:
            answer = signals.get_service_attributes(self.name, self.key, identifier)
        else:
            answer = signals.get_group_attributes(
                self.name, self.version, list(self.attributes), self.key, identifier
            )
        return {name: answer.get(name) for name in self.attributes}

    def call(self, identifier: str) -> str:
        """The same call, as code."""
        if self.version is None:
            arguments = f'"{self.name}", "{self.key}", "{identifier}"'
            return f"sp_signals.get_service_attributes({arguments})"
        names = ", ".join(f'"{each}"' for each in self.attributes[:NAMES_SHOWN])
        more = ", …" if len(self.attributes) > NAMES_SHOWN else ""
        arguments = f'"{self.name}", {self.version}, [{names}{more}], "{self.key}", "{identifier}"'
        return f"sp_signals.get_group_attributes({arguments})"


class History:
    """The readings of one source for one identifier, oldest first."""

    def __init__(self, units: Mapping[str, str]) -> None:
        self.readings: list[Reading] = []
        self._units = units
        self._sizes: list[int] = []

    def add(self, reading: Reading) -> None:
        """Add a reading. One that says the same as the two before it replaces the second."""
        size = len(orjson.dumps(reading.values, default=str))
        newest = self.readings[-2:]
        if len(newest) == 2 and all(self._is_same(each, reading) for each in newest):
            self.readings = [*self.readings[:-1], reading]
            self._sizes[-1] = size
            return
        self.readings = [*self.readings, reading]  # a page may be drawing the old list
        self._sizes.append(size)
        while len(self._sizes) > 1 and self._is_full:
            self.readings, self._sizes = self.readings[1:], self._sizes[1:]

    @property
    def _is_full(self) -> bool:
        return len(self._sizes) > READINGS_AT_MOST or sum(self._sizes) > BYTES_AT_MOST

    def _is_same(self, one: Reading, other: Reading) -> bool:
        return one.ahead == other.ahead and all(
            self._is_same_value(name, one, other) for name in other.values
        )

    def _is_same_value(self, name: str, one: Reading, other: Reading) -> bool:
        before, after = one.values.get(name), other.values.get(name)
        began = began_at(one, name, self._units.get(name, ""))
        begins = began_at(other, name, self._units.get(name, ""))
        if began is not None and begins is not None:
            return abs(begins - began) < SAME_MOMENT
        return bool(before == after) and type(before) is type(after)


def began_at(reading: Reading, name: str, unit: str) -> datetime | None:
    """When the event happened that a time since an event counts from; None for other values."""
    value = reading.values.get(name)
    if unit not in UNIT_SECONDS or not is_number(value):
        return None
    try:
        return reading.at - timedelta(seconds=value * UNIT_SECONDS[unit])
    except (OverflowError, ValueError):
        return None


class WatchedValues:
    """What one user looks at. `identifiers` says who they are, by attribute key, `ahead` how far
    ahead the sandbox's clock is, and `beat` how many seconds lie between two readings now."""

    def __init__(
        self,
        signals: BaseSignalsWithApiClient,
        identifiers: Callable[[], Mapping[str, str]],
        ahead: Callable[[], timedelta],
        beat: Callable[[], float],
    ) -> None:
        self._signals = signals
        self._identifiers = identifiers
        self._ahead = ahead
        self._beat = beat
        self._lock = threading.Lock()
        self._looked_at: dict[Source, float] = {}  # the most recently looked at is last
        self._problems: dict[Source, Explanation] = {}
        self._histories: dict[tuple[Source, str], History] = {}
        self._reading: Future[None] | None = None
        self._read_at = -math.inf

    def look(self, sources: Sequence[Source]) -> None:
        """Somebody looks at these now: the first `SOURCES_AT_MOST` count. Reads them in the
        background if that is due, and waits for what is new no longer than a page may."""
        sources = sources[:SOURCES_AT_MOST]
        is_new = not set(sources) <= set(self._looked_at)
        now = time.monotonic()
        with self._lock:
            looked_at = {each: at for each, at in self._looked_at.items() if each not in sources}
            looked_at |= dict.fromkeys(sources, now)
            newest = list(looked_at.items())[-SOURCES_AT_MOST:]
            self._looked_at = {each: at for each, at in newest if now - at < WATCHED_SECONDS}
            self._read_at = -math.inf if is_new else self._read_at
        reading = self._refresh_soon()
        if is_new and reading is not None:
            wait_for([reading], timeout=PAGE_WAITS_SECONDS)

    def keep_fresh(self) -> None:
        """Called about once a second: keeps reading for a while after somebody looked."""
        newest = next(reversed(self._looked_at.values()), None)
        if newest is not None and time.monotonic() - newest < WATCHED_SECONDS:
            self._refresh_soon()

    def problem(self, sources: Sequence[Source]) -> Explanation | None:
        """Why the last reading of one of these failed; None if none did."""
        problems = (self._problems.get(each) for each in sources)
        return next((each for each in problems if each is not None), None)

    def readings(self, source: Source) -> list[Reading]:
        """The readings of a source for the identifier that its key has now, oldest first."""
        identifier = self._identifiers().get(source.key)
        history = self._histories.get((source, identifier)) if identifier else None
        return history.readings if history else []

    def forget(self) -> None:
        """Forget what was read: it is gone from Signals."""
        with self._lock:
            self._histories = {}
            self._read_at = -math.inf

    def refresh(self) -> None:
        """Read what is looked at. Never raises for Signals' errors: see `problem`."""
        mine, problems = self._identifiers(), {}
        for source in self._looked_at:
            if identifier := mine.get(source.key):
                problem = self._read(source, identifier)
                if problem is not None:
                    problems[source] = problem
        self._problems = problems

    def _refresh_soon(self) -> "Future[None] | None":
        with self._lock:
            is_free = self._reading is None or self._reading.done()
            # The beat is quicker at once when something happens.
            if is_free and time.monotonic() - self._read_at >= self._beat():
                self._read_at = time.monotonic()
                self._reading = in_background("values", self.refresh)
            return self._reading

    def _read(self, source: Source, identifier: str) -> Explanation | None:
        ahead, known = self._ahead(), self._histories
        try:
            values = source.read(self._signals, identifier)
        except SDK_ERRORS as error:
            return explained(error)
        with self._lock:
            # A reading during which the clock was moved, or all was deleted, has no time.
            if known is self._histories and ahead == self._ahead():
                history = self._history((source, identifier))
                history.add(Reading(datetime.now(UTC), values, ahead))
        return None

    def _history(self, place: tuple[Source, str]) -> History:
        """The history at a place, which is now the newest; the oldest is dropped."""
        history = self._histories.pop(place, None) or History(dict(place[0].units))
        self._histories[place] = history
        while len(self._histories) > SOURCES_AT_MOST:
            del self._histories[next(iter(self._histories))]
        return history

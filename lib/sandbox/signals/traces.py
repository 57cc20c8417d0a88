"""What happened to an event, stage by stage, to explain why nothing happened.

Only in the sandbox *(ours)*: Snowplow offers nothing like it. The newest traces are kept in memory
as JSON, which takes a fifth of the space and no garbage collection. All sandboxes of a server share
one limit on their number, and all of the process one on their bytes. Long values are shortened.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import orjson

from lib.sandbox.limits import TRACES_BYTES
from lib.sandbox.pipeline.events import Event, FailedEvent
from lib.sandbox.signals.engine import AttributeChange, Effects, Trigger
from lib.sandbox.signals.memory_budget import MemoryBudget

TRACES_AT_MOST = 1_000
KEPT_BY_ALL = 20_000  # a kilobyte each

TEXT_SHOWN = 1_000  # of one value, before and after
IDENTIFIER_SHOWN = 100
BYTES_OF_ALL = 100_000  # of all changes in one trace
COMPLAINTS_SHOWN = 20
BYTES_OF_AN_ENTRY = 200

TraceStage = dict[str, Any]

ALL_TRACES = MemoryBudget(TRACES_BYTES)


def share(sandboxes: int) -> int:
    """How many traces each of so many sandboxes may keep.

    >>> share(1), share(200)
    (1000, 100)
    """
    return min(TRACES_AT_MOST, KEPT_BY_ALL // sandboxes)


class Traces:
    """The traces of one sandbox's newest events; `at_most` returns the current limit."""

    def __init__(self, at_most: Callable[[], int], budget: MemoryBudget = ALL_TRACES) -> None:
        self._at_most = at_most
        self._budget = budget
        self._bytes = 0
        # JSON lists, to be chained. Not a cache of cachetools: theirs have a fixed size.
        self._stages: OrderedDict[str, list[bytes]] = OrderedDict()

    def find(self, event_id: str) -> list[TraceStage] | None:
        """The stages of an event, in order, each with its time; None if there is no trace."""
        parts = self._stages.get(event_id)
        return None if parts is None else [stage for part in parts for stage in orjson.loads(part)]

    def accepted(self, event: Event, effects: Effects) -> None:
        """An event was received, validated and computed."""
        self.all_accepted([(event, effects)])

    def all_accepted(self, events: Iterable[tuple[Event, Effects]]) -> None:
        """Some new events were received, validated and computed.

        One that had failed before and was sent again has the trace of this time.
        """
        now = time.time()
        for event, effects in events:
            if event.event_id in self._stages:
                self.forget([event.event_id])
            self._keep(
                event.event_id,
                {"stage": "received", "tstamp": now, "collector_tstamp": event.collector_tstamp},
                {"stage": "validated", "tstamp": now, "unvalidated": event.unvalidated},
                {
                    "stage": "attributes",
                    "tstamp": now,
                    "changes": _packed_changes(effects.changes),
                    "ignored": effects.ignored[:COMPLAINTS_SHOWN],
                    "too_large": effects.too_large[:COMPLAINTS_SHOWN],
                },
                {"stage": "criteria", "tstamp": now, "evaluations": effects.evaluations},
            )
        self._make_room()

    def failed(self, event: FailedEvent) -> None:
        """An event was received and failed."""
        if event.event_id is None:
            return
        now = time.time()
        self._keep(
            event.event_id,
            {"stage": "received", "tstamp": now, "collector_tstamp": event.collector_tstamp},
            {"stage": "failed", "tstamp": now, "failures": event.failures},
        )
        self._make_room()

    def triggered(self, event: Event, trigger: Trigger, connections: int) -> None:
        """An event triggered an intervention, which this many connections received at once."""
        sent = next(iter(trigger.values()))
        stage = {
            "stage": "triggered",
            "tstamp": time.time(),
            "intervention_id": sent.intervention_id,
            "name": sent.name,
            "version": sent.version,
            "targets": [f"{target.key}:{target.identifier}" for target in trigger],
            "connections": connections,
        }
        if event.event_id in self._stages:
            packed = _packed([stage])
            self._stages[event.event_id].append(packed)
            self._bytes += len(packed)
            self._make_room()

    def forget(self, event_ids: Iterable[str]) -> None:
        """Forget some events."""
        for event_id in event_ids:
            self._bytes -= _size(self._stages.pop(event_id, []))

    def clear(self) -> None:
        """Forget all."""
        self.empty()
        self._budget.note(self, 0)

    def empty(self) -> None:
        """Forget all, to make room for others'."""
        self._stages.clear()
        self._bytes = 0

    def _keep(self, event_id: str, *stages: TraceStage) -> None:
        if event_id not in self._stages:
            packed = _packed(stages)
            self._stages[event_id] = [packed]
            self._bytes += len(packed) + BYTES_OF_AN_ENTRY

    def _make_room(self) -> None:
        """Forget the oldest, beyond what one sandbox may keep."""
        while len(self._stages) > self._at_most() or self._bytes > self._budget.share:
            _, oldest = self._stages.popitem(last=False)
            self._bytes -= _size(oldest)
        self._budget.note(self, self._bytes)


def _size(parts: Sequence[bytes]) -> int:
    return sum(map(len, parts)) + BYTES_OF_AN_ENTRY if parts else 0


def _packed_changes(changes: Iterable[AttributeChange]) -> orjson.Fragment:
    """The changes as a JSON list, with long values shortened *(ours)*: one may have a megabyte.

    They are packed one by one, as all of them together may have a hundred.
    """
    room, packed = BYTES_OF_ALL, []
    for change in changes:
        text = orjson.dumps(change)
        if len(text) > TEXT_SHOWN or room <= 0:
            text = orjson.dumps(_shown(change, TEXT_SHOWN if room > 0 else 0))
        room -= len(text)
        packed.append(text)
    return orjson.Fragment(b"[%b]" % b",".join(packed))


def _shown(change: AttributeChange, most: int) -> AttributeChange:
    """A change whose values have at most so many characters."""
    return replace(
        change,
        identifier=_shortened(change.identifier, IDENTIFIER_SHOWN),
        before=_shortened(change.before, most),
        after=_shortened(change.after, most),
    )


def _length(value: Any) -> int:
    """How many characters there are in a value."""
    kind = type(value)
    if kind is str:
        return len(value)
    return sum(map(_length, value)) if kind is list or kind is dict else 0


def _shortened(value: Any, most: int) -> Any:
    """A value with at most so many characters."""
    if isinstance(value, list | dict) and _length(value) > most:
        return f"… {len(value)} values"
    return f"{value[:most]}…" if isinstance(value, str) and len(value) > most else value


def _packed(stages: Sequence[TraceStage]) -> bytes:
    """A copy of what orjson returns, which takes up four times the memory."""
    return bytes(memoryview(orjson.dumps(stages)))

"""What happened to an event, stage by stage, to explain why nothing happened.

Only in the sandbox *(ours)*: Snowplow offers nothing like it. The newest traces are kept in memory
as JSON, which takes a fifth of the space and no garbage collection. All sandboxes of a server share
one limit.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from lib.sandbox.pipeline.events import Event, FailedEvent
from lib.sandbox.signals.engine import Effects, Trigger

TRACES_AT_MOST = 1_000
KEPT_BY_ALL = 20_000  # a kilobyte each

TraceStage = dict[str, Any]


def share(sandboxes: int) -> int:
    """How many traces each of so many sandboxes may keep.

    >>> share(1), share(200)
    (1000, 100)
    """
    return min(TRACES_AT_MOST, KEPT_BY_ALL // sandboxes)


class Traces:
    """The traces of one sandbox's newest events; `at_most` returns the current limit."""

    def __init__(self, at_most: Callable[[], int]) -> None:
        self._at_most = at_most
        # JSON lists, to be chained. Not a cache of cachetools: theirs have a fixed size.
        self._stages: OrderedDict[str, list[bytes]] = OrderedDict()

    def find(self, event_id: str) -> list[TraceStage] | None:
        """The stages of an event, in order, each with its time; None if there is no trace."""
        parts = self._stages.get(event_id)
        return None if parts is None else [stage for part in parts for stage in orjson.loads(part)]

    def accepted(self, event: Event, effects: Effects) -> None:
        """An event was received, validated and computed."""
        now = time.time()
        self._keep(
            event.event_id,
            {"stage": "received", "tstamp": now, "collector_tstamp": event.collector_tstamp},
            {"stage": "validated", "tstamp": now, "unvalidated": event.unvalidated},
            {
                "stage": "attributes",
                "tstamp": now,
                "changes": effects.changes,
                "ignored": effects.ignored,
                "too_large": effects.too_large,
            },
            {"stage": "criteria", "tstamp": now, "evaluations": effects.evaluations},
        )

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
            self._stages[event.event_id].append(_packed([stage]))

    def forget(self, event_ids: Iterable[str]) -> None:
        """Forget some events."""
        for event_id in event_ids:
            self._stages.pop(event_id, None)

    def clear(self) -> None:
        """Forget all."""
        self._stages.clear()

    def _keep(self, event_id: str, *stages: TraceStage) -> None:
        if event_id in self._stages:
            return
        self._stages[event_id] = [_packed(stages)]
        while len(self._stages) > self._at_most():
            self._stages.popitem(last=False)


def _packed(stages: Sequence[TraceStage]) -> bytes:
    """A copy of what orjson returns, which takes up four times the memory."""
    return bytes(memoryview(orjson.dumps(stages)))

"""What became of an event, stage by stage, for whoever asks why nothing happened.

Only in the sandbox *(ours)*: Snowplow offers nothing like it. The newest are kept, in memory.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from lib.sandbox.engine import Outcome, Trigger
from lib.sandbox.events import Event, FailedEvent

KEPT_AT_MOST = 1_000


class Traces:
    """The traces of one sandbox's newest events."""

    def __init__(self) -> None:
        self._stages: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()

    def find(self, event_id: str) -> list[dict[str, Any]] | None:
        """The stages of an event, in order, each with its time; None if it is not kept."""
        return self._stages.get(event_id)

    def accepted(self, event: Event, outcome: Outcome) -> None:
        """An event was received, validated and computed."""
        if event.event_id in self._stages:
            return
        self._add(event.event_id, "received", {"collector_tstamp": event.collector_tstamp})
        self._add(event.event_id, "validated", {"unvalidated": event.unvalidated})
        self._add(
            event.event_id,
            "attributes",
            {"changes": outcome.changes, "ignored": outcome.ignored},
        )
        self._add(event.event_id, "criteria", {"evaluations": outcome.evaluations})

    def failed(self, event: FailedEvent) -> None:
        """An event was received and failed."""
        if event.event_id is None or event.event_id in self._stages:
            return
        self._add(event.event_id, "received", {"collector_tstamp": event.collector_tstamp})
        self._add(event.event_id, "failed", {"failures": event.failures})

    def triggered(self, event: Event, trigger: Trigger, connections: int) -> None:
        """An event triggered an intervention, which went to so many connections at once."""
        sent = next(iter(trigger.values()))
        self._add(
            event.event_id,
            "triggered",
            {
                "intervention_id": sent.intervention_id,
                "name": sent.name,
                "version": sent.version,
                "targets": [f"{target.key}:{target.identifier}" for target in trigger],
                "connections": connections,
            },
        )

    def forget(self, event_ids: Iterable[str]) -> None:
        """Forget some events."""
        for event_id in event_ids:
            self._stages.pop(event_id, None)

    def clear(self) -> None:
        """Forget all."""
        self._stages.clear()

    def _add(self, event_id: str, stage: str, detail: dict[str, Any]) -> None:
        entry = {"stage": stage, "tstamp": time.time(), **detail}
        self._stages.setdefault(event_id, []).append(entry)
        if len(self._stages) > KEPT_AT_MOST:
            self._stages.popitem(last=False)


def as_json(stages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stages as plain JSON."""
    return [{name: _plain(value) for name, value in stage.items()} for stage in stages]


def _plain(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [each if isinstance(each, str) else asdict(each) for each in value]

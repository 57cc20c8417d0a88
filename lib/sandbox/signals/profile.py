"""One profile: the attribute values of one identifier in one attribute group."""

from collections.abc import Sequence
from sys import getsizeof
from typing import Any

from lib.sandbox.signals.aggregation import Aggregation
from lib.sandbox.signals.attributes import ComputedGroup

# About what a profile takes up in memory: empty, for each attribute, and for each byte as JSON.
BYTES_EMPTY = 500
BYTES_PER_ATTRIBUTE = 400
BYTES_PER_BYTE = 4


class Profile:
    """The state of one identifier in one attribute group.

    `changes` were made since the last snapshot, `change_bytes` and `snapshot_bytes` are their sizes
    as JSON. Until `full_until` (ms UTC) it takes no change, because it is too large.
    """

    __slots__ = (
        "aggregations",
        "change_bytes",
        "changes",
        "full_until",
        "identifier_bytes",
        "noted_bytes",
        "snapshot_bytes",
        "updated",
    )

    def __init__(self, identifier: str) -> None:
        self.identifier_bytes = getsizeof(identifier)
        self.aggregations: dict[int, Aggregation] = {}
        self.updated: dict[int, int] = {}
        self.changes = 0
        self.change_bytes = 0
        self.snapshot_bytes = 0
        self.full_until = 0
        self.noted_bytes = 0

    @property
    def size(self) -> int:
        """What is kept of it, as JSON: not less than its state."""
        return self.snapshot_bytes + self.change_bytes

    @property
    def memory(self) -> int:
        """About how many bytes it takes up."""
        attributes = BYTES_PER_ATTRIBUTE * len(self.aggregations)
        return BYTES_EMPTY + self.identifier_bytes + attributes + BYTES_PER_BYTE * self.size

    def change(
        self, group: ComputedGroup, changes: Sequence[tuple[int, Any]], tstamp: int, now: int
    ) -> None:
        """Add one event's values; `tstamp` is its derived_tstamp, `now` the time of arrival."""
        for index, value in changes:
            aggregation = self._current(group, index, now)
            if aggregation is None:
                self.aggregations.pop(index, None)
                aggregation = group.attributes[index].new_aggregation()
            if aggregation.add(value, tstamp, now):
                self.aggregations[index] = aggregation
                self.updated[index] = now

    def value(self, group: ComputedGroup, index: int, now: int) -> Any:
        """An attribute's value at `now`, typed; the default, or None, if there is none."""
        attribute = group.attributes[index]
        aggregation = self._current(group, index, now)
        value = None if aggregation is None else aggregation.read(now)
        return attribute.default if value is None else attribute.typed(value)

    def state(self) -> dict[str, Any]:
        """The content of a snapshot, as JSON."""
        return {
            str(index): [self.updated[index], aggregation.state()]
            for index, aggregation in self.aggregations.items()
        }

    def restore(self, group: ComputedGroup, state: dict[str, Any]) -> None:
        """Restore the content of a snapshot."""
        for index, (updated, aggregation) in state.items():
            attribute = group.attributes[int(index)]
            self.aggregations[int(index)] = attribute.restored_aggregation(aggregation)
            self.updated[int(index)] = updated

    def forget_expired(self, group: ComputedGroup, now: int) -> None:
        """Drop what left its window or exceeded its time to live."""
        for index, aggregation in list(self.aggregations.items()):
            if self._current(group, index, now) is None:
                del self.aggregations[index]
            else:
                aggregation.read(now)

    def _current(self, group: ComputedGroup, index: int, now: int) -> Aggregation | None:
        """An attribute's aggregation; None if there is none, or if a lifetime value has exceeded
        its time to live and counts as deleted."""
        aggregation = self.aggregations.get(index)
        ttl = group.attributes[index].ttl
        if aggregation is None or ttl is None or now - self.updated[index] < ttl:
            return aggregation
        return None

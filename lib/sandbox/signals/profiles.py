"""The Profiles Store: the attribute values of every identifier.

A profile is the state of one identifier in one attribute group. It is loaded when an event or a
read needs it, and kept in a cache of bounded size. It can leave the cache at any time, as the
database has every change: each event appends a short entry to a list of changes, which is sometimes
folded into a snapshot. So the work per event does not grow with the size of a profile, and a
million users need not fit in memory.

The entries of a transaction are written together before it is committed: see `flush`.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from lib.sandbox.signals.aggregation import Aggregation
from lib.sandbox.signals.attributes import ComputedGroup
from lib.sandbox.storage.store import Store

CACHED_PROFILES = 2_000  # above this, garbage collection costs more than reading again
CHANGES_PER_SNAPSHOT = 50
BYTES_PER_CHANGE = 60  # a snapshot is rewritten when the changes since then are as large

ProfileKey = tuple[int, str]  # the group's id and the identifier


class Profile:
    """The state of one identifier in one attribute group."""

    __slots__ = ("aggregations", "changes", "snapshot_bytes", "updated")

    def __init__(self) -> None:
        self.aggregations: dict[int, Aggregation] = {}
        self.updated: dict[int, int] = {}
        self.changes = 0
        self.snapshot_bytes = 0

    def change(
        self, group: ComputedGroup, changes: Sequence[tuple[int, Any]], tstamp: int, now: int
    ) -> None:
        """Add one event's values; `tstamp` is its derived_tstamp, `now` the time of arrival."""
        for index, value in changes:
            if self._is_over(group, index, now):
                del self.aggregations[index]
            aggregation = self.aggregations.get(index)
            if aggregation is None:
                aggregation = group.attributes[index].new_aggregation()
            if aggregation.add(value, tstamp, now):
                self.aggregations[index] = aggregation
                self.updated[index] = now

    def value(self, group: ComputedGroup, index: int, now: int) -> Any:
        """An attribute's value at `now`, typed; the default, or None, if there is none."""
        attribute = group.attributes[index]
        aggregation = self.aggregations.get(index)
        if aggregation is None or self._is_over(group, index, now):
            return attribute.default
        return attribute.typed(aggregation.read(now))

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

    def _is_over(self, group: ComputedGroup, index: int, now: int) -> bool:
        """Whether a lifetime value has exceeded its time to live and counts as deleted."""
        ttl = group.attributes[index].ttl
        return ttl is not None and index in self.aggregations and now - self.updated[index] >= ttl


class Profiles:
    """All profiles of one sandbox."""

    def __init__(self, store: Store, capacity: int = CACHED_PROFILES) -> None:
        self._store = store
        self._capacity = capacity
        # Not an LRUCache of cachetools: its lookups add 4% to what an event costs the engine.
        self._cache: OrderedDict[ProfileKey, Profile] = OrderedDict()
        self._unwritten: dict[ProfileKey, list[tuple[int, bytes]]] = {}

    def get(self, group: ComputedGroup, identifier: str) -> Profile:
        """An identifier's profile; empty if the identifier was never seen."""
        key = (group.id, identifier)
        profile = self._cache.get(key)
        if profile is not None:
            self._cache.move_to_end(key)
            return profile
        return self._read(group, [identifier])[identifier]

    def load(self, group: ComputedGroup, identifiers: Iterable[str]) -> None:
        """Read all profiles that are not cached at once, so that `get` finds them."""
        missing = [each for each in identifiers if (group.id, each) not in self._cache]
        if missing:
            self._read(group, missing)

    def change(
        self,
        group: ComputedGroup,
        identifier: str,
        profile: Profile,
        seq: int,
        changes: Sequence[tuple[int, Any]],
        tstamp: int,
        now: int,
    ) -> None:
        """Add the values of event number `seq` to a profile, inside the store's transaction."""
        profile.change(group, changes, tstamp, now)
        entry = seq, orjson.dumps([tstamp, now, changes])
        self._unwritten.setdefault((group.id, identifier), []).append(entry)
        profile.changes += 1
        outgrown = profile.changes * BYTES_PER_CHANGE >= profile.snapshot_bytes
        if profile.changes >= CHANGES_PER_SNAPSHOT and outgrown:
            self._save(group, identifier, profile)

    def flush(self) -> None:
        """Write all pending changes, inside the store's transaction."""
        if self._unwritten:
            self._store.add_profile_changes(
                (*key, *entry) for key, entries in self._unwritten.items() for entry in entries
            )
            self._unwritten.clear()

    def clear(self) -> None:
        """Drop the cache and all pending changes; the database has the rest."""
        self._cache.clear()
        self._unwritten.clear()

    def _read(self, group: ComputedGroup, identifiers: Sequence[str]) -> dict[str, Profile]:
        self.flush()  # so that the database has everything to read
        profiles = {
            identifier: self._restored(group, snapshot, entries)
            for identifier, (snapshot, entries) in self._store.profiles(
                group.id, identifiers
            ).items()
        }
        for identifier, profile in profiles.items():
            self._cache[group.id, identifier] = profile
            if len(self._cache) > self._capacity:
                self._cache.popitem(last=False)
        return profiles

    def _restored(
        self, group: ComputedGroup, snapshot: bytes | None, entries: Sequence[bytes]
    ) -> Profile:
        profile = Profile()
        if snapshot is not None:
            profile.restore(group, orjson.loads(snapshot))
            profile.snapshot_bytes = len(snapshot)
        for entry in entries:
            tstamp, now, changes = orjson.loads(entry)
            profile.change(group, changes, tstamp, now)
        profile.changes = len(entries)
        return profile

    def _save(self, group: ComputedGroup, identifier: str, profile: Profile) -> None:
        snapshot = orjson.dumps(profile.state())
        self._unwritten.pop((group.id, identifier), None)  # they are in the snapshot
        self._store.save_profile(group.id, identifier, snapshot)
        profile.changes, profile.snapshot_bytes = 0, len(snapshot)

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

from lib.sandbox.limits import CACHED_PROFILES_BYTES, PROFILE_BYTES, VALUES_OF_EVENT_BYTES
from lib.sandbox.signals.attributes import ComputedGroup
from lib.sandbox.signals.memory_budget import MemoryBudget
from lib.sandbox.signals.profile import Profile
from lib.sandbox.storage.store import Store

CACHED_PROFILES = 2_000  # above this, garbage collection costs more than reading again
CHANGES_PER_SNAPSHOT = 50
CHANGE_BYTES_PER_SNAPSHOT = 100_000  # or as many bytes, whichever comes first
GROWTH_PER_SNAPSHOT = 1.0  # and the changes are as large as the last snapshot
READ_AT_ONCE = 20  # profiles, which may be large
FULL_MS = 60_000  # how long a profile that is too large is not looked at again

ALL_PROFILES = MemoryBudget(CACHED_PROFILES_BYTES)

ProfileKey = tuple[int, str]  # the group's id and the identifier


class Profiles:
    """All profiles of one sandbox."""

    def __init__(
        self,
        store: Store,
        capacity: int = CACHED_PROFILES,
        budget: MemoryBudget = ALL_PROFILES,
    ) -> None:
        self._store = store
        self._capacity = capacity
        self._budget = budget
        # Not an LRUCache of cachetools: its lookups add 4% to what an event costs the engine.
        self._cache: OrderedDict[ProfileKey, Profile] = OrderedDict()
        self._bytes = 0
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
        for start in range(0, len(missing), READ_AT_ONCE):
            self._read(group, missing[start : start + READ_AT_ONCE])

    def change(
        self,
        group: ComputedGroup,
        identifier: str,
        profile: Profile,
        seq: int,
        changes: Sequence[tuple[int, Any]],
        tstamp: int,
        now: int,
        most_bytes: int = VALUES_OF_EVENT_BYTES,
    ) -> int:
        """Add the values of event number `seq` to a profile, inside the store's transaction.

        Returns the bytes that this adds to the database; 0 if it would add more than `most_bytes`,
        or if the profile is too large to change.
        """
        entry = orjson.dumps([tstamp, now, changes])
        size = len(entry)
        if size > most_bytes:
            return 0
        if profile.size + size > PROFILE_BYTES and self._is_full(
            group, identifier, profile, size, now
        ):
            return 0
        profile.change(group, changes, tstamp, now)
        self._unwritten.setdefault((group.id, identifier), []).append((seq, entry))
        profile.changes += 1
        profile.change_bytes += size
        is_much = (
            profile.changes >= CHANGES_PER_SNAPSHOT
            or profile.change_bytes >= CHANGE_BYTES_PER_SNAPSHOT
        )
        if is_much and profile.change_bytes >= profile.snapshot_bytes * GROWTH_PER_SNAPSHOT:
            self._save(group, identifier, profile)
        self._note(profile)
        return size

    def flush(self) -> None:
        """Write all pending changes, inside the store's transaction."""
        if self._unwritten:
            self._store.add_profile_changes(
                (*key, *entry) for key, entries in self._unwritten.items() for entry in entries
            )
            self._unwritten.clear()
        self._make_room()

    def clear(self) -> None:
        """Drop the cache and all pending changes; the database has the rest."""
        self.empty()
        self._unwritten.clear()
        self._budget.note(self, 0)

    def empty(self) -> None:
        """Drop the cache, but no pending changes."""
        for profile in self._cache.values():
            profile.noted_bytes = 0
        self._cache.clear()
        self._bytes = 0

    def _is_full(
        self, group: ComputedGroup, identifier: str, profile: Profile, added: int, now: int
    ) -> bool:
        """Whether a profile that seems too large for so many more bytes is *(ours)*."""
        if now < profile.full_until:
            return True
        profile.forget_expired(group, now)
        self._save(group, identifier, profile)  # from now on its size is exact
        self._note(profile)
        if profile.size + added <= PROFILE_BYTES:
            return False
        profile.full_until = now + FULL_MS
        return True

    def _note(self, profile: Profile) -> None:
        """Count a cached profile's memory again."""
        if profile.noted_bytes:
            memory = profile.memory
            self._bytes += memory - profile.noted_bytes
            profile.noted_bytes = memory

    def _make_room(self) -> None:
        """Drop the least recently used profiles, beyond what one sandbox may keep."""
        while len(self._cache) > self._capacity or (
            self._bytes > self._budget.share and len(self._cache) > 1
        ):
            _, dropped = self._cache.popitem(last=False)
            self._bytes -= dropped.noted_bytes
            dropped.noted_bytes = 0
        self._budget.note(self, self._bytes)

    def _read(self, group: ComputedGroup, identifiers: Sequence[str]) -> dict[str, Profile]:
        self.flush()  # so that the database has everything to read
        profiles = {
            identifier: self._restored(group, identifier, snapshot, entries)
            for identifier, (snapshot, entries) in self._store.profiles(
                group.id, identifiers
            ).items()
        }
        for identifier, profile in profiles.items():
            self._cache[group.id, identifier] = profile
            profile.noted_bytes = profile.memory
            self._bytes += profile.noted_bytes
        self._make_room()
        return profiles

    def _restored(
        self,
        group: ComputedGroup,
        identifier: str,
        snapshot: bytes | None,
        entries: Sequence[bytes],
    ) -> Profile:
        profile = Profile(identifier)
        if snapshot is not None:
            profile.restore(group, orjson.loads(snapshot))
            profile.snapshot_bytes = len(snapshot)
        for entry in entries:
            tstamp, now, changes = orjson.loads(entry)
            profile.change(group, changes, tstamp, now)
        profile.changes = len(entries)
        profile.change_bytes = sum(map(len, entries))
        return profile

    def _save(self, group: ComputedGroup, identifier: str, profile: Profile) -> None:
        snapshot = orjson.dumps(profile.state())
        self._unwritten.pop((group.id, identifier), None)  # they are in the snapshot
        self._store.save_profile(group.id, identifier, snapshot)
        profile.changes, profile.change_bytes = 0, 0
        profile.snapshot_bytes = len(snapshot)

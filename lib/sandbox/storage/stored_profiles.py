"""The part of the store that keeps profiles: snapshots of their state, and the changes since."""

from collections.abc import Collection, Iterable

import orjson

from lib.sandbox.storage.sent_requests import SentRequests


class StoredProfiles(SentRequests):
    """What a store keeps of the values computed for each identifier."""

    def profiles(
        self, group_id: int, identifiers: Collection[str]
    ) -> dict[str, tuple[bytes | None, list[bytes]]]:
        """The last snapshot of each profile, if any, and the changes made since, in order."""
        asked = (group_id, orjson.dumps([*identifiers]).decode())
        among_asked = "group_id = ? AND identifier IN (SELECT value FROM json_each(?))"
        snapshots = dict(
            self.db.execute(f"SELECT identifier, state FROM profile WHERE {among_asked}", asked)
        )
        changes: dict[str, list[bytes]] = {identifier: [] for identifier in identifiers}
        for identifier, change in self.db.execute(
            f"SELECT identifier, change FROM profile_change WHERE {among_asked}"
            " ORDER BY identifier, seq",
            asked,
        ):
            changes[identifier].append(change)
        return {each: (snapshots.get(each), changes[each]) for each in identifiers}

    def add_profile_changes(self, changes: Iterable[tuple[int, str, int, bytes]]) -> None:
        """Append changes to profiles: group, identifier, the event's number and what changed.

        The numbers order the changes of a profile.
        """
        self.db.executemany(
            "INSERT INTO profile_change (group_id, identifier, seq, change) VALUES (?, ?, ?, ?)",
            changes,
        )

    def save_profile(self, group_id: int, identifier: str, state: bytes) -> None:
        """Replace a profile's snapshot, which takes in all its changes so far."""
        self.db.execute(
            "INSERT OR REPLACE INTO profile (group_id, identifier, state) VALUES (?, ?, ?)",
            (group_id, identifier, state),
        )
        self.db.execute(
            "DELETE FROM profile_change WHERE group_id = ? AND identifier = ?",
            (group_id, identifier),
        )

    def delete_profiles(self, group_id: int) -> None:
        """Delete the values of every identifier for one attribute group."""
        self.db.execute("DELETE FROM profile WHERE group_id = ?", (group_id,))
        self.db.execute("DELETE FROM profile_change WHERE group_id = ?", (group_id,))

    def delete_profile(self, group_id: int, identifier: str) -> None:
        """Delete the values of one identifier for one attribute group."""
        for table in ("profile", "profile_change"):
            self.db.execute(
                f"DELETE FROM {table} WHERE group_id = ? AND identifier = ?",
                (group_id, identifier),
            )

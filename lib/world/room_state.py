"""What the app remembers about rooms: their codes, whether they are paused, who is in them, and
which of them are guests."""

from collections.abc import Sequence

from lib.world.app_file import AppFile, StateKey, Statement

ROOM_TABLES = """
CREATE TABLE IF NOT EXISTS room (
    place TEXT PRIMARY KEY, code TEXT NOT NULL, code_key TEXT UNIQUE,
    is_paused INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS member (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL UNIQUE, place TEXT NOT NULL,
    user_id TEXT NOT NULL, name TEXT NOT NULL, name_key TEXT NOT NULL,
    has_chosen INTEGER NOT NULL DEFAULT 0,
    UNIQUE (place, name_key)
);
CREATE TABLE IF NOT EXISTS role (world TEXT PRIMARY KEY, is_guest INTEGER NOT NULL);
"""


class RoomState:
    """All rooms in the app's file."""

    def __init__(self, file: AppFile) -> None:
        self._file = file

    def room(self, place: str) -> tuple[str, bool] | None:
        """The code of a sandbox's or account's room and whether it is paused; None without one."""
        return self._file.known("room", place, self._read_room)

    def _read_room(self, place: str) -> tuple[str, bool] | None:
        rows = self._file.rows("SELECT code, is_paused FROM room WHERE place = ?", place)
        return (str(rows[0][0]), bool(rows[0][1])) if rows else None

    def room_place(self, code_key: str) -> str | None:
        """The sandbox that a code stands for."""
        rows = self._file.rows("SELECT place FROM room WHERE code_key = ?", code_key)
        return str(rows[0][0]) if rows else None

    def save_room(self, place: str, code: str, code_key: str | None) -> bool:
        """Open a room or replace its code; False if another room has this one."""
        query = (
            "INSERT INTO room (place, code, code_key) VALUES (?1, ?2, ?3)"
            " ON CONFLICT (place) DO UPDATE SET code = ?2, code_key = ?3"
            " WHERE NOT EXISTS (SELECT 1 FROM room WHERE code_key = ?3)"
            " ON CONFLICT (code_key) DO NOTHING"
        )
        return self._synced([(query, (place, code, code_key))], ("room", place)) == 1

    def pause_room(self, place: str, is_paused: bool) -> None:
        """Pause or resume a room."""
        query = "UPDATE room SET is_paused = ? WHERE place = ?"
        self._synced([(query, (is_paused, place))], ("room", place))

    def is_guest(self, place: str, user_id: str) -> bool:
        """Whether a user came to a sandbox as a guest."""
        return bool(self._role(place, user_id))

    def _read_role(self, world: str) -> bool | None:
        rows = self._file.rows("SELECT is_guest FROM role WHERE world = ?", world)
        return bool(rows[0][0]) if rows else None

    def add_guest(self, place: str, user_id: str) -> None:
        """Note that a user came to a sandbox as a guest, unless the sandbox is theirs."""
        if self._role(place, user_id) is None:
            self._save_role(f"{place}:{user_id}", is_guest=True)

    def add_owner(self, place: str, user_id: str) -> None:
        """Note that a user made a sandbox, or came to it with its token."""
        if self._role(place, user_id) is not False:
            self._save_role(f"{place}:{user_id}", is_guest=False)

    def _role(self, place: str, user_id: str) -> bool | None:
        return self._file.known("role", f"{place}:{user_id}", self._read_role)

    def _save_role(self, world: str, *, is_guest: bool) -> None:
        query = "INSERT OR REPLACE INTO role (world, is_guest) VALUES (?, ?)"
        self._synced([(query, (world, is_guest))], ("role", world))

    def members(self, place: str) -> list[tuple[str, str, bool]]:
        """Who is or was in a room, oldest first: user, name, and whether they chose the name."""
        query = "SELECT user_id, name, has_chosen FROM member WHERE place = ? ORDER BY seq"
        return [
            (user_id, name, bool(chosen)) for user_id, name, chosen in self._file.rows(query, place)
        ]

    def member(self, place: str, user_id: str) -> tuple[str, bool] | None:
        """The name of somebody in a room, and whether they chose it."""
        query = "SELECT name, has_chosen FROM member WHERE world = ?"
        rows = self._file.rows(query, f"{place}:{user_id}")
        return (str(rows[0][0]), bool(rows[0][1])) if rows else None

    def count_members(self, place: str) -> int:
        """How many people are or were in a room."""
        return self._file.known("members", place, self._count_members)

    def _count_members(self, place: str) -> int:
        ((count,),) = self._file.rows("SELECT count(*) FROM member WHERE place = ?", place)
        return int(count)

    def add_member(self, place: str, user_id: str, name: str, at_most: int) -> None:
        """Add somebody to a room, unless the name is taken; the oldest members are dropped."""
        add = (
            "INSERT OR IGNORE INTO member (world, place, user_id, name, name_key)"
            " VALUES (?, ?, ?, ?, ?)"
        )
        trim = (
            "DELETE FROM member WHERE place = ?1 AND seq NOT IN"
            " (SELECT seq FROM member WHERE place = ?1 ORDER BY seq DESC LIMIT ?2)"
        )
        values = (f"{place}:{user_id}", place, user_id, name, name.casefold())
        self._synced([(add, values), (trim, (place, at_most))], ("members", place))

    def rename_member(self, place: str, user_id: str, name: str) -> bool:
        """Give somebody in a room the name that they chose; False if it is taken."""
        query = "UPDATE OR IGNORE member SET name = ?, name_key = ?, has_chosen = 1 WHERE world = ?"
        values = (name, name.casefold(), f"{place}:{user_id}")
        return self._synced([(query, values)]) == 1

    def move_member(self, place: str, user_id: str, to: str) -> None:
        """Give somebody's place and name in a room to another user, unless that one has one."""
        query = "UPDATE OR IGNORE member SET world = ?, user_id = ? WHERE world = ?"
        self._synced([(query, (f"{place}:{to}", to, f"{place}:{user_id}"))])

    def _synced(self, statements: Sequence[Statement], *changes: StateKey) -> int:
        """Write what a power cut must not undo: otherwise a guest would stop being one."""
        return self._file.write(statements, *changes, is_synced=True)

"""What the app remembers about guests who build: the rooms that allow it, and a number for each.

A guest's definitions have the number in their names, so that names of different guests differ.
"""

from lib.world.app_file import AppFile

BUILDING_TABLES = """
CREATE TABLE IF NOT EXISTS building_room (place TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS builder (
    place TEXT NOT NULL, user_id TEXT NOT NULL, number INTEGER NOT NULL,
    PRIMARY KEY (place, user_id)
);
"""
ADD_ROOM = "INSERT OR IGNORE INTO building_room (place) VALUES (?)"
ADD_BUILDER = (
    "INSERT OR IGNORE INTO builder (place, user_id, number)"
    " SELECT ?1, ?2, 1 + coalesce(max(number), 0) FROM builder WHERE place = ?1"
)


class BuildingState:
    """All of it in the app's file. A power cut cannot give a number to somebody else."""

    def __init__(self, file: AppFile) -> None:
        self._file = file

    def lets_guests(self, place: str) -> bool:
        """Whether guests of a room may build."""
        return bool(self._file.rows("SELECT 1 FROM building_room WHERE place = ?", place))

    def let_guests(self, place: str, may_build: bool) -> None:
        """Let guests of a room build, or stop that."""
        remove = "DELETE FROM building_room WHERE place = ?"
        self._file.write([(ADD_ROOM if may_build else remove, (place,))], is_synced=True)

    def number(self, place: str, user_id: str) -> int:
        """The number of a guest; a new one the first time."""
        query = "SELECT number FROM builder WHERE place = ? AND user_id = ?"
        found = self._file.rows(query, place, user_id)
        if not found:
            self._file.write([(ADD_BUILDER, (place, user_id))], is_synced=True)
            found = self._file.rows(query, place, user_id)
        return int(found[0][0])

    def follow(self, place: str, user_id: str, to: str) -> None:
        """Move a guest to a new user id, with the same number."""
        copy = (
            "INSERT OR IGNORE INTO builder (place, user_id, number)"
            " SELECT place, ?3, number FROM builder WHERE place = ?1 AND user_id = ?2"
        )
        self._file.write([(copy, (place, user_id, to))], is_synced=True)

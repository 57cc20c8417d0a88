"""What the app remembers about people's own code: the tokens of their addresses, and the rooms
whose guests may bring code.

A token stands for a sandbox and is not the sandbox's own, so it can be replaced while the sandbox
stays as it is.
"""

from lib.world.app_file import AppFile

EVERYTHING = ""  # instead of a guest: the address of the sandbox's owner
CODE_TABLES = """
CREATE TABLE IF NOT EXISTS code_address (
    token TEXT PRIMARY KEY, place TEXT NOT NULL, guest TEXT NOT NULL, UNIQUE (place, guest)
);
CREATE TABLE IF NOT EXISTS code_room (place TEXT PRIMARY KEY);
"""
ADD_ADDRESS = "INSERT OR IGNORE INTO code_address (place, guest, token) VALUES (?, ?, ?)"
ADD_CODE_ROOM = "INSERT OR IGNORE INTO code_room (place) VALUES (?)"


class CodeState:
    """All tokens in the app's file. A power cut cannot bring a replaced one back."""

    def __init__(self, file: AppFile) -> None:
        self._file = file

    def token(self, place: str, guest: str) -> str | None:
        """The token for everything in a sandbox, or for a guest's events; None without one."""
        query = "SELECT token FROM code_address WHERE place = ? AND guest = ?"
        rows = self._file.rows(query, place, guest)
        return str(rows[0][0]) if rows else None

    def found(self, token: str) -> tuple[str, str] | None:
        """The sandbox that a token stands for, and whose token it is; None if it is unknown."""
        rows = self._file.rows("SELECT place, guest FROM code_address WHERE token = ?", token)
        return (str(rows[0][0]), str(rows[0][1])) if rows else None

    def add(self, place: str, guest: str, token: str) -> None:
        """Keep a token, unless there is one."""
        self._file.write([(ADD_ADDRESS, (place, guest, token))], is_synced=True)

    def replace(self, place: str, guest: str, token: str) -> None:
        """Keep a new token; the old one stops working."""
        query = "DELETE FROM code_address WHERE place = ? AND guest = ?"
        statements = [(query, (place, guest)), (ADD_ADDRESS, (place, guest, token))]
        self._file.write(statements, is_synced=True)

    def move(self, place: str, guest: str, to: str) -> None:
        """Give the token of a guest to another user, unless that one has one."""
        query = "UPDATE OR IGNORE code_address SET guest = ? WHERE place = ? AND guest = ?"
        self._file.write([(query, (to, place, guest))], is_synced=True)

    def lets_guests(self, place: str) -> bool:
        """Whether guests of a room may bring code."""
        return bool(self._file.rows("SELECT 1 FROM code_room WHERE place = ?", place))

    def let_guests(self, place: str, may_bring_code: bool) -> None:
        """Let guests of a room bring code, or stop that."""
        remove = "DELETE FROM code_room WHERE place = ?"
        self._file.write([(ADD_CODE_ROOM if may_bring_code else remove, (place,))], is_synced=True)

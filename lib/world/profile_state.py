"""The demo profile that the app's file keeps for a sandbox or account, and for one user of it.

It keeps the text that stands for a profile in an address: see `lib/demo/profile_link.py`.
"""

from lib.world.app_file import AppFile

PROFILE_TABLE = "CREATE TABLE IF NOT EXISTS profile (world TEXT PRIMARY KEY, link TEXT NOT NULL);"
ADD_PROFILE = "INSERT OR REPLACE INTO profile (world, link) VALUES (?, ?)"
EVERYONE = "everyone"  # in the place of a user's id: worlds are forgotten by place


class ProfileState:
    """All chosen profiles in the app's file."""

    def __init__(self, file: AppFile) -> None:
        self._file = file

    def link(self, place: str, user_id: str = EVERYONE) -> str | None:
        """What a user chose in a place, or what was chosen for everyone there."""
        return self._file.known("profile", f"{place}:{user_id}", self._read)

    def _read(self, world: str) -> str | None:
        rows = self._file.rows("SELECT link FROM profile WHERE world = ?", world)
        return str(rows[0][0]) if rows else None

    def save(self, link: str, place: str, user_id: str = EVERYONE) -> None:
        """Keep what a user chose in a place, or what was chosen for everyone there."""
        world = f"{place}:{user_id}"
        self._file.write([(ADD_PROFILE, (world, link))], ("profile", world))

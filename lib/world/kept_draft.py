"""The draft that somebody works on in the studio, as Python, so that a reload does not lose it."""

from lib.world.app_file import AppFile

DRAFT_TABLE = "CREATE TABLE IF NOT EXISTS draft (world TEXT PRIMARY KEY, source TEXT NOT NULL);"
ADD_DRAFT = "INSERT OR REPLACE INTO draft (world, source) VALUES (?, ?)"
CHARACTERS_AT_MOST = 40_000


class DraftState:
    """All drafts in the app's file."""

    def __init__(self, file: AppFile) -> None:
        self._file = file

    def source(self, world: str) -> str:
        """The draft of a world; empty if there is none."""
        return str(self._file.known("draft", world, self._read))

    def _read(self, world: str) -> str:
        rows = self._file.rows("SELECT source FROM draft WHERE world = ?", world)
        return str(rows[0][0]) if rows else ""

    def save(self, world: str, source: str) -> None:
        """Replace the draft of a world."""
        self._file.write([(ADD_DRAFT, (world, source))], ("draft", world))


class KeptDraft:
    """The draft of one world."""

    def __init__(self, drafts: DraftState, world: str) -> None:
        self.world = world
        self._drafts = drafts

    @property
    def source(self) -> str:
        """The Python that was kept; empty if there is none."""
        return self._drafts.source(self.world)

    def keep(self, source: str) -> None:
        """Keep new Python. What is too long to be read is not kept."""
        if source != self.source and len(source) <= CHARACTERS_AT_MOST:
            self._drafts.save(self.world, source)

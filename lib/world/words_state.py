"""The words that people gave to interventions, as the app's file keeps them: by sandbox or account,
and by the intervention's name."""

from lib.demo.own_words import OwnWords
from lib.world.app_file import AppFile, Statement
from lib.world.profile_state import EVERYONE

WORDS_TABLE = """
CREATE TABLE IF NOT EXISTS words (
    seq INTEGER PRIMARY KEY, world TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (world, name)
);
"""
ADD_WORDS = "INSERT OR REPLACE INTO words (world, name, body) VALUES (?, ?, ?)"
WORDS_AT_MOST = 200


class WordsState:
    """All words in the app's file."""

    def __init__(self, file: AppFile) -> None:
        self._file = file

    def of(self, place: str, name: str) -> OwnWords:
        """The words of an intervention in a sandbox or account; empty ones if nobody gave any."""
        body = self._file.known("words", f"{place}:{EVERYONE}", self._read).get(name)
        try:
            return OwnWords() if body is None else OwnWords.kept(body)
        except (ValueError, TypeError):  # another version of the app wrote them
            return OwnWords()

    def _read(self, world: str) -> dict[str, str]:
        rows = self._file.rows("SELECT name, body FROM words WHERE world = ? ORDER BY seq", world)
        return {str(name): str(body) for name, body in rows}

    def keep(self, place: str, name: str, words: OwnWords) -> None:
        """Keep the words of an intervention. The newest are kept, and empty ones are not."""
        world = f"{place}:{EVERYONE}"
        forget: Statement = ("DELETE FROM words WHERE world = ? AND name = ?", (world, name))
        trim = (
            "DELETE FROM words WHERE world = ?1 AND seq NOT IN"
            " (SELECT seq FROM words WHERE world = ?1 ORDER BY seq DESC LIMIT ?2)"
        )
        add: Statement = (ADD_WORDS, (world, name, words.to_keep))
        statements = [forget] if words.is_empty else [add, (trim, (world, WORDS_AT_MOST))]
        self._file.write(statements, ("words", world))

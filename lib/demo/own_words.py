"""What the app shows when an intervention arrives: Signals itself carries no words.

The words of a demo profile are the story's nudge; for any other intervention people write their own
in the studio. They are text from outside: show them with `plain`.
"""

import json
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass

from lib.text import visible_line

HEADLINE_AT_MOST = 80
TEXT_AT_MOST = 300
BUTTON_AT_MOST = 40
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class OwnWords:
    """The words of one intervention. An empty headline or text is the app's own, and without a
    button it can only be dismissed. `is_told_only` says that it is told in passing, and shown as no
    nudge."""

    headline: str = ""
    text: str = ""
    button: str = ""
    is_told_only: bool = False

    @classmethod
    def of(cls, headline: str, text: str, button: str, *, is_told_only: bool = False) -> "OwnWords":
        """What somebody typed, each on one line and not too long.

        >>> OwnWords.of(" Well \\n done ", "", "Go on")
        OwnWords(headline='Well done', text='', button='Go on', is_told_only=False)
        """
        return cls(
            visible_line(headline)[:HEADLINE_AT_MOST],
            visible_line(text)[:TEXT_AT_MOST],
            visible_line(button)[:BUTTON_AT_MOST],
            is_told_only,
        )

    @classmethod
    def kept(cls, text: str) -> "OwnWords":
        """What `to_keep` gave. Raises `ValueError` and `TypeError` if it is something else."""
        return cls(**json.loads(text))

    @property
    def to_keep(self) -> str:
        """The words as one text, for a file."""
        return json.dumps(asdict(self))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen."""
        return self == OwnWords()

    def unknown_names(self, attributes: Collection[str]) -> list[str]:
        """The names in braces that are none of the attributes.

        >>> OwnWords("{tasks} of {all}").unknown_names(["tasks"])
        ['all']
        """
        named = PLACEHOLDER.findall(f"{self.headline} {self.text}")
        return list(dict.fromkeys(each for each in named if each not in attributes))

"""What the app shows when an intervention arrives: Signals itself carries no words.

The words of a demo profile are for the story's nudge; for any other intervention people write their
own in the studio. They are untrusted text: show them with `plain`.
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
    """The words of one intervention. An empty headline or text means the app's own, and without a
    button it can only be dismissed. `is_told_only` says that it is shown briefly, and not as a
    nudge."""

    headline: str = ""
    text: str = ""
    button: str = ""
    is_told_only: bool = False

    @classmethod
    def of(cls, headline: str, text: str, button: str, *, is_told_only: bool = False) -> "OwnWords":
        """What somebody typed, each on one line and cut to length.

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
        """The words from `to_keep`. Raises `ValueError` or `TypeError` for any other text."""
        return cls(**json.loads(text))

    @property
    def to_keep(self) -> str:
        """The words as one text, for a file."""
        return json.dumps(asdict(self))

    @property
    def is_empty(self) -> bool:
        """Whether all words are the app's own."""
        return self == OwnWords()

    def unknown_names(self, attributes: Collection[str]) -> list[str]:
        """The names in braces that are not attributes.

        >>> OwnWords("{tasks} of {all}").unknown_names(["tasks"])
        ['all']
        """
        named = PLACEHOLDER.findall(f"{self.headline} {self.text}")
        return list(dict.fromkeys(each for each in named if each not in attributes))

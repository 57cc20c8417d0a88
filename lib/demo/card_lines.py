"""Cards as text: one per line, with the priority in brackets unless it is medium."""

import re
from collections.abc import Iterable
from typing import cast

from lib.demo.demo_profile import Item
from lib.project import Priority

ENDING = re.compile(r"\s*\((low|medium|high)\)\s*$", re.IGNORECASE)


def lines_of(cards: Iterable[Item]) -> str:
    """The cards as text, for `cards_of`.

    >>> print(lines_of([Item("Call the printer", "high"), Item("Choose photos")]))
    Call the printer (high)
    Choose photos
    """
    return "\n".join(_line(each) for each in cards)


def _line(card: Item) -> str:
    is_plain = card.priority == "medium" and not ENDING.search(card.title)
    return card.title if is_plain else f"{card.title} ({card.priority})"


def cards_of(text: str) -> tuple[Item, ...]:
    """The cards in a text. Empty lines are skipped."""
    return tuple(_card(line) for line in text.splitlines() if line.strip())


def _card(line: str) -> Item:
    found = ENDING.search(line)
    if found is None:
        return Item(line.strip())
    return Item(line[: found.start()].strip(), cast(Priority, found[1].lower()))

"""Patterns: `like` and `rlike`, neither of which can hang the server.

`like` is SQL's, over the whole text: `%` is any text, `_` any character, and a backslash takes the
next character as it is. It is matched here, in one pass over the text. `rlike` finds a regular
expression anywhere in the text, on the linear-time engine that also validates schemas. Like RE2, it
has no look-around and no back-references.

The time for one text is bounded by the lengths of both *(ours)*: see `TEXT_IN_VALUE`,
`TEXT_FOR_REGEX` and `TEXT_IN_CRITERION` in `limits`. A longer text matches no pattern.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from jsonschema_rs import Draft202012Validator, RegexOptions

from lib.sandbox.limits import TEXT_FOR_REGEX, TEXT_IN_CRITERION, TEXT_IN_VALUE

TextTest = Callable[[str], bool]

# With these, one match takes some 10 ms at `TEXT_FOR_REGEX` characters, whatever the pattern.
REGEX_LIMITS = RegexOptions(size_limit=100_000, dfa_size_limit=100_000)
REGEXES_KEPT = 64  # compiled ones of all sandboxes, up to 200 kB each
PIECE = re.compile(r"\\.|.", re.DOTALL)


class Segment:
    """The part of a `like` pattern between two `%`, found in one pass by the Shift-And algorithm.

    Bit `i` of the state says whether the last characters are the first `i + 1` of the segment.
    Source: https://en.wikipedia.org/wiki/Bitap_algorithm (exact searching)
    """

    def __init__(self, pieces: list[str]) -> None:
        self.length = len(pieces)
        self._text = "".join(piece[-1] for piece in pieces)
        self._any = sum(1 << place for place, piece in enumerate(pieces) if piece == "_")

    def end_in(self, text: str, start: int, end: int) -> int:
        """Where the first occurrence within a part of a text ends; -1 if there is none."""
        if not self._any:
            found = text.find(self._text, start, end)
            return found if found < 0 else found + self.length
        places = self._places()
        state, last = 0, 1 << self.length - 1
        for position in range(start, end):
            state = (state << 1 | 1) & places.get(text[position], self._any)
            if state & last:
                return position + 1
        return -1

    def is_at(self, text: str, start: int) -> bool:
        """Whether a text has it at a position."""
        end = start + self.length
        return end <= len(text) and self.end_in(text, start, end) == end

    def _places(self) -> dict[str, int]:
        """Where each character may be. Not kept: a thousand patterns would take 100 MB."""
        places: dict[str, int] = {}
        for place, character in enumerate(self._text):
            places[character] = places.get(character, self._any) | 1 << place
        return places


def like_test(pattern: str) -> TextTest:
    """A test of whether a whole text matches a `like` pattern.

    >>> like_test("%/pricing")("https://example.com/pricing"), like_test("5_%")("5")
    (True, False)
    """
    segments = _segments(pattern)
    first, *middle = segments[:-1] or segments
    last = segments[-1]
    if len(segments) == 1:
        return lambda text: len(text) == first.length and first.is_at(text, 0)

    def matches(text: str) -> bool:
        position, end = first.length, len(text) - last.length
        if len(text) > TEXT_IN_VALUE or position > end:
            return False
        if not first.is_at(text, 0) or not last.is_at(text, end):
            return False
        for segment in middle:
            position = segment.end_in(text, position, end)
            if position < 0:
                return False
        return True

    return matches


@lru_cache(REGEXES_KEPT)
def regex_test(pattern: str) -> TextTest | None:
    """A test of whether a regular expression is found in a text; None if it is not valid."""
    if len(pattern) > TEXT_IN_CRITERION:
        return None
    try:
        finds = Draft202012Validator({"pattern": pattern}, pattern_options=REGEX_LIMITS).is_valid
    except ValueError:  # not a regular expression, too large, or with lone surrogates
        return None

    def matches(text: str) -> bool:
        try:
            return len(text) <= TEXT_FOR_REGEX and finds(text)
        except ValueError:  # lone surrogates cannot be encoded as UTF-8
            return False

    return matches


def _segments(pattern: str) -> list[Segment]:
    parts: list[list[str]] = [[]]
    for piece in PIECE.findall(pattern):
        if piece == "%":
            parts.append([])
        else:
            parts[-1].append(piece)
    return [Segment(pieces) for pieces in parts]

"""The words of room codes."""

import re

from lib.people.room_words import WORDS


def test_every_word_is_short_and_in_plain_lower_case() -> None:
    assert [word for word in WORDS if not re.fullmatch("[a-z]{3,5}", word)] == []


def test_no_word_is_there_twice() -> None:
    assert len(set(WORDS)) == len(WORDS)

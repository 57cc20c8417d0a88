"""What stands on a card: its title, and what the profile has words for."""

from dataclasses import replace
from datetime import date

import pytest

from lib.demo.demo_profile import DEFAULT
from lib.project import Status, Task
from lib.ui.card_words import card_words

TASK = Task("task-1", "Fix *it*", "high", "in_progress", due=date(2026, 12, 4))


def test_a_card_says_how_urgent_it_is_when_it_is_due_and_whose_it_is() -> None:
    assert card_words(DEFAULT, TASK, is_next=True) == (
        "Fix \\*it\\*\n\n"
        ":red-badge[high] :violet-badge[next] :small[:gray[due 4 Dec]] :violet-badge[**You**]"
    )


@pytest.mark.parametrize(("status", "is_mine"), [("todo", False), ("done", True)])
def test_a_card_is_the_users_once_it_was_started(status: Status, is_mine: bool) -> None:
    assert ("You" in card_words(DEFAULT, replace(TASK, status=status))) == is_mine


def test_a_profile_without_words_for_it_has_neither_day_nor_owner() -> None:
    bare = replace(DEFAULT, due="", mine="")
    assert card_words(bare, TASK) == "Fix \\*it\\*\n\n:red-badge[high]"

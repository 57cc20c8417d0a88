"""The words that a presenter pushes: bounded, on one line each, and theirs only."""

from typing import Any

import pytest
from snowplow_signals import InterventionInstance

from lib.snowplow.interventions import PUSHED
from lib.story.pushed_words import HEADLINE_AT_MOST, TEXT_AT_MOST, PushedWords, pushed_words


def arrived(attributes: dict[str, Any] | None, name: str = PUSHED) -> InterventionInstance:
    return InterventionInstance(name=name, version=1, attributes=attributes)


def test_words_come_back_as_they_were_sent() -> None:
    words = PushedWords.of("Coffee?", "In the *lobby*.")
    assert pushed_words(arrived({"sent_by": "x", **words.attributes})) == words


def test_words_of_any_length_and_form_are_short_and_on_one_line() -> None:
    words = PushedWords.of("W" * 10_000, "a\n\tb\u202e\x00c" + "d" * 10_000)
    assert len(words.headline) == HEADLINE_AT_MOST
    assert words.text.startswith("a bcd") and len(words.text) <= TEXT_AT_MOST


@pytest.mark.parametrize(
    "attributes", [None, {}, {"sent_by": "project app"}, {"headline": " ", "text": ""}]
)
def test_intervention_without_words_has_none(attributes: dict[str, Any] | None) -> None:
    assert pushed_words(arrived(attributes)) is None


def test_rule_that_fires_does_not_speak_for_the_presenter() -> None:
    assert pushed_words(arrived({"headline": "Hi"}, "power_user_nudge")) is None

"""The handler in Python does what the app does."""

from typing import Any

import pytest
from snowplow_signals import InterventionInstance, user_id

from lib.demo.own_words import OwnWords
from lib.studio.handler import written_handler


class Signals:
    """Takes the handler as the SDK's client does."""

    def __init__(self) -> None:
        self.handlers: list[Any] = []

    def pull_interventions(self, targets: Any) -> "Signals":
        assert targets.root == {"user_id": ["me"]}
        return self

    def add_handler(self, handler: Any) -> None:
        self.handlers.append(handler)

    def start(self) -> None:
        pass


def shown(words: OwnWords, name: str = "my_nudge", **attributes: str) -> list[Any]:
    """What the product is asked to show when the intervention of a name arrives."""
    signals, calls = Signals(), []
    product = {
        "sp_signals": signals,
        "USER": "me",
        "user_id": user_id,  # as the definitions beside it import it
        "show_nudge": lambda **given: calls.append(("nudge", given)),
        "tell": lambda **given: calls.append(("tell", given)),
    }
    exec(written_handler("my_nudge", words), product)  # our own text, in a test
    (handler,) = signals.handlers
    handler(InterventionInstance(name=name, version=1, attributes=attributes))
    return calls


def test_the_handler_shows_the_words_with_their_values() -> None:
    words = OwnWords('"Stop"', "{n} of {missing}", "Rest")
    assert shown(words, n="2.50001") == [
        ("nudge", {"headline": '"Stop"', "text": "2.5 of {missing}", "button": "Rest"})
    ]


def test_the_handler_only_tells_what_is_only_told() -> None:
    words = OwnWords("Hi", "there", "Rest", is_told_only=True)
    assert shown(words) == [("tell", {"headline": "Hi", "text": "there"})]


def test_the_handler_leaves_other_interventions_alone() -> None:
    assert shown(OwnWords("Hi"), name="other") == []


@pytest.mark.parametrize("typed", ['"', "'", "\\", "{", "{x", '"""', "\\n", 'f"{1}"'])
def test_what_was_typed_stays_text(typed: str) -> None:
    ((_, given),) = shown(OwnWords(typed, typed, typed))
    assert given == {"headline": typed, "text": typed, "button": typed}

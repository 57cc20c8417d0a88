"""What is kept, and that nobody waits for another's."""

import threading

from lib.cached import cached_property
from tests.support.waiting import ENDLESS_SECONDS, PATIENCE_SECONDS


class Answer:
    """Something that is asked for, and that may have to wait."""

    def __init__(self, holds: threading.Event | None = None) -> None:
        self.asked = threading.Event()
        self.times = 0
        self._holds = holds

    @cached_property
    def text(self) -> str:
        """What it says."""
        self.times += 1
        self.asked.set()
        if self._holds is not None:
            self._holds.wait(ENDLESS_SECONDS)
        return "yes"


def test_a_value_is_computed_once():
    answer = Answer()
    assert (answer.text, answer.text, answer.times) == ("yes", "yes", 1)


def test_each_object_has_its_own():
    first, second = Answer(), Answer()
    assert (first.text, second.times) == ("yes", 0)


def test_an_object_that_waits_keeps_no_other_waiting():
    holds = threading.Event()
    slow, quick = Answer(holds), Answer()
    thread = threading.Thread(target=lambda: slow.text)
    thread.start()
    assert slow.asked.wait(PATIENCE_SECONDS)
    others = threading.Thread(target=lambda: quick.text)
    others.start()
    others.join(PATIENCE_SECONDS)
    is_there = quick.__dict__.get("text")
    holds.set()
    thread.join()
    others.join()
    assert is_there == "yes"


def test_it_says_what_it_is():
    assert Answer.text.__doc__ == "What it says."

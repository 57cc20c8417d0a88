"""The checks of an event: which there are, in which order, and what each looks at."""

from lib.diagnosis import attribute_checks, intervention_checks, tracking_checks
from lib.diagnosis.checks import ok
from lib.diagnosis.event_checks import QUESTIONS, event_checks
from lib.diagnosis.situation import Situation
from tests.support.situations import USER, situation


def test_every_check_is_in_a_module_whose_tests_break_what_it_checks():
    modules = [attribute_checks, intervention_checks, tracking_checks]
    assert {check.__module__ for _, _, check in QUESTIONS} == {each.__name__ for each in modules}


def test_the_checks_are_the_questions_in_their_order():
    checks = event_checks(situation, lambda: None)
    assert [(each.name, each.question) for each in checks] == [
        (name, question) for name, question, _ in QUESTIONS
    ]


def test_each_check_looks_at_the_situation_of_its_moment_and_asks_signals_before():
    looked: list[Situation] = []

    def look() -> Situation:
        looked.append(situation())
        return looked[-1]

    def ask() -> None:
        raise AssertionError("Looking at a check does not prepare it.")

    subject, *_ = checks = event_checks(look, ask)
    assert subject.look() == subject.look() == ok(f"The user id is {USER}.")
    assert len(looked) == 2
    assert {each.prepare for each in checks} == {ask}

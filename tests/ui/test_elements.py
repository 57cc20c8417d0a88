"""Values, problems and code, as every page shows them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.connection.explanations import Explanation
from lib.connection.setting_checks import Problem
from lib.connection.settings import SettingsError
from lib.world.history import Change
from tests.support.steps import alerts

AT = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)


def element(name: str, *arguments: object) -> None:
    from lib.ui import elements

    getattr(elements, name)(*arguments)


def drawn(name: str, *arguments: Any) -> AppTest:
    at = AppTest.from_function(element, args=(name, *arguments)).run()
    assert not at.exception
    return at


@pytest.mark.parametrize(
    ("value", "change", "shown", "delta", "when"),
    [
        (None, None, "—", "no value yet", ""),
        (5, Change(AT, 3, 5), "5", "2", "12:30:15 UTC"),
        (3, Change(AT, None, 3), "3", "3", "12:30:15 UTC"),
        ("high", Change(AT, None, "high"), "high", "first value", ""),
        ("low", Change(AT, "high", "low"), "low", "was high", ""),
        (None, Change(AT, 5, None), "—", "was 5", ""),
    ],
)
def test_value_is_shown_with_its_last_change(
    value: object, change: Change | None, shown: str, delta: str, when: str
) -> None:
    (metric,) = drawn("show_value", "Tasks", value, change).metric
    said = (metric.label, metric.value, metric.delta, metric.proto.delta_description)
    assert said == ("Tasks", shown, delta, when)


def test_markup_in_a_value_is_shown_as_it_is() -> None:
    (metric,) = drawn("show_value", "Last", "**b**", Change(AT, "*a*", "**b**")).metric
    assert metric.value == r"\*\*b\*\*"
    assert metric.delta == r"was \*a\*"


def test_problem_has_what_went_wrong_and_what_to_do() -> None:
    at = drawn("show_problem", Explanation("It is away.", "Wait."))
    assert alerts(at.error) == [("It is away.", "Wait.")]


def test_mistakes_with_one_correction_share_a_line() -> None:
    problems = [
        Problem("A", "A is missing.", "Set A and B."),
        Problem("C", "C is no address.", "Write https://."),
        Problem("B", "B is missing.", "Set A and B."),
    ]
    ((_, text),) = alerts(drawn("show_settings_problems", SettingsError(problems)).error)
    assert text.splitlines() == [
        "- A is missing. B is missing. Set A and B.",
        "- C is no address. Write https://.",
    ]


def test_code_has_no_colors() -> None:
    (block,) = drawn("show_code", "x = 1").code
    assert (block.value, block.language) == ("x = 1", "plaintext")

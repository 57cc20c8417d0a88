"""Intervention criteria, and the instances that subscribers receive."""

import itertools
from typing import Any

import pytest

from lib.sandbox.signals.interventions import Evaluation, Target, instance, is_met, payload_texts
from tests.support.sandbox import criterion, every, new_id, none, some


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (every(criterion("a:x", ">", 1), criterion("a:y", ">", 1)), {(2, 2)}),
        (some(criterion("a:x", ">", 1), criterion("a:y", ">", 1)), {(2, 2), (1, 2), (2, 1)}),
        (none(criterion("a:x", ">", 1), criterion("a:y", ">", 1)), {(1, 1)}),
        (every(some(criterion("a:x", ">", 1)), none(criterion("a:y", ">", 1))), {(2, 1)}),
        (none(every(criterion("a:x", ">", 1), criterion("a:y", ">", 1))), {(1, 1), (1, 2), (2, 1)}),
    ],
)
def test_nested_criteria_hold_for(criteria: Any, expected: set[tuple[int, int]]) -> None:
    states = itertools.product((1, 2), repeat=2)
    met = {(x, y) for x, y in states if is_met(criteria, {"a:x": x, "a:y": y}, {})}
    assert met == expected


def test_values_of_every_type_become_strings() -> None:
    values = {"n": 1, "x": 1.5, "b": True, "s": "a", "l": ["a", 1], "d": {"a": 2}, "none": None}
    received = instance("id", "nudge", 1, Target("user_id", new_id()), payload_texts(values))
    assert received.attributes == {
        "n": "1",
        "x": "1.5",
        "b": "true",
        "s": "a",
        "l": '["a",1]',
        "d": '{"a":2}',
    }


def test_attributes_without_a_value_are_left_out() -> None:
    assert payload_texts({"a": None, "b": ""}) == {"b": ""}


@pytest.mark.parametrize("has_changed", [True, False])
@pytest.mark.parametrize("was_met", [True, False])
@pytest.mark.parametrize("is_met_now", [True, False])
def test_criteria_trigger_only_when_a_change_makes_them_met(
    has_changed: bool, was_met: bool, is_met_now: bool
) -> None:
    evaluation = Evaluation("nudge", 1, has_changed, was_met, is_met_now)
    assert evaluation.triggers == ((has_changed, was_met, is_met_now) == (True, False, True))


def test_changed_compares_with_the_value_before() -> None:
    changed = criterion("a:x", "changed")
    assert is_met(changed, {"a:x": 2}, {"a:x": 1})
    assert is_met(changed, {"a:x": 1}, {})
    assert not is_met(changed, {"a:x": 1}, {"a:x": 1})

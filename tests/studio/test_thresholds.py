"""The numbers that rules compare an attribute with."""

from typing import Any

import snowplow_signals as sdk

from lib.snowplow.definitions import Plan
from lib.studio import ideas
from lib.studio.thresholds import AT_MOST, thresholds

PLAN = Plan(owner="you@example.com", vendor="com.example")


def rule(*criteria: Any) -> sdk.RuleIntervention:
    return sdk.RuleIntervention(
        name="rule",
        version=1,
        owner=PLAN.owner,
        criteria=sdk.InterventionCriteriaAll(all=list(criteria)),
    )


def compared(operator: Any, value: Any, attribute: str = "g:a") -> sdk.InterventionCriterion:
    return sdk.InterventionCriterion(attribute=attribute, operator=operator, value=value)


def test_a_rule_in_two_levels_has_a_line_for_each_number() -> None:
    found = thresholds([ideas.combined(PLAN)[-1]], "momentum", "finished")
    assert [(each.rule, each.words) for each in found] == [
        ("on_a_roll", "≥ 3"),
        ("on_a_roll", "≥ 6"),
    ]


def test_what_is_no_number_and_no_comparison_has_no_line() -> None:
    criteria = [
        compared("=", "high"),
        compared("in", [1, 2]),
        compared("is null", None),
        compared("=", True),
        compared(">=", 5, "other:a"),
        compared(">=", 5, "g:b"),
    ]
    assert thresholds([rule(*criteria)], "g", "a") == []


def test_the_same_comparison_is_one_line_and_there_are_few() -> None:
    same = [compared(">=", 5)] * 3
    many = [compared(">=", each) for each in range(20)]
    assert len(thresholds([rule(*same)], "g", "a")) == 1
    assert len(thresholds([rule(*many)], "g", "a")) == AT_MOST

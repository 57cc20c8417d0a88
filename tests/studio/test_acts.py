"""How often the user of a program acts until the rules are true."""

from typing import Any

import pytest
from snowplow_signals import Criteria, Criterion, Event, EventProperty

from lib.snowplow.definitions import Plan
from lib.studio import ideas
from lib.studio.acts import TIMES, Acts, acts_until_rules_are_true
from tests.support.sandbox import attribute, criterion, every, group, intervention, none, some

PLAN = Plan(owner="you@example.com", vendor="com.example")
COUNT = attribute("count", "counter")
TOTAL = attribute("total", "sum", type="double")
SEVERAL = attribute("several", "counter", events=[*COUNT.events, Event(name="clicked")])
VALUE = EventProperty(vendor="org.example", name="seen", major_version=1, path="value")
SOME = attribute("some", "counter", criteria=Criteria(all=[Criterion.eq(VALUE, "high")]))
OF_ANY_NAME = attribute("of_any_name", "counter", events=[Event(vendor="org.example")])
GROUP = group(COUNT, TOTAL, SEVERAL, SOME, OF_ANY_NAME)


def acts(*criteria: Any) -> Acts:
    """How often to act for rules with these criteria."""
    rules = [intervention(each, name=f"rule_{n}") for n, each in enumerate(criteria)]
    return acts_until_rules_are_true([GROUP, *rules])


def counted(operator: str, value: Any) -> Any:
    return criterion("things:count", operator, value)


@pytest.mark.parametrize(
    ("operator", "value", "count"),
    [(">=", 3, 3), (">", 3, 4), (">=", 2.5, 3), (">", 2.5, 3), ("=", 3, 3), (">=", 100, 100)],
)
def test_a_count_is_reached_with_the_last_act(operator: str, value: float, count: int) -> None:
    assert acts(counted(operator, value)) == Acts(count, is_exact=True, is_enough=True)


@pytest.mark.parametrize(
    "criteria",
    [
        criterion("things:total", ">=", 3),
        criterion("things:several", ">=", 3),
        criterion("things:some", ">=", 3),
        criterion("things:of_any_name", ">=", 3),
        criterion("of_others:count", ">=", 3),
        every(counted(">=", 3), criterion("things:total", "is not null")),
        every(counted(">=", 3), none(counted(">", 7))),
        some(counted(">=", 2), criterion("things:total", ">=", 3)),
    ],
)
def test_what_is_no_plain_count_is_not_promised(criteria: Any) -> None:
    assert acts(criteria) == Acts(3, is_exact=False, is_enough=True)


@pytest.mark.parametrize(
    "criteria",
    [
        counted("changed", None),
        counted("<", 3),
        counted("=", True),
        counted("=", "high"),
        counted(">=", 0),
        none(counted(">=", 3)),
    ],
)
def test_without_a_number_to_reach_there_are_a_few_acts(criteria: Any) -> None:
    assert acts(criteria) == Acts(TIMES, is_exact=False, is_enough=True)


def test_half_a_count_never_is() -> None:
    assert not acts(counted("=", 2.5)).is_exact


def test_of_several_counts_any_takes_the_smallest_and_all_the_largest() -> None:
    both = counted(">=", 2), counted(">=", 4)
    assert acts(some(*both)) == Acts(2, is_exact=True, is_enough=True)
    assert acts(every(*both)) == Acts(4, is_exact=True, is_enough=True)


def test_rules_with_different_counts_do_not_all_wait_for_the_last_act() -> None:
    assert acts(counted(">=", 2), counted(">=", 4)) == Acts(4, is_exact=False, is_enough=True)
    assert acts(counted(">=", 4), counted(">", 3)) == Acts(4, is_exact=True, is_enough=True)


def test_more_than_a_hundred_is_not_enough() -> None:
    assert acts(counted(">", 100)) == Acts(TIMES, is_exact=True, is_enough=False)
    assert acts(counted(">", 100), counted(">=", 2)).count == 2


def test_a_rule_in_two_levels_reaches_its_largest_number() -> None:
    assert acts_until_rules_are_true(ideas.combined(PLAN)) == Acts(6, False, True)


def test_the_newest_version_of_a_group_decides_what_counts() -> None:
    older = group(attribute("count", "sum", type="int64"))
    newer = group(COUNT, version=2)
    rule = intervention(counted(">=", 3))
    assert acts_until_rules_are_true([newer, older, rule]).is_exact

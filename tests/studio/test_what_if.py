"""Each part of a rule is told true or false for some values."""

from lib.snowplow.criteria import Distance
from lib.studio.what_if import RulePart, rule_parts
from tests.support.sandbox import criterion, every, none, some

RULE = every(
    criterion("g:n", ">=", 3),
    some(criterion("g:p", "=", "high"), criterion("g:p", "=", "low")),
    none(criterion("g:c", "changed")),
)


def test_each_part_is_told_with_its_depth() -> None:
    parts = list(rule_parts(RULE, {"n": 2, "p": "high", "c": 1}))

    assert parts == [
        RulePart(0, "all of these are true", False, True),
        RulePart(1, "n >= 3", False, False, 2, Distance(2, 3)),
        RulePart(1, "at least one of these is true", True, True),
        RulePart(2, 'p = "high"', True, False, "high"),
        RulePart(2, 'p = "low"', False, False, "high"),
        RulePart(1, "none of these is true", None, True),
        RulePart(2, "c changes", None, False, 1),
    ]


def test_a_single_criterion_is_a_tree_of_one() -> None:
    parts = list(rule_parts(criterion("g:n", ">", 1), {"n": 2}))
    assert parts == [RulePart(0, "n > 1", True, False, 2, Distance(2, 1))]


def test_what_was_not_read_is_unknown_and_has_no_distance() -> None:
    (part,) = rule_parts(criterion("g:n", ">", 1), {})
    assert (part.is_met, part.is_read, part.distance) == (None, False, None)


def test_groups_with_attributes_of_one_name_are_told_apart() -> None:
    rule = every(criterion("g:n", ">", 1), criterion("h:n", ">", 1))
    _, one, other = rule_parts(rule, {"g:n": 1, "h:n": 2})
    assert (one.is_met, other.is_met) == (False, True)


def test_a_combination_of_one_part_is_that_part() -> None:
    (part,) = rule_parts(every(some(criterion("g:n", ">", 1))), {"n": 2})
    assert (part.depth, part.words) == (0, "n > 1")


def test_what_should_not_become_true_has_no_distance() -> None:
    unwanted = list(rule_parts(none(criterion("g:n", ">", 5)), {"n": 1}))[-1]
    wanted = list(rule_parts(none(none(criterion("g:n", ">", 5))), {"n": 1}))[-1]
    assert (unwanted.distance, wanted.distance) == (None, Distance(1, 5))

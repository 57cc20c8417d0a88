"""Each part of a rule is told true or false for some values."""

from lib.studio.what_if import Part, rule_parts
from tests.support.sandbox import criterion, every, none, some

RULE = every(
    criterion("g:n", ">=", 3),
    some(criterion("g:p", "=", "high"), criterion("g:p", "=", "low")),
    none(criterion("g:c", "changed")),
)


def test_each_part_is_told_with_its_depth() -> None:
    parts = list(rule_parts(RULE, {"n": 2, "p": "high", "c": 1}))

    assert parts == [
        Part(0, "all of these are true", False, True),
        Part(1, "n >= 3", False, False),
        Part(1, "at least one of these is true", True, True),
        Part(2, 'p = "high"', True, False),
        Part(2, 'p = "low"', False, False),
        Part(1, "none of these is true", None, True),
        Part(2, "c changes", None, False),
    ]


def test_a_single_criterion_is_a_tree_of_one() -> None:
    assert list(rule_parts(criterion("g:n", ">", 1), {"n": 2})) == [Part(0, "n > 1", True, False)]

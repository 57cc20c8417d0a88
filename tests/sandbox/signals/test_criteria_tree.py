"""Criteria as a tree, as the SDK's models have it."""

from typing import Any

from snowplow_signals.models.model import RuleInterventionInput

from lib.sandbox.signals.criteria_tree import branches, criteria_depth, criterion_leaves, references
from tests.support.sandbox import criterion, every, intervention, none, some


def parsed(criteria: Any) -> Any:
    dumped = intervention(criteria).model_dump(mode="json", exclude_none=True)
    return RuleInterventionInput.model_validate(dumped).criteria


TREE = every(
    criterion("a:b", ">", 1), some(criterion("c:d", "=", 2), none(criterion("a:b", "<", 3)))
)


def test_leaves_and_references_come_in_order() -> None:
    tree = parsed(TREE)
    assert [leaf.value for leaf in criterion_leaves(tree)] == [1, 2, 3]
    assert list(references(tree)) == [("a", "b"), ("c", "d"), ("a", "b")]


def test_depth_counts_levels() -> None:
    assert criteria_depth(parsed(TREE)) == 4
    assert criteria_depth(parsed(criterion("a:b", "=", 1))) == 1


def test_a_single_criterion_has_no_branches() -> None:
    assert branches(parsed(criterion("a:b", "=", 1))) is None
    assert len(branches(parsed(TREE)) or []) == 2

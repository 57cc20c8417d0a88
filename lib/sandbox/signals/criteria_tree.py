"""The criteria of an intervention: a tree of `all`, `any` and `none` whose leaves are criteria."""

from collections.abc import Iterator
from typing import Any


def branches(criteria: Any) -> list[Any] | None:
    """The children of an `all`, `any` or `none`; None for a single criterion."""
    for operator in ("all", "any", "none"):
        if hasattr(criteria, operator):
            children: list[Any] = getattr(criteria, operator)
            return children
    return None


def criterion_leaves(criteria: Any) -> Iterator[Any]:
    """Each criterion in a tree of `all`, `any` and `none`."""
    children = branches(criteria)
    if children is None:
        yield criteria
        return
    for child in children:
        yield from criterion_leaves(child)


def references(criteria: Any) -> Iterator[tuple[str, str]]:
    """The attributes in an intervention's criteria, as (group, attribute)."""
    for criterion in criterion_leaves(criteria):
        group, attribute = criterion.attribute.split(":", 1)
        yield group, attribute


def criteria_depth(criteria: Any) -> int:
    """How many levels there are; 1 for a single criterion."""
    deepest = 0
    level = [criteria]
    while level:
        deepest += 1
        level = [child for each in level for child in branches(each) or []]
    return deepest

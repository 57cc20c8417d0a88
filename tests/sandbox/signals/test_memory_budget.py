"""The memory of all caches together: who is emptied, and who is forgotten."""

import gc

from lib.sandbox.signals.memory_budget import MemoryBudget


class Kept:
    """A cache that says how much it holds."""

    def __init__(self, budget: MemoryBudget) -> None:
        self.budget = budget
        self.size = 0

    def hold(self, size: int) -> None:
        self.size = size
        self.budget.note(self, size)

    def empty(self) -> None:
        self.size = 0


def test_the_cache_that_was_used_longest_ago_is_emptied() -> None:
    budget = MemoryBudget(100)
    first, second, third = (Kept(budget) for _ in range(3))
    first.hold(40)
    second.hold(40)
    first.hold(41)
    third.hold(30)
    assert [each.size for each in (first, second, third)] == [41, 0, 30]
    assert budget.total == 71


def test_a_cache_is_never_emptied_for_itself() -> None:
    budget = MemoryBudget(100)
    only = Kept(budget)
    only.hold(500)
    assert (only.size, budget.share) == (500, 25)


def test_a_cache_that_shrinks_or_is_gone_makes_room() -> None:
    budget = MemoryBudget(100)
    kept, gone = Kept(budget), Kept(budget)
    kept.hold(60)
    kept.hold(10)
    gone.hold(80)
    assert budget.total == 90
    del gone
    gc.collect()
    assert budget.total == 10

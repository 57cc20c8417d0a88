"""A place that asks a model too often has to wait, and others do not."""

from lib.people import model_budget
from lib.people.model_budget import ModelBudget


def test_one_place_uses_up_its_own_questions_only():
    budget = ModelBudget()
    taken = [budget.take("a") for _ in range(model_budget.AT_ONCE + 1)]
    assert taken == [True] * model_budget.AT_ONCE + [False]
    assert budget.take("b")


def test_all_places_together_have_a_limit():
    budget = ModelBudget()
    taken = [budget.take(str(number)) for number in range(model_budget.AT_ONCE_IN_ALL + 10)]
    assert taken[:10] == [True] * 10 and not taken[-1]

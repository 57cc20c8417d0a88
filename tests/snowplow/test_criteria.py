"""What the app says of criteria: right where it says something, and in words for a person."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snowplow_signals import (
    InterventionCriteriaAll,
    InterventionCriteriaAny,
    InterventionCriteriaNone,
    InterventionCriterion,
)

from lib.sandbox.signals.interventions import is_met
from lib.sandbox.signals.operators import OPERATORS
from lib.snowplow.criteria import COMBINATIONS, criteria_text, meets, names_in

COUNT = "tasks_completed_count"
UNKNOWN = InterventionCriterion(attribute="g:unread", operator="is null")


def one(operator: str, value: Any = None, name: str = COUNT) -> InterventionCriterion:
    return InterventionCriterion(attribute=f"g:{name}", operator=operator, value=value)  # type: ignore[arg-type]


def every(*parts: Any) -> InterventionCriteriaAll:
    return InterventionCriteriaAll(all=list(parts))


def some(*parts: Any) -> InterventionCriteriaAny:
    return InterventionCriteriaAny(any=list(parts))


def none(*parts: Any) -> InterventionCriteriaNone:
    return InterventionCriteriaNone(none=list(parts))


def said(truth: bool | None) -> Any:
    """Criteria of which only this is known."""
    return UNKNOWN if truth is None else one("is null" if truth else "is not null", name="null")


NULL = {"null": None}

truths = st.sampled_from([True, False, None])
names = st.sampled_from(["a", "b", "c"])
scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 2.0, "", "x", "y"])
lists = st.lists(st.integers(-3, 3), max_size=2) | st.lists(st.sampled_from("xy"), max_size=2)
leaves = st.builds(one, st.sampled_from([*OPERATORS, "changed"]), scalars | lists, names)
trees = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda combine, parts: combine(*parts),
        st.sampled_from([every, some, none]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)
values = st.dictionaries(names, scalars | lists, max_size=3)


# Single criteria


@pytest.mark.parametrize(
    ("operator", "met_by"),
    [
        ("=", {5}),
        ("!=", {4, 6}),
        ("<", {4}),
        (">", {6}),
        ("<=", {4, 5}),
        (">=", {5, 6}),
    ],
)
def test_numbers_are_compared(operator, met_by):
    assert {n for n in (4, 5, 6) if meets(one(operator, 5), {COUNT: n})} == met_by
    assert {n for n in (4, 5, 6) if meets(one(operator, 5.0), {COUNT: n})} == met_by


@pytest.mark.parametrize(
    ("criterion", "value", "met"),
    [
        (one("=", "high"), "high", True),
        (one("=", "high"), "low", False),
        (one("!=", "high"), "low", True),
        (one("<", "b"), "a", True),
        (one("=", True), True, True),
        (one("in", ["high", "low"]), "high", True),
        (one("in", ["high", "low"]), "medium", False),
        (one("in", []), "high", False),
        (one("not in", ["high", "low"]), "high", False),
        (one("not in", ["high", "low"]), "medium", True),
        (one("not in", []), "high", True),
    ],
)
def test_texts_and_truths_are_compared(criterion, value, met):
    assert meets(criterion, {COUNT: value}) is met


def test_a_text_is_in_a_list_and_not_in_a_longer_text():
    assert meets(one("in", "higher"), {COUNT: "high"}) is False
    assert meets(one("in", "high"), {COUNT: "high"}) is True


def test_only_null_is_null():
    for value, is_null in ((None, True), (0, False), ("", False), (False, False), ([], False)):
        assert meets(one("is null"), {COUNT: value}) is is_null
        assert meets(one("is not null"), {COUNT: value}) is not is_null


@pytest.mark.parametrize("operator", sorted(set(OPERATORS) - {"is null", "is not null"}))
def test_a_comparison_with_null_is_false(operator):
    assert meets(one(operator, 5), {COUNT: None}) is False
    assert meets(one(operator, None), {COUNT: 5}) is False


@pytest.mark.parametrize("operator", ["like", "not like", "rlike", "not rlike", "changed"])
def test_a_value_alone_does_not_decide_patterns_and_changes(operator):
    assert meets(one(operator, "h%"), {COUNT: "high"}) is None


def test_whether_null_has_changed_is_unknown_too():
    assert meets(one("changed"), {COUNT: None}) is None


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_an_attribute_that_was_not_read_is_unknown(operator):
    assert meets(one(operator, 5), {"other": 5}) is None


@pytest.mark.parametrize(
    ("value", "other"), [(5, "5"), (1, True), (0, False), (["x"], "x"), ({"x": 1}, "x")]
)
def test_values_of_different_kinds_are_not_compared(value, other):
    for operator in ("=", "!=", "<", ">=", "in", "not in"):
        assert meets(one(operator, other), {COUNT: value}) is None


def test_what_has_no_order_is_not_ordered():
    assert meets(one("<", True), {COUNT: False}) is None
    assert meets(one("<", [2]), {COUNT: [1]}) is None


# Combinations


def test_attributes_are_found_by_their_name_without_the_group():
    criteria = every(one(">=", 5), one("=", "high", "last_priority"))
    assert meets(criteria, {COUNT: 5, "last_priority": "high"}) is True
    assert meets(criteria, {COUNT: 5, "last_priority": "low"}) is False


def test_criteria_can_be_nested():
    criteria = every(one(">=", 3), some(one("=", "a", "x"), none(one("=", "b", "x"))))
    met = {x: meets(criteria, {COUNT: 3, "x": x}) for x in "abc"}
    assert met == {"a": True, "b": False, "c": True}
    assert meets(criteria, {COUNT: 2, "x": "a"}) is False


def test_without_parts_all_and_none_are_met_and_any_is_not():
    assert [meets(each(), {}) for each in (every, some, none)] == [True, False, True]


@given(st.lists(truths, max_size=5))
def test_a_combination_is_what_each_way_to_fill_in_the_unknown_agrees_on(parts):
    """The meaning of None: what is false whatever it may be is false, and so is what is true."""
    filled: list[list[bool]] = [[]]
    for part in parts:
        choices = (True, False) if part is None else (part,)
        filled = [[*known, choice] for known in filled for choice in choices]
    meanings = {"all": all, "any": any, "none": lambda known: not any(known)}
    for name, combine in COMBINATIONS.items():
        outcomes = {bool(meanings[name](known)) for known in filled}
        assert combine(parts) is (outcomes.pop() if len(outcomes) == 1 else None)


@given(st.lists(truths, max_size=5))
def test_none_is_the_opposite_of_any_and_de_morgan_holds(parts):
    opposite = {True: False, False: True, None: None}
    criteria = [said(part) for part in parts]
    assert meets(none(*criteria), NULL) is opposite[meets(some(*criteria), NULL)]
    assert meets(every(*(none(each) for each in criteria)), NULL) is meets(none(*criteria), NULL)
    assert meets(none(*(none(each) for each in criteria)), NULL) is meets(every(*criteria), NULL)


@given(st.permutations([True, False, None, True]))
def test_the_order_of_parts_does_not_matter(parts):
    criteria = [said(part) for part in parts]
    assert [meets(each(*criteria), NULL) for each in (every, some, none)] == [False, True, False]


@given(truths)
def test_a_single_part_stands_for_itself(truth):
    criterion = said(truth)
    for combine in (every, some):
        assert meets(combine(criterion), NULL) is truth
    assert meets(none(none(criterion)), NULL) is truth


@given(trees, values, st.dictionaries(names, scalars, max_size=3))
def test_where_the_app_has_an_answer_the_sandbox_has_the_same(criteria, known, before):
    met = meets(criteria, known)
    qualified = {f"g:{name}": value for name, value in known.items()}
    earlier = {f"g:{name}": value for name, value in before.items()}
    assert met is None or met is is_met(criteria, qualified, earlier)


@given(trees, st.fixed_dictionaries({name: scalars for name in "abc"}), names)
def test_what_is_known_without_a_value_holds_with_it(criteria, known, lost):
    less = {name: value for name, value in known.items() if name != lost}
    met = meets(criteria, less)
    assert met is None or met is meets(criteria, known)


# In words


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        (one(">=", 5), "tasks_completed_count >= 5"),
        (one(">=", 5.0), "tasks_completed_count >= 5"),
        (one("<", 0.25), "tasks_completed_count < 0.25"),
        (one(">", 1_234_567.0), "tasks_completed_count > 1234567"),
        (one("=", "high", "priority"), 'priority = "high"'),
        (one("=", "", "priority"), 'priority = ""'),
        (one("=", True, "is_paying"), "is_paying = true"),
        (one("in", ["low", "high"], "priority"), 'priority in "low", "high"'),
        (one("not in", [1, 2]), "tasks_completed_count not in 1, 2"),
        (one("in", []), "tasks_completed_count in nothing"),
        (one("is null"), "tasks_completed_count is null"),
        (one("is not null"), "tasks_completed_count is not null"),
        (one("changed"), "tasks_completed_count changes"),
        (some(one(">=", 5)), "tasks_completed_count >= 5"),
        (every(some(every(one(">=", 5)))), "tasks_completed_count >= 5"),
        (every(one(">", 1, "a"), one("<", 2, "b")), "a > 1 and b < 2"),
        (some(one(">", 1, "a"), one("<", 2, "b")), "a > 1 or b < 2"),
        (none(one(">", 1, "a"), one("<", 2, "b")), "neither (a > 1) nor (b < 2)"),
        (none(one(">", 1, "a")), "not (a > 1)"),
        (
            every(one(">", 1, "a"), some(one("<", 2, "b"), one("=", 3, "c"))),
            "a > 1 and (b < 2 or c = 3)",
        ),
        (
            some(every(one(">", 1, "a"), one("<", 2, "b")), some(one("=", 3, "c"))),
            "(a > 1 and b < 2) or c = 3",
        ),
        (every(one(">", 1, "a"), none(one("<", 2, "b"))), "a > 1 and (not (b < 2))"),
        (every(), "always"),
        (some(), "never"),
        (none(), "always"),
    ],
)
def test_criteria_are_written_in_words(criteria, words):
    assert criteria_text(criteria) == words


@given(trees)
def test_words_are_one_line_with_brackets_that_match(criteria):
    words = criteria_text(criteria)
    depth = 0
    for letter in words:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        assert depth >= 0
    assert depth == 0 and words and "\n" not in words


@given(trees)
def test_the_attributes_that_are_named_are_those_that_matter(criteria):
    named = names_in(criteria)
    assert len(named) == len(set(named)) and set(named) <= set("abc")
    values = {"a": 1, "b": "x", "c": None}
    only_named = {name: value for name, value in values.items() if name in named}
    assert meets(criteria, only_named) is meets(criteria, values)


def test_attributes_are_named_once_in_the_order_of_the_criteria():
    criteria = every(one(">", 1, "b"), some(one("<", 2, "a"), one("=", 3, "b")))
    assert names_in(criteria) == ["b", "a"]

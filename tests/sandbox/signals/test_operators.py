"""The operators: what they compare and what they do not, and that no pattern hangs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.sandbox.limits import TEXT_FOR_REGEX, TEXT_IN_VALUE
from lib.sandbox.signals.operators import OPERATORS, compare

NAMES = ["=", "!=", "<", ">", "<=", ">=", "like", "not like", "rlike", "not rlike", "in", "not in"]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)


def naive_like(text: str, pattern: str) -> bool:
    """SQL LIKE by recursion, one character at a time."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(naive_like(text[i:], pattern[1:]) for i in range(len(text) + 1))
    if pattern[0] == "_":
        return bool(text) and naive_like(text[1:], pattern[1:])
    literal = pattern[1] if pattern[0] == "\\" and len(pattern) > 1 else pattern[0]
    rest = pattern[2:] if pattern[0] == "\\" and len(pattern) > 1 else pattern[1:]
    return text[:1] == literal and naive_like(text[1:], rest)


def test_the_table_holds_every_operator_but_changed() -> None:
    assert set(OPERATORS) == {*NAMES, "is null", "is not null"}


@pytest.mark.parametrize("operator", NAMES)
def test_a_comparison_with_null_is_false(operator: str) -> None:
    for value in (5, "a", ["a"], None):
        assert not compare(operator, None, value)
        assert not compare(operator, value, None)


def test_only_null_is_null() -> None:
    for value in (0, "", False, [], {}):
        assert (compare("is null", value, None), compare("is not null", value, None)) == (0, 1)
    assert (compare("is null", None, None), compare("is not null", None, None)) == (1, 0)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [(5, 5), (5, 5.0), ("a", "a"), (True, True), ([1, "a"], [1.0, "a"]), ([], [])],
)
def test_equal_values_are_equal(actual: Any, expected: Any) -> None:
    assert compare("=", actual, expected)
    assert not compare("!=", actual, expected)
    assert compare("in", actual, ["other", expected]) or isinstance(actual, list)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [(5, "5"), (1, True), (0, False), ("a", "A"), ([1], [True]), (["a"], "a"), (["a"], ["a", "b"])],
)
def test_values_of_another_type_or_content_are_unequal(actual: Any, expected: Any) -> None:
    assert not compare("=", actual, expected)
    assert compare("!=", actual, expected)


def test_only_numbers_and_strings_are_ordered() -> None:
    assert compare("<", 4, 4.5) and compare(">=", 5, 5) and compare("<", "a", "b")
    for actual, expected in [(5, "6"), (False, True), (0, True), ([1], [2]), ({}, {})]:
        assert not any(compare(name, actual, expected) for name in ("<", ">", "<=", ">="))


def test_no_comparison_with_nan_holds() -> None:
    assert not any(compare(name, float("nan"), 1) for name in ("=", "<", ">", "<=", ">=", "in"))


@pytest.mark.parametrize(
    ("value", "pattern", "matches"),
    [
        ("pricing", "pric%", True),
        ("pricing", "pric", False),
        ("pricing", "%ICING", False),
        ("a\nb", "a%b", True),
        ("a\nb", "a_b", True),
        ("a\n", "a", False),
        ("50%", r"50\%", True),
        ("50 off", r"50\%", False),
        ("a_b", r"a\_b", True),
        ("a\\b", r"a\\b", True),
        ("a\\", "a\\", True),
        ("a.b", "a.b", True),
        ("axb", "a.b", False),
        ("(é😀)", "(_😀)", True),
        ("", "%", True),
        ("", "", True),
        (5, "5", False),
    ],
)
def test_like_is_sql_like_over_the_whole_value(value: Any, pattern: str, matches: bool) -> None:
    assert compare("like", value, pattern) is matches
    assert compare("not like", value, pattern) is not matches


@given(st.text("ab%_\\\n.^$[-é"), st.text("ab%_\\\n.^$[-é", max_size=8))
def test_like_equals_a_match_by_recursion(text: str, pattern: str) -> None:
    assert compare("like", text, pattern) is naive_like(text, pattern)


def test_rlike_finds_the_pattern_anywhere() -> None:
    assert compare("rlike", "a team of nine", "t.am|crew")
    assert not compare("rlike", "a team of nine", "^team")
    assert compare("not rlike", "a team of nine", "^team")
    assert compare("rlike", "Team", "(?i)team")


@pytest.mark.parametrize("pattern", ["(", "*", "[a", "(?=a)", r"(a)\1", "\ud800", 5])
def test_with_an_invalid_pattern_both_forms_are_false(pattern: Any) -> None:
    assert not compare("rlike", "a", pattern)
    assert not compare("not rlike", "a", pattern)


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*b", "(a|aa)+$", "(.*.*)*x", "((a{0,90}){0,90}){0,90}b", "(a{100}){30}b"],
)
@pytest.mark.parametrize("value", ["a" * 40 + "!", "a" * TEXT_FOR_REGEX, "a" * 1_000_000])
def test_no_regular_expression_hangs(pattern: str, value: str) -> None:
    assert compare("rlike", value, pattern) in (True, False)


def test_a_text_above_the_limit_matches_no_pattern() -> None:
    assert compare("rlike", "a" * TEXT_FOR_REGEX, "a$")
    assert compare("like", "a" * TEXT_IN_VALUE, "%a")
    assert not compare("rlike", "a" * (TEXT_FOR_REGEX + 1), "a$")
    assert not compare("like", "a" * (TEXT_IN_VALUE + 1), "%a")


def test_patterns_look_at_the_end_of_a_long_list() -> None:
    pages = ["/first", *["/" + "a" * 999] * 9, "/last"]
    assert compare("like", pages, "/last") and compare("rlike", pages, "^/last")
    assert compare("like", pages, "/first") and not compare("rlike", pages, "^/first")
    assert not compare("like", ["/first", *pages[1:], *pages[1:]], "/first")


def test_in_takes_a_list_or_a_single_value() -> None:
    assert compare("in", "pro", ["free", "pro"]) and compare("in", 1, [1.0])
    assert compare("in", "pro", "pro") and not compare("in", "pro", "a pro")
    assert compare("not in", "pro", ["free"]) and not compare("in", 1, ["1", True])


@pytest.mark.parametrize("value", [1, "pro", True, [], ["pro"]])
def test_nothing_is_in_an_empty_list_and_every_value_is_not_in_it(value: Any) -> None:
    assert not compare("in", value, []) and compare("not in", value, [])
    assert not compare("in", None, []) and not compare("not in", None, [])


def test_a_list_meets_like_rlike_and_in_when_one_element_does() -> None:
    pages = ["/home", "/pricing"]
    assert compare("like", pages, "/pric%") and not compare("not like", pages, "/pric%")
    assert compare("rlike", pages, "ing$") and not compare("not rlike", pages, "ing$")
    assert compare("in", pages, ["/pricing"]) and not compare("not in", pages, ["/pricing"])
    assert not compare("in", [], ["/pricing"]) and compare("not in", [], ["/pricing"])


@given(st.sampled_from(sorted(OPERATORS)), anything, anything)
def test_no_value_makes_a_comparison_raise(operator: str, actual: Any, expected: Any) -> None:
    assert compare(operator, actual, expected) in (True, False)

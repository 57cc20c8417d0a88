"""Patterns that made the server stand still, or fill its memory, and what they match."""

import pytest

from lib.sandbox.limits import TEXT_FOR_REGEX, TEXT_IN_CRITERION, TEXT_IN_VALUE
from lib.sandbox.signals.patterns import REGEXES_KEPT, like_test, regex_test

LONG = "ab" * (TEXT_IN_VALUE // 2)


@pytest.mark.parametrize(
    "pattern",
    [
        "%a" * 500,
        "%_" * 500,
        "a" + "_" * 998 + "c",
        "%a" + "_" * 998 + "c%",
        "%" + "a_" * 499 + "%",
        "%" + "ab" * 400 + "c%",
    ],
)
def test_like_reads_a_text_once_whatever_the_pattern(pattern: str) -> None:
    read: list[int] = []

    class Counted(str):
        def __getitem__(self, position: object) -> str:
            read.append(1)
            return super().__getitem__(position)  # type: ignore[index]

    like_test(pattern)(Counted(LONG))
    assert len(read) <= len(LONG) + 2 * len(pattern)  # the two ends are looked at by themselves


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("%a_c%", "xxabcxx"), ("_%_", "ab"), ("%_b_%_b_%", "abcabc"), ("a%b%a", "aba"), ("%%", "")],
)
def test_like_finds_parts_with_any_character_anywhere(pattern: str, text: str) -> None:
    assert like_test(pattern)(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("_%_", "a"), ("a%a", "a"), ("%ab%ab%", "ab ba"), ("%a_c", "abcd"), ("ab%bc", "abc")],
)
def test_parts_of_a_like_pattern_do_not_overlap(pattern: str, text: str) -> None:
    assert not like_test(pattern)(text)


def test_a_regular_expression_that_is_too_long_is_invalid() -> None:
    assert regex_test("a" * TEXT_IN_CRITERION) is not None
    assert regex_test("a" * (TEXT_IN_CRITERION + 1)) is None


def test_no_text_makes_a_regular_expression_raise() -> None:
    finds = regex_test("a")
    assert finds is not None
    assert not finds("\ud800a") and not finds("a" * (TEXT_FOR_REGEX + 1))


def test_few_compiled_regular_expressions_are_kept() -> None:
    for number in range(2 * REGEXES_KEPT):
        regex_test(f"a{number}")
    assert regex_test.cache_info().currsize == REGEXES_KEPT

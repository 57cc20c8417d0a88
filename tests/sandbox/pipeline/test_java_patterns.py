r"""Patterns as Java reads them: all cases were tried with java.util.regex of Java 17.

Snowplow's validator looks for a match anywhere in the text (`Matcher.find`).
"""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.sandbox.pipeline.iglu import Iglu, IgluError, Problem
from lib.sandbox.pipeline.java_patterns import UnknownHere, in_javascript

URI = "iglu:org.acme/thing/jsonschema/1-0-0"


def iglu_with(pattern: str) -> Iglu:
    described = {"vendor": "org.acme", "name": "thing", "format": "jsonschema", "version": "1-0-0"}
    iglu = Iglu()
    iglu.add({"self": described, "pattern": pattern})
    return iglu


def matches(pattern: str, text: str) -> bool:
    iglu = iglu_with(pattern)
    assert iglu.problems == []
    return not iglu.check(URI, text).failures


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        (r"(?i)^abc$", ["abc", "ABC", "aBc"], ["abd"]),
        (r"^a(?i)b|C$", ["ab", "aB", "c", "C"], ["Ab"]),
        (r"^(a(?i)b|C)d$", ["aBd", "cd"], ["aBD", "Abd"]),
        (r"(?i)a(?-i)b", ["Ab", "ab"], ["AB"]),
        (r"(?s)a.b", ["a\nb"], ["ab"]),
        (r"(?m)^b$", ["a\nb"], ["ab"]),
        (r"\Aab\z", ["ab"], ["xab", "ab\n"]),
        (r"^ab\Z", ["ab", "ab\n"], ["abc"]),
        (r"^\p{Alpha}+$", ["aB"], ["é", "1"]),
        (r"^\p{Lower}$", ["a"], ["é", "A"]),
        (r"^[\p{Alnum}_]+$", ["a_1"], ["é", "-"]),
        (r"^\P{Alpha}$", ["é", "1"], ["a"]),
        (r"^\pL$", ["é"], ["1"]),
        (r"^[\w-.]+$", ["a-b.c"], ["a b"]),
        (r"^[]a]+$", ["]a"], ["b"]),
        (r"^[^]]$", ["a"], ["]"]),
        (r"^[a[bc]]$", ["a", "b", "c"], ["["]),
        (r"^\Qa.b[\E+$", ["a.b[", "a.b[["], ["axb["]),
        (r"^a++$", ["aaa"], ["b"]),
        (r"^(?>a)b{1,2}+$", ["abb"], ["b"]),
        (r"^\h\R$", ["\t\r\n", "\u00a0\n"], ["ab"]),
        (r"^\s$", [" ", "\t"], ["\u00a0", "\ufeff"]),
        (r"^\e\a\x41\x{1F600}\0101\u0041$", ["\x1b\x07A\U0001f600AA"], ["A"]),
        (r"^(?<first>a)\1$", ["aa"], ["ab"]),
        (r"^\-\_\/\@\ \"$", ['-_/@ "'], ["-"]),
        (r"^a}]$", ["a}]"], ["a"]),
        (r"^(?!x)(?<!y)a(?=b)", ["ab"], ["xb"]),
    ],
)
def test_pattern_is_read_as_in_java(pattern: str, matching: list[str], others: list[str]):
    assert [each for each in matching + others if matches(pattern, each)] == matching


@pytest.mark.parametrize(
    "pattern",
    [
        "^[a-zA-Z0-9-_.]+$",
        r"^\d{4}-\d{2}$",
        "^(a|b)?$",
        "a{2,}",
        r"\.",
        "^[^@]+@[^@]+$",
        "(?:a)",
        "",
    ],
)
def test_what_both_languages_read_alike_is_left_alone(pattern: str):
    assert in_javascript(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("{", "is not a repetition"),
        ("a{,3}", "is not a repetition"),
        (r"\y", r"\\y is not known to Java"),
        ("(a", "not closed"),
        ("a)", "not open"),
        ("[a", "not closed"),
        ("(?<a_b>x)", "starts no group"),
        ("(?P<a>x)", "starts no group"),
        ("a\\", "ends with a backslash"),
        ("a{2,1}", 'is not a "regex"'),
    ],
)
def test_pattern_that_java_refuses_makes_the_schema_unusable(pattern: str, words: str):
    with pytest.raises(IgluError, match=words):
        iglu_with(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["[a-z&&[^b]]", r"(?x) a b", r"\X", r"\N{DIGIT ONE}", r"\p{InGreek}", r"\p{javaLowerCase}",
     r"[\S-]", r"(?<n>a)\k<n>"],
)  # fmt: skip
def test_pattern_that_cannot_be_translated_is_reported_and_not_checked(pattern: str):
    iglu = iglu_with(pattern)
    assert iglu.check(URI, "\u0370 anything").failures == ()
    assert iglu.problems == [Problem(URI, f"the pattern {pattern!r} is not checked")]


PIECES = st.sampled_from(
    [*r"ab1^$.*+?|()[]{}\-,&:<=!", "(?i)", "(?i:", r"\p{Alpha}", r"\Q", r"\E", "[^", "(?<n>", r"\s"]
)


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(st.characters(), max_size=20))
def test_any_text_is_translated_or_refused(pattern: str):
    with suppress(ValueError, UnknownHere):
        assert isinstance(in_javascript(pattern), str)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", ["a", "(", "[", "(?i)", r"\Q", "[[", "|", r"\p{Alpha}", "{"])
def test_long_pattern_is_translated_at_once(part: str):
    with suppress(ValueError, UnknownHere, RecursionError):
        in_javascript(part * 50_000)

"""Quoting: what was sent is short in a message, and can be written as JSON."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.sandbox.pipeline.quoting import cleaned, quoted, quoted_value, shortened

ANY_TEXT = st.text(st.characters())  # lone surrogates too


def test_text_within_the_length_is_whole():
    assert shortened("x" * 300) == "x" * 300


def test_longer_text_keeps_its_start_and_its_end():
    assert shortened("a" * 500 + "b" * 500) == "a" * 150 + " … " + "b" * 150


@pytest.mark.parametrize(
    ("text", "clean"), [("a\tb", "a    b"), ("a\x00\nb\x7f", "ab"), ("a\ud800b", "a?b"), ("é", "é")]
)
def test_control_characters_and_lone_surrogates_are_cleaned(text: str, clean: str):
    assert cleaned(text) == clean


@given(ANY_TEXT)
def test_quoted_text_is_short_and_can_be_written(text: str):
    assert len(orjson.dumps(quoted(text)).decode()) < 300


def test_value_is_quoted_as_python_writes_it():
    assert quoted_value({"a": None}) == "{'a': None}"
    assert len(quoted_value("x" * 1_000_000)) < 110

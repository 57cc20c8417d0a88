"""Which values are scalars, and which of them are equal."""

import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.sandbox.signals.scalars import canonical, from_canonical, is_int64, is_number, is_scalar
from tests.support.naive import HOSTILE, SCALARS, identity


@pytest.mark.parametrize("value", SCALARS, ids=ascii)
def test_text_numbers_and_booleans_are_scalars(value: Any) -> None:
    assert is_scalar(value)


@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_value_that_json_or_sqlite_cannot_hold_is_rejected(value: Any) -> None:
    assert not is_scalar(value)


@pytest.mark.parametrize("value", [0, 2**63 - 1, -(2**63)])
def test_integers_of_64_bits_are_numbers(value: int) -> None:
    assert is_int64(value) and is_number(value)


@pytest.mark.parametrize("value", [True, False, 2**63, -(2**63) - 1, "1", None, math.nan, math.inf])
def test_booleans_text_and_large_integers_are_not_numbers(value: Any) -> None:
    assert not is_int64(value) and not is_number(value)


def test_float_is_a_number_but_not_an_integer() -> None:
    assert is_number(1.0) and not is_int64(1.0)


@pytest.mark.parametrize("one", SCALARS, ids=ascii)
def test_equal_values_and_only_they_share_a_canonical_form(one: Any) -> None:
    for other in SCALARS:
        assert (canonical(one) == canonical(other)) == (identity(one) == identity(other))


@given(st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.booleans()))
def test_a_canonical_form_stands_for_an_equal_value(value: Any) -> None:
    assert identity(from_canonical(canonical(value))) == identity(value)
    assert hash(canonical(value)) == hash(canonical(from_canonical(canonical(value))))


def test_canonical_form_survives_json() -> None:
    forms = [canonical(value) for value in SCALARS]
    stored = orjson.loads(orjson.dumps([from_canonical(form) for form in forms]))
    assert [canonical(value) for value in stored] == forms

"""Values in their declared type, and values that cannot be converted."""

import math
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snowplow_signals import Attribute

from lib.sandbox.signals.values import converter, typed_value
from tests.support.naive import SCALARS

TYPES = sorted(get_args(Attribute.model_fields["type"].annotation))


@pytest.mark.parametrize(
    ("type_name", "value", "expected"),
    [
        ("int32", 5.0, 5),
        ("int64", 5.9, 5),
        ("int64", True, None),
        ("int64", "5", None),
        ("int64", 2**63, None),
        ("int64", 3_000_000_000, 3_000_000_000),
        ("int32", 3_000_000_000, None),
        ("int32", -(2**31), -(2**31)),
        ("int32_list", [1, 2**31], [1]),
        ("int64", 1e300, None),
        ("int32", math.nan, None),
        ("double", 5, 5.0),
        ("float", math.inf, None),
        ("double", False, None),
        ("string", 5, "5"),
        ("string", True, "true"),
        ("string", {"a": 1}, None),
        ("bytes", "a", "a"),
        ("bool", True, True),
        ("bool", 1, None),
        ("dict", {"a": 1}, {"a": 1}),
        ("dict", "a", None),
        ("timestamp", "2026-01-01", "2026-01-01"),
    ],
)
def test_value_is_converted_or_is_none(type_name: str, value: Any, expected: Any) -> None:
    converted = typed_value(type_name, value)
    assert (converted, type(converted)) == (expected, type(expected))


def test_a_list_type_converts_each_item_and_leaves_out_what_it_cannot() -> None:
    assert typed_value("int64_list", [1, "two", 3.0, None]) == [1, 3]


def test_a_single_value_of_a_list_type_is_a_list_of_one() -> None:
    assert typed_value("string_list", "a") == ["a"]


@pytest.mark.parametrize("type_name", TYPES)
def test_null_is_null_in_every_type_of_the_sdk(type_name: str) -> None:
    assert typed_value(type_name, None) is None


@given(st.sampled_from(TYPES), st.sampled_from([*SCALARS, {}, {"a": 1}, [], ["a", 1, None]]))
def test_no_value_of_an_aggregation_makes_a_conversion_raise(type_name: str, value: Any) -> None:
    orjson.dumps(converter(type_name)(value))

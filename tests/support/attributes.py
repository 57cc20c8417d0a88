"""The attributes of an answer, for tests that know two of them."""

from collections.abc import Mapping
from typing import Any

from lib.snowplow.attributes import KEY
from lib.snowplow.definitions import ATTRIBUTES, COUNT, PRIORITY


def count_and_priority(values: Mapping[str, Any]) -> tuple[Any, Any]:
    """The two attributes that every test knows. The others may be any, but all that are published
    by default must be there, and nothing else but the key."""
    assert set(values) - {KEY} == set(ATTRIBUTES)
    return values[COUNT], values[PRIORITY]

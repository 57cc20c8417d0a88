"""Definitions of each kind, and what a registry says that refuses one."""

from collections.abc import Callable
from typing import Any

import pytest
from snowplow_signals import AttributeKey, EntityProperty, SignalsAPIError

from tests.support.sandbox import World, attribute, criterion, group, intervention, service

COUNT = attribute("count", "counter")
TOTAL = attribute("total", "sum", type="int64")
PROJECT = AttributeKey(
    name="project_id",
    property=EntityProperty(vendor="com.example", name="project", major_version=1, path="id"),
)
DEFINITIONS = [
    PROJECT,
    group(COUNT),
    service(group(COUNT)),
    intervention(criterion("things:count", ">=", 2)),
]
COLLECTIONS = ("attribute_keys", "attribute_groups", "services", "interventions")  # one for each


def refusal(call: Callable[[], Any]) -> tuple[int, Any]:
    with pytest.raises(SignalsAPIError) as caught:
        call()
    return caught.value.status_code, caught.value.message


def problems(world: World, collection: str, body: Any) -> list[tuple[list[Any], str]]:
    """Location and message of each problem; fails the test if it is not refused with 422."""
    answer = world.api("POST", f"registry/{collection}/", body)
    assert answer.status_code == 422, answer.text
    return [(each["loc"], each["msg"]) for each in answer.json()["detail"]]

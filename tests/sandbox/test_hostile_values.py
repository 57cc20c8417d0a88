"""Values that Python's `json` accepts and other readers do not: no later read may fail."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lib.sandbox.server.serving import EmbeddedServer
from tests.support.sandbox import (
    HTTP,
    SEEN,
    TP2,
    UNSTRUCT,
    World,
    attribute,
    criterion,
    group,
    intervention,
    listening,
    new_id,
    payload,
    seen,
    service,
)
from tests.support.waiting import PATIENCE_SECONDS

EVERY_KIND = group(
    attribute("last", "last", type="string"),
    attribute("last_number", "last", type="int64"),
    attribute("sum", "sum", type="int64"),
    attribute("sum_double", "sum", type="double"),
    attribute("min", "min", type="double"),
    attribute("mean", "mean", type="double"),
    attribute("listed", "unique_list", type="string_list"),
    attribute("counted", "category_count", type="dict"),
    attribute("frequent", "most_frequent", type="string"),
    attribute("distinct", "approx_count_distinct", type="int32"),
    attribute("windowed", "last", type="string", period="P7D"),
)
RULE = intervention(criterion("things:last", "changed"))
HOSTILE = {
    "lone surrogate": '"\\ud800"',
    "NaN": "NaN",
    "Infinity": "Infinity",
    "-Infinity": "-Infinity",
    "1e400": "1e400",
    "400 digits": "1" * 400,
    "NUL": '"a\\u0000b"',
    "object": '{"a": {"b": [1]}}',
    "array": "[1, [2]]",
    "deep": "[" * 2000 + "]" * 2000,
    "2**63 - 1": str(2**63 - 1),
    "2**63": str(2**63),
    "2**64 - 1": str(2**64 - 1),
    "2**64": str(2**64),
    "-2**63": str(-(2**63)),
    "1e308": "1e308",
    "long": json.dumps("x" * 100_000),
    "unpaired emoji": '"\U0001f600"',
    "boolean": "true",
    "null": "null",
}


@pytest.fixture(scope="module")
def hardened(shared_server: EmbeddedServer) -> Iterator[World]:
    world = World(shared_server.url)
    world.signals.publish([EVERY_KIND, service(EVERY_KIND), RULE])
    yield world


def post_raw(world: World, user: str, value: str) -> None:
    """An event whose property `value` is this JSON, exactly."""
    envelope = '{"schema":"%s","data":{"schema":"%s","data":{"value":%s}}}'
    event = {"e": "ue", "eid": new_id(), "uid": user, "ue_pr": envelope % (UNSTRUCT, SEEN, value)}
    answer = HTTP.post(world.collector + TP2, content=payload(event))
    assert (answer.status_code, answer.text) == (200, "ok")


def strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_values_can_be_read_after_a_hostile_one(hardened: World, value: str) -> None:
    user = new_id()
    for each in ("1", value, value, '"fine"'):
        post_raw(hardened, user, each)
    body = {"service": "everything", "attribute_keys": {"user_id": [user]}}
    answer = hardened.api("POST", "get-online-attributes", body)
    assert answer.status_code == 200, answer.text
    assert strict(answer.text)["last"] == ["fine"]


@pytest.mark.parametrize(
    "name",
    ["lone surrogate", "NaN", "Infinity", "1e400", "400 digits", "NUL", "object", "array", "deep"],
)
def test_unusable_value_changes_no_attribute(hardened: World, name: str) -> None:
    user = new_id()
    post_raw(hardened, user, "1")
    before = hardened.read("user_id", user)
    post_raw(hardened, user, HOSTILE[name])
    assert hardened.read("user_id", user) == before


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_interventions_go_on_after_a_hostile_value(hardened: World, value: str) -> None:
    user = new_id()
    with listening(hardened.signals, user_id=user) as subscription:
        post_raw(hardened, user, value)
        post_raw(hardened, user, '"fine"')
        received = subscription.get(timeout=PATIENCE_SECONDS)
        while received.attributes["last"] != "fine":
            received = subscription.get(timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("value", ["\x00", "\ud800", "a\x00b", "x" * 100_000, "\U0001f600"])
def test_hostile_identifier_does_not_break_the_collector(hardened: World, value: str) -> None:
    user = new_id()
    body = payload(seen(value, {"value": 1}))
    assert HTTP.post(hardened.collector + TP2, content=body).status_code == 200
    hardened.post(seen(user, {"value": 2}))
    assert hardened.read("user_id", user)["last"] == ["2"]

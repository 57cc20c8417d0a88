"""What people's tests ask of Micro, against the sandbox, in our own words: see micro.js.

Neither npm nor PyPI has such a helper. Snowplow publishes its own as examples to copy, for Cypress
and Nightwatch: testing/jsm/helpers.js and testing/nightwatch in
snowplow-incubator/snowplow-micro-examples.
"""

from typing import Any

import pytest

from tests.support.chromium import Chromium
from tests.support.node import node
from tests.support.older import older
from tests.support.sandbox import World, new_id

FORM = "iglu:com.snowplowanalytics.snowplow/submit_form/jsonschema/1-0-0"
LINK = "iglu:com.snowplowanalytics.snowplow/link_click/jsonschema/1-0-1"
TASK = "iglu:com.example/task_completed/jsonschema/1-0-0"
PROJECT = "iglu:com.example/project/jsonschema/1-0-0"
WEB_PAGE = "iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0"


@pytest.fixture
def micro(isolated: World) -> World:
    """A sandbox that no other test uses: its lists are counted, and it is reset."""
    return World(isolated.url)


def asked(micro: World, *questions: dict[str, Any]) -> list[Any]:
    """The answers in order."""
    answers: list[Any] = node("micro.js", {"micro": micro.collector, "questions": questions})
    return answers


def visited(chromium: Chromium, shop_port: int, micro: World, *events: str) -> None:
    until = {"sent": len(events) + events.count("form")}
    page = f"http://127.0.0.1:{shop_port}/older"
    visit = chromium.person().visit(
        page, micro.collector, user="ada", events=events, until=until, tracker={}
    )
    assert sum(visit.report["sent"]) == until["sent"]


def tracked(micro: World, *priorities: str) -> None:
    """Two events without entities, and then tasks with one."""
    endpoint = micro.collector.removeprefix("http://")
    told = {"endpoint": endpoint, "user": new_id(), "emitter": {"method": "post"}}
    assert older("0.15.0", {**told, "priorities": priorities})["failed"] == []


def test_helpers_find_events_of_a_page_by_type_schema_values_and_columns(
    chromium: Chromium, shop_port: int, micro: World
) -> None:
    visited(chromium, shop_port, micro, "page", "click", "link", "form")
    email = {"name": "email", "value": "ada@example.com"}
    wanted: list[tuple[dict[str, Any], int]] = [
        ({"eventType": "page_view"}, 1),
        ({"eventType": "struct"}, 1),
        ({"eventType": "unstruct"}, 3),
        ({"schema": FORM}, 1),
        ({"schema": FORM, "values": {"elements": [email]}}, 1),
        ({"schema": FORM, "values": {"elements": [{"name": "password"}]}}, 0),
        ({"values": {"elementClasses": ["bold"]}}, 1),
        ({"parameters": {"user_id": "ada", "name_tracker": "old-shop", "txn_id": None}}, 5),
        ({"contexts": [{"schema": WEB_PAGE}]}, 5),
    ]
    answers = asked(micro, {"bad": None}, *({"count": each} for each, _ in wanted))
    assert answers == [0, *(count for _, count in wanted)]


def test_helpers_look_into_the_entities_of_events_that_have_none(micro: World) -> None:
    tracked(micro, "high", "low")
    project = {"schema": PROJECT, "data": {"plan": "free"}}
    other = {"schema": PROJECT, "data": {"plan": "pro"}}
    assert asked(
        micro,
        {"count": {}},
        {"count": {"contexts": []}},
        {"count": {"contexts": [project]}},
        {"count": {"contexts": [other]}},
        {"count": {"schema": TASK, "contexts": [project], "values": {"priority": "low"}}},
    ) == [4, 2, 2, 0, 1]


def test_helpers_see_in_which_order_events_came(
    chromium: Chromium, shop_port: int, micro: World
) -> None:
    visited(chromium, shop_port, micro, "page")
    visited(chromium, shop_port, micro, "link")
    order = [{"eventType": "page_view"}, {"schema": LINK}]
    assert asked(micro, {"inOrder": order}, {"inOrder": order[::-1]}) == [True, False]


def test_helpers_count_failed_events_and_start_over(micro: World) -> None:
    tracked(micro, "high", "urgent")
    nothing = {"total": 0, "good": 0, "bad": 0}
    assert asked(
        micro,
        {"all": None},
        {"bad": None},
        {"count": {"schema": TASK}},
        {"reset": None},
        {"all": None},
        {"count": {}},
        {"bad": None},
    ) == [{"total": 4, "good": 3, "bad": 1}, 1, 1, nothing, nothing, 0, 0]

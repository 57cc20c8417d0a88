"""Accepted and failed events in one list, each in the same shape."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from lib.sandbox.pipeline.enrich import Collected
from lib.sandbox.pipeline.events import Failure
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.pipeline.payload import Refused
from lib.sandbox.queries.inspection import inspected_events
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.storage.store import Store
from tests.support.sandbox import NOW, SEEN, UNSTRUCT, HandClock, new_id, seen

DESCRIBED = json.dumps({"schema": UNSTRUCT, "data": {"schema": SEEN, "data": {}}})


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def sandbox(clock: HandClock) -> Iterator[Sandbox]:
    sandbox = Sandbox("inspected", Store(":memory:"), Iglu(), clock)
    yield sandbox
    sandbox.store.close()


def collect(
    sandbox: Sandbox, *events: dict[str, str], refused: list[Refused] | None = None
) -> None:
    asyncio.run(sandbox.collect(list(events), refused or [], Collected(sandbox.now())))


def test_accepted_event_shows_its_data_and_what_was_sent(sandbox: Sandbox) -> None:
    sent = seen(new_id(), {"value": 1})
    collect(sandbox, sent)
    [event] = inspected_events(sandbox, None, 10)
    atomic, raw = event.pop("atomic"), event.pop("raw")
    assert event == {
        "status": "accepted",
        "event_id": sent["eid"],
        "collector_tstamp": NOW,
        "name": "seen",
        "schema": SEEN,
        "user_id": sent["uid"],
        "data": {"value": 1},
        "entities": [],
        "unvalidated": [SEEN],
        "failures": [],
    }
    assert (atomic["user_id"], raw) == (sent["uid"], sent)


@pytest.mark.parametrize(
    ("described", "name", "schema"),
    [
        ({"ue_pr": DESCRIBED}, "seen", SEEN),
        ({"ue_px": urlsafe_b64encode(DESCRIBED.encode()).decode().rstrip("=")}, "seen", SEEN),
        ({"ue_pr": "{"}, "unknown", None),
        ({"ue_px": "!"}, "unknown", None),
        ({"ue_pr": '{"data": {"schema": "iglu:nothing"}}'}, "unknown", None),
        ({"ue_pr": "[]"}, "unknown", None),
        ({}, "unknown", None),
    ],
)
def test_failed_event_is_named_by_its_schema_where_that_can_be_read(
    sandbox: Sandbox, described: dict[str, str], name: str, schema: str | None
) -> None:
    collect(sandbox, {"e": "ue", "eid": new_id(), "se_va": "much", **described})
    [event] = inspected_events(sandbox, None, 10)
    assert (event["status"], event["name"], event["schema"]) == ("failed", name, schema)
    assert "$.se_va" in [failure["path"] for failure in event["failures"]]


def test_body_that_could_not_be_read_is_a_failed_event_too(sandbox: Sandbox) -> None:
    collect(sandbox, refused=(Refused("nonsense", [Failure(None, "$", "is no event")]),))
    [event] = inspected_events(sandbox, None, 10)
    assert (event["status"], event["raw"], event["schema"]) == ("failed", "nonsense", None)


def test_accepted_and_failed_events_are_newest_first_up_to_the_limit(
    sandbox: Sandbox, clock: HandClock
) -> None:
    sent: list[Any] = []
    for fields in ({}, {"se_va": "much"}, {}, {"se_va": "much"}):
        sent.append(seen(new_id()) | fields)
        collect(sandbox, sent[-1])
        clock.forward(seconds=1)
    newest = [each["eid"] for each in reversed(sent)]
    assert [each["event_id"] for each in inspected_events(sandbox, None, 10)] == newest
    assert [each["event_id"] for each in inspected_events(sandbox, None, 3)] == newest[:3]


def test_only_the_events_of_a_user_are_listed_for_them(sandbox: Sandbox) -> None:
    one, other = new_id(), new_id()
    for fields in ({}, {"se_va": "much"}):
        collect(sandbox, *(seen(user) | fields for user in (one, other)))
    listed = inspected_events(sandbox, one, 10)
    assert sorted((each["status"], each["user_id"]) for each in listed) == [
        ("accepted", one),
        ("failed", one),
    ]


def test_events_of_others_since_then_do_not_hide_those_of_a_user(sandbox: Sandbox) -> None:
    """Whether they were accepted or not."""
    one, other = new_id(), new_id()
    for user in (one, other, other):
        collect(sandbox, seen(user), seen(user, se_va="much"))
    listed = inspected_events(sandbox, one, 2)
    assert sorted((each["status"], each["user_id"]) for each in listed) == [
        ("accepted", one),
        ("failed", one),
    ]

"""What is known of an event from what the tracker sends."""

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from lib.world.tracked_event import tracked_event

SCHEMA = "iglu:com.example/task_completed/jsonschema/1-0-0"


def described(schema: Any) -> str:
    return orjson.dumps({"schema": "unstruct", "data": {"schema": schema, "data": {}}}).decode()


def test_a_self_describing_event_has_the_name_of_its_schema():
    event = tracked_event(
        {"e": "ue", "eid": "1", "uid": "u", "dtm": "1767323045000", "ue_pr": described(SCHEMA)}
    )
    assert (event.event_id, event.name, event.schema, event.user_id, event.state) == (
        *("1", "task_completed", SCHEMA, "u", "sending"),
    )
    assert event.tstamp == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_description_may_be_encoded():
    encoded = base64.urlsafe_b64encode(described(SCHEMA).encode()).decode()
    assert tracked_event({"e": "ue", "ue_px": encoded}).schema == SCHEMA


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("pv", "page_view"),
        ("pp", "page_ping"),
        ("se", "event"),
        ("tr", "unknown"),
        (None, "unknown"),
    ],
)
def test_other_events_have_the_name_of_the_tracker_protocol(code, name):
    event = tracked_event({"e": code})
    assert (event.name, event.schema, event.user_id) == (name, None, None)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"ue_pr": "{"},
        {"ue_pr": "[]"},
        {"ue_pr": described(5)},
        {"ue_pr": described("task_completed")},
        {"ue_pr": described("iglu:com.example/task_completed")},
        {"ue_px": "é"},
        {"ue_px": "AAAA"},
    ],
)
def test_a_description_that_cannot_be_read_has_no_schema(fields: dict[str, str]):
    assert tracked_event({"e": "ue", **fields}).schema is None


@pytest.mark.parametrize("tstamp", [None, "", "yesterday", "-5"])
def test_an_event_without_a_readable_time_happened_now(tstamp):
    before = datetime.now(UTC)
    assert before <= tracked_event({"e": "pv", "dtm": tstamp}).tstamp <= datetime.now(UTC)


def test_what_the_tracker_sends_is_kept_whole_and_not_printed():
    payload = {"e": "se", "eid": "1", "se_la": "secret"}
    event = tracked_event(payload)
    assert event.payload == payload
    assert "secret" not in repr(event)


@pytest.mark.parametrize(
    ("state", "is_final"),
    [("sending", False), ("waiting", False), ("sent", True), ("refused", True)],
)
def test_sent_and_refused_are_final(state, is_final):
    assert replace(tracked_event({}), state=state).is_final is is_final

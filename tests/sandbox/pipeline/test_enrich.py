"""Enrich: from tracker-protocol fields to the canonical event, or to a failed one."""

import base64
import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snowplow_tracker import (
    PagePing,
    PageView,
    StructuredEvent,
    Subject,
)

from lib.sandbox.limits import ENTITIES_IN_EVENT
from lib.sandbox.pipeline.enrich import ANONYMOUS_ID, ATOMIC, Collected, enrich, failed_event
from lib.sandbox.pipeline.events import Entity, Event, FailedEvent, Failure
from lib.sandbox.pipeline.tracker_fields import COLUMNS
from tests.support.enriched import (
    BOARD,
    CONTEXTS,
    IGLU,
    NOW,
    PROJECT,
    RECEIVED,
    TASK,
    TASK_COMPLETED,
    UNSTRUCT_EVENT,
    UUID,
    bad,
    good,
    reason,
    self_describing,
    task_completed,
    tracked,
)


def test_whole_event_of_the_real_tracker():
    subject = Subject().set_user_id(UUID).set_platform("srv")
    fields = tracked(task_completed(TASK, BOARD), subject=subject)
    created = int(fields["dtm"])
    event = good({**fields, "stm": str(created + 250)})
    assert event == Event(
        event_id=fields["eid"],
        collector_tstamp=NOW,
        derived_tstamp=NOW - 250,
        vendor="com.example",
        name="task_completed",
        version="1-0-0",
        atomic={
            "app_id": "app",
            "collector_tstamp": NOW,
            "derived_tstamp": NOW - 250,
            "dvce_created_tstamp": created,
            "dvce_sent_tstamp": created + 250,
            "etl_tstamp": NOW,
            "event": "unstruct",
            "event_format": "jsonschema",
            "event_id": fields["eid"],
            "event_name": "task_completed",
            "event_vendor": "com.example",
            "event_version": "1-0-0",
            "name_tracker": "ns",
            "network_userid": "cookie",
            "platform": "srv",
            "user_id": UUID,
            "user_ipaddress": "10.0.0.1",
            "useragent": "Python",
            "v_collector": "snowplow-signals-sandbox",
            "v_etl": "snowplow-signals-sandbox",
            "v_tracker": fields["tv"],
        },
        data=TASK,
        entities=[Entity("com.example", "project", "1-0-0", BOARD)],
        unvalidated=[],
    )


@pytest.mark.parametrize(
    ("event", "key"),
    [
        (PageView("https://a.b/c"), ("com.snowplowanalytics.snowplow", "page_view", "1-0-0")),
        (PagePing("https://a.b/c"), ("com.snowplowanalytics.snowplow", "page_ping", "1-0-0")),
        (StructuredEvent("c", "a"), ("com.google.analytics", "event", "1-0-0")),
        (task_completed(), ("com.example", "task_completed", "1-0-0")),
    ],
)
def test_type_of_event_gives_vendor_name_and_version(event: Any, key: tuple[str, str, str]):
    result = good(tracked(event))
    assert (result.vendor, result.name, result.version) == key


@pytest.mark.parametrize(("kind", "name"), [("tr", "transaction"), ("ti", "transaction_item")])
def test_legacy_transactions_are_snowplow_events(kind: str, name: str):
    event = good({"e": kind, "tr_tt": "9.5", "ti_qu": "2"})
    assert (event.vendor, event.name) == ("com.snowplowanalytics.snowplow", name)
    assert (event.atomic["tr_total"], event.atomic["ti_quantity"]) == (9.5, 2)


def test_unknown_type_of_event_fails():
    assert reason(e="xx")[1] == 'e (event): "xx" is not one of ue, pv, pp, se, tr, ti'


def test_missing_type_of_event_fails():
    [failure] = bad({}).failures
    assert failure.message == "e (event): it is missing and must be one of ue, pv, pp, se, tr, ti"


def test_all_faults_of_an_event_are_collected():
    fields = tracked(task_completed({"task_id": 1, "priority": "urgent"}, {"plan": "free"}))
    failed = bad({**fields, "sid": "no", "dtm": "soon"})
    assert sorted((one.schema, one.path) for one in failed.failures) == [
        (PROJECT, "$"),
        (TASK_COMPLETED, "$.priority"),
        (TASK_COMPLETED, "$.task_id"),
        (ATOMIC, "$.dtm"),
        (ATOMIC, "$.sid"),
    ]


def test_failed_event_keeps_the_payload_the_ids_and_the_schema():
    fields = {**tracked(task_completed({})), "uid": UUID}
    failed = bad(fields)
    assert (failed.payload, failed.event_id, failed.user_id) == (fields, fields["eid"], UUID)
    assert (failed.schema, failed.collector_tstamp) == (TASK_COMPLETED, NOW)


def test_failed_event_of_any_payload_takes_what_ids_it_can():
    failures = [Failure(None, "$", "no")]
    assert failed_event("text", failures, RECEIVED) == FailedEvent(NOW, "text", failures)
    failed = failed_event({"eid": "x", "uid": 5}, failures, RECEIVED)
    assert (failed.event_id, failed.user_id) == ("x", None)


def test_empty_values_are_absent():
    event = good({"e": "pv", "uid": "", "eid": "", "dtm": "", "sid": "", "res": "", "cx": ""})
    assert "user_id" not in event.atomic
    assert len(event.event_id) == 36


def test_missing_event_id_is_made():
    event = enrich({"e": "pv"}, RECEIVED, IGLU, new_id=lambda: UUID)
    assert isinstance(event, Event)
    assert event.event_id == event.atomic["event_id"] == UUID


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "cookie"),
        ({"nuid": "n"}, "n"),
        ({"nuid": "n", "tnuid": "t"}, "t"),
        ({"tnuid": "t", "nuid": "n"}, "t"),
        ({"tnuid": "", "nuid": "n"}, "n"),
    ],
)
def test_tnuid_beats_nuid_beats_the_cookie(fields: dict[str, str], expected: str):
    assert good({"e": "pv", **fields}).atomic["network_userid"] == expected


def test_fields_beat_the_request():
    atomic = good({"e": "pv", "ua": "Mozilla", "ip": "1.2.3.4, 5.6.7.8"}).atomic
    assert (atomic["useragent"], atomic["user_ipaddress"]) == ("Mozilla", "1.2.3.4")


def test_header_over_the_limit_fails_only_where_it_is_used():
    received = Collected(NOW, user_agent="x" * 1001)
    assert good({"e": "pv", "ua": "Mozilla"}, received).atomic["useragent"] == "Mozilla"
    [failure] = bad({"e": "pv"}, received).failures
    assert failure == Failure(
        ATOMIC,
        "$",
        "the User-Agent header (useragent): has 1,001 characters; the column holds 1,000",
    )


@pytest.mark.parametrize("address", ["10.0.0.1", "2001:db8::1", None])
@pytest.mark.parametrize("sent", [{}, {"ip": "1.2.3.4"}])
def test_anonymous_request_keeps_neither_address_nor_network_id(address, sent):
    """The address is `unknown`, as in Service of snowplow/stream-collector."""
    fields = {"e": "pv", "nuid": "n", "tnuid": "t", **sent}
    received = Collected(NOW, address, "Python", "cookie", anonymous=True)
    atomic = good(fields, received).atomic
    assert atomic["user_ipaddress"] == "unknown"
    assert atomic["network_userid"] == ANONYMOUS_ID


def test_schemas_of_vendors_that_are_not_held_are_marked_once():
    uri = "iglu:org.acme/thing/jsonschema/1-0-0"
    entity = {"schema": uri, "data": {"any": "thing"}}
    fields = self_describing(uri, {"a": [1]})
    event = good({**fields, "co": json.dumps({"schema": CONTEXTS, "data": [entity, entity]})})
    assert event.unvalidated == [uri]
    assert event.data == {"a": [1]}


def test_faults_of_one_event_are_bounded():
    data = [{"schema": PROJECT, "data": {}}] * ENTITIES_IN_EVENT
    failed = bad({"e": "pv", "co": json.dumps({"schema": CONTEXTS, "data": data})})
    assert len(failed.failures) == 100


NAMES = st.sampled_from([*COLUMNS, "e", "ue_px", "ue_pr", "cx", "co", "res", "vp", "ds", "tnuid"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children),
    max_leaves=8,
)
ENVELOPE = st.builds(
    lambda schema, data: json.dumps({"schema": schema, "data": data}),
    st.sampled_from([UNSTRUCT_EVENT, CONTEXTS]),
    JSON
    | st.lists(st.fixed_dictionaries({"schema": st.just(PROJECT) | JSON, "data": JSON}))
    | st.fixed_dictionaries(
        {
            "schema": st.sampled_from([TASK_COMPLETED, "iglu:a/b/jsonschema/1-0-0"]) | JSON,
            "data": JSON,
        }
    ),
)
URL = st.builds("{}://{}/{}?utm_source={}&_sp={}#{}".format, *[st.text(max_size=4)] * 6)
ANY_TEXT = st.text(st.characters(), max_size=20)  # lone surrogates too
VALUES = (
    ANY_TEXT
    | st.integers().map(str)
    | st.floats().map(str)
    | st.sampled_from(["pv", "se", "ue", "pp", UUID, "1x2"])
    | ENVELOPE
    | ENVELOPE.map(lambda text: base64.b64encode(text.encode()).decode())
    | URL
)


@given(fields=st.dictionaries(NAMES | ANY_TEXT, VALUES, max_size=12), text=ANY_TEXT)
def test_no_fields_make_it_raise_and_every_event_can_be_written(fields: dict[str, str], text: str):
    result = enrich(fields, Collected(NOW, text, text, text), IGLU)
    if isinstance(result, Event):
        orjson.dumps(result)
        assert result.derived_tstamp >= 0
    else:
        assert result.failures
        orjson.dumps(result.failures)


@given(
    kind=st.sampled_from(["pv", "se"]),
    fields=st.dictionaries(NAMES, st.integers(0, 10**6).map(str)),
)
def test_unread_fields_change_nothing(kind: str, fields: dict[str, str]):
    fields = {**fields, "e": kind}
    first = enrich(fields, RECEIVED, IGLU, new_id=lambda: UUID)
    second = enrich({**fields, "x": "1", "tt_": "2"}, RECEIVED, IGLU, new_id=lambda: UUID)
    if isinstance(first, FailedEvent) and isinstance(second, FailedEvent):
        assert first.failures == second.failures
    else:
        assert first == second


@pytest.mark.parametrize("sources", [("co",), ("cx",), ("cx", "co")])
def test_event_with_too_many_entities_fails_and_says_so(sources: tuple[str, ...]) -> None:
    entities = [{"schema": PROJECT, "data": BOARD}] * (ENTITIES_IN_EVENT // len(sources))
    fields = {"e": "pv", **{each: contexts(each, entities) for each in sources}}
    assert len(good(fields).entities) == ENTITIES_IN_EVENT
    fields[sources[-1]] = contexts(sources[-1], [*entities, entities[0]])
    [failure] = bad(fields).failures
    assert failure.message.startswith(f"{sources[-1]}: an event has at most 500 entities, not ")


def contexts(source: str, entities: list[dict[str, Any]]) -> str:
    envelope = json.dumps({"schema": CONTEXTS, "data": entities})
    return base64.b64encode(envelope.encode()).decode() if source == "cx" else envelope

"""Enrich: from tracker-protocol fields to the canonical event, or to a failed one."""

import base64
import json
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snowplow_signals.models.model import AtomicProperty
from snowplow_tracker import (
    PagePing,
    PageView,
    SelfDescribing,
    SelfDescribingJson,
    StructuredEvent,
    Subject,
    Tracker,
)

from lib.sandbox.pipeline.enrich import ANONYMOUS_ID, ATOMIC, Collected, enrich, failed_event
from lib.sandbox.pipeline.events import Entity, Event, FailedEvent, Failure
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.pipeline.tracker_fields import COLUMNS

IGLU = Iglu(Path("lib/schemas"))
NOW = 1_700_000_000_000
RECEIVED = Collected(NOW, ip="10.0.0.1", user_agent="Python", cookie_id="cookie")
TASK_COMPLETED = "iglu:com.example/task_completed/jsonschema/1-0-0"
PROJECT = "iglu:com.example/project/jsonschema/1-0-0"
UNSTRUCT_EVENT = "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0"
CONTEXTS = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1"
UUID = "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01"
TASK = {"task_id": "t1", "priority": "high"}
BOARD = {"project_id": "p1", "plan": "free"}


class Captured:
    """An emitter that keeps the payloads, as the strings that would be posted."""

    def __init__(self) -> None:
        self.payloads: list[dict[str, str]] = []

    def input(self, payload: dict[str, Any]) -> None:
        self.payloads.append({name: str(value) for name, value in payload.items()})

    def flush(self) -> None: ...

    async_flush = sync_flush = flush


def tracked(
    event: Any, encode_base64: bool = True, subject: Subject | None = None
) -> dict[str, str]:
    emitter = Captured()
    Tracker("ns", emitter, subject, "app", encode_base64).track(event)
    [payload] = emitter.payloads
    return payload


def task_completed(data: Any = TASK, *entities: Any) -> SelfDescribing:
    context = [SelfDescribingJson(PROJECT, entity) for entity in entities]
    return SelfDescribing(SelfDescribingJson(TASK_COMPLETED, data), context=context or None)


def good(fields: dict[str, str], received: Collected = RECEIVED) -> Event:
    result = enrich(fields, received, IGLU)
    assert isinstance(result, Event), result
    return result


def bad(fields: dict[str, str], received: Collected = RECEIVED) -> FailedEvent:
    result = enrich(fields, received, IGLU)
    assert isinstance(result, FailedEvent), result
    return result


def reason(**fields: str) -> tuple[str, str]:
    [failure] = bad({"e": "pv", **fields}).failures
    return failure.path, failure.message


def self_describing(schema: Any, data: Any, envelope: Any = UNSTRUCT_EVENT) -> dict[str, str]:
    inner = {"schema": schema, "data": data}
    return {"e": "ue", "ue_pr": json.dumps({"schema": envelope, "data": inner})}


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


@pytest.mark.parametrize("encode_base64", [True, False])
@pytest.mark.parametrize("padded", [True, False])
def test_base64_or_plain_and_padded_or_not_give_the_same(encode_base64: bool, padded: bool):
    fields = tracked(task_completed({**TASK, "task_id": "ÿ?>ü"}, BOARD, BOARD), encode_base64)
    if not padded:
        fields = {name: value.rstrip("=") for name, value in fields.items()}
    event = good(fields)
    assert event.data == {**TASK, "task_id": "ÿ?>ü"}
    assert event.entities == [Entity("com.example", "project", "1-0-0", BOARD)] * 2


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_both_base64_alphabets_are_read(encode: Any):
    text = self_describing(TASK_COMPLETED, {**TASK, "task_id": "???>>>"})["ue_pr"]
    assert good({"e": "ue", "ue_px": encode(text.encode()).decode()}).data["task_id"] == "???>>>"


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
    assert reason(e="xx")[1] == 'e (event): "xx" is none of ue, pv, pp, se, tr, ti'


def test_missing_type_of_event_fails():
    [failure] = bad({}).failures
    assert failure.message == "e (event): it is missing and must be one of ue, pv, pp, se, tr, ti"


@pytest.mark.parametrize(
    ("fields", "derived"),
    [
        ({}, NOW),
        ({"dtm": "1000"}, NOW),
        ({"stm": "2000"}, NOW),
        ({"dtm": "1000", "stm": "3000"}, NOW - 2000),
        ({"dtm": "1000", "stm": "1001"}, NOW - 1),
        ({"dtm": "1000", "stm": "1000"}, NOW),
        ({"dtm": "1999", "stm": "1000"}, NOW),
        ({"dtm": "1000", "stm": "3000", "ttm": "5"}, 5),
        ({"ttm": "0"}, 0),
    ],
)
def test_derived_tstamp_is_corrected_only_when_created_before_sent(
    fields: dict[str, str], derived: int
):
    event = good({"e": "pv", **fields})
    assert event.derived_tstamp == event.atomic["derived_tstamp"] == derived


def test_derived_tstamp_before_1970_fails():
    assert reason(dtm="0", stm=str(NOW + 1))[0] == "$.dtm"


@pytest.mark.parametrize("value", ["abc", "1.5", "1_000", " 1", "1e3", "-1", "253402300800000",
                                   "9" * 400, "١٢", "nan"])  # fmt: skip
@pytest.mark.parametrize("name", ["dtm", "stm", "ttm"])
def test_time_that_cannot_be_a_datetime_fails(name: str, value: str):
    path, message = reason(**{name: value})
    assert path == f"$.{name}"
    assert "1970" in message


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("se_va", "abc", 'se_va (se_value): "abc" is not a finite number'),
        ("se_va", "nan", 'se_va (se_value): "nan" is not a finite number'),
        ("se_va", "1e400", 'se_va (se_value): "1e400" is not a finite number'),
        ("se_va", "1_0", 'se_va (se_value): "1_0" is not a finite number'),
        ("sid", "42", 'sid (domain_sessionid): "42" is not a UUID'),
        ("eid", "x", 'eid (event_id): "x" is not a UUID'),
        ("vid", "2147483648", 'vid (domain_sessionidx): "2147483648" is not a 32-bit integer'),
        ("tid", "one", 'tid (txn_id): "one" is not a 32-bit integer'),
        ("cookie", "yes", 'cookie (br_cookies): "yes" is neither 0 nor 1'),
        ("res", "1920", "res (dvce_screenwidth and dvce_screenheight): "
                        '"1920" is not a width and height such as 1920x1080'),
        ("uid", "x" * 256, "uid (user_id): has 256 characters; the column holds 255"),
        ("p", "fridge", 'p (platform): "fridge" is none of '
                        "app, cnsl, headset, iot, mob, pc, srv, tv, web"),
    ],
)  # fmt: skip
def test_wrong_type_fails_with_the_field_and_the_value(name: str, value: str, message: str):
    assert reason(**{name: value}) == (f"$.{name}", message)


def test_values_have_the_types_of_their_columns():
    fields = {"e": "se", "se_va": "-1.5e2", "vid": "3", "cookie": "1", "f_pdf": "0",
              "res": "1920x1080", "vp": "800x600", "sid": UUID.upper()}  # fmt: skip
    atomic = good(fields).atomic
    names = ["se_value", "domain_sessionidx", "br_cookies", "br_features_pdf", "dvce_screenwidth",
             "dvce_screenheight", "br_viewwidth", "br_viewheight", "domain_sessionid"]  # fmt: skip
    assert [atomic[name] for name in names] == [-150.0, 3, True, False, 1920, 1080, 800, 600, UUID]


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


def test_anonymous_request_keeps_neither_address_nor_network_id():
    fields = {"e": "pv", "ip": "1.2.3.4", "nuid": "n", "tnuid": "t"}
    received = Collected(NOW, "10.0.0.1", "Python", "cookie", anonymous=True)
    atomic = good(fields, received).atomic
    assert "user_ipaddress" not in atomic
    assert atomic["network_userid"] == ANONYMOUS_ID


def test_control_characters_go_and_a_tab_becomes_four_spaces():
    event = good({"e": "pv", "uid": "a\x00b\tc\nd\ud800\u200be", "page": "\x00"})
    assert event.atomic["user_id"] == "ab    cd?\u200be"
    assert "page_title" not in event.atomic


def test_page_url_gives_parts_campaign_and_cross_domain_link():
    url = (
        "https://Shop.Example/a%20b?utm_source=news&utm_medium=mail&utm_campaign=x%20y"
        f"&gclid=g1&_sp={UUID}.1700000000000#top"
    )
    atomic = good({"e": "pv", "url": url, "refr": "http://search.example:8080/?q=1"}).atomic
    derived = {
        name: value
        for name, value in atomic.items()
        if name.startswith(("page_url", "refr_", "mkt_")) and name != "page_urlquery"
    }
    assert derived == {
        "page_url": url,
        "page_urlscheme": "https",
        "page_urlhost": "shop.example",
        "page_urlport": 443,
        "page_urlpath": "/a%20b",
        "page_urlfragment": "top",
        "mkt_source": "news",
        "mkt_medium": "mail",
        "mkt_campaign": "x y",
        "mkt_clickid": "g1",
        "mkt_network": "Google",
        "refr_domain_userid": UUID,
        "refr_dvce_tstamp": 1700000000000,
        "refr_urlscheme": "http",
        "refr_urlhost": "search.example",
        "refr_urlport": 8080,
        "refr_urlpath": "/",
        "refr_urlquery": "q=1",
    }


@pytest.mark.parametrize("url", ["http://[::1", "http://a:port/", "http://a:99999/"])
def test_url_that_cannot_be_read_fails(url: str):
    path, message = reason(url=url)
    assert path == "$.url"
    assert "is not a URL" in message


def test_malformed_cross_domain_link_is_ignored():
    assert "refr_dvce_tstamp" not in good({"e": "pv", "url": "http://a/?_sp=x.y"}).atomic


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "a self-describing event needs ue_px or ue_pr"),
        ({"ue_px": "%%%"}, "ue_px is not base64"),
        ({"ue_px": "abcde"}, "ue_px is not base64"),
        ({"ue_px": "é"}, "ue_px is not base64"),
        ({"ue_px": "//8"}, "ue_px is not valid JSON"),
        ({"ue_pr": "{"}, "ue_pr is not valid JSON"),
        ({"ue_pr": "\ud800"}, "ue_pr is not valid JSON"),
        ({"ue_pr": '{"a": NaN}'}, "ue_pr is not valid JSON"),
        ({"ue_pr": "[" * 101 + "1" + "]" * 101}, "ue_pr is nested deeper than 100 levels"),
        ({"ue_pr": "[]"}, 'ue_pr is not an object with "schema" and "data"'),
        ({"ue_pr": "{}"}, "ue_pr has the schema None, not"),
        ({"ue_pr": json.dumps({"schema": CONTEXTS, "data": {}})}, "ue_pr has the schema 'iglu:"),
        ({"ue_pr": json.dumps({"schema": UNSTRUCT_EVENT})}, 'ue_pr has no "data"'),
        ({"ue_pr": json.dumps({"schema": UNSTRUCT_EVENT, "data": 5})}, "ue_pr: $.data is not an"),
        (self_describing(None, {}), "None is not a schema URI"),
        (self_describing([1], {}), "[1] is not a schema URI"),
        (self_describing("iglu:com.example/task_complete/jsonschema/1-0-0", {}),
         "task_complete is not in this Iglu. Did you mean task_completed (1-0-0)?"),
    ],
)  # fmt: skip
def test_unreadable_self_describing_event_fails_in_words(fields: dict[str, str], words: str):
    [failure] = bad({**fields, "e": "ue"}).failures
    assert failure.message.startswith(words)


def test_one_bad_entity_among_good_ones_is_named_by_its_place():
    data = [{"schema": PROJECT, "data": BOARD}, "no", {"schema": PROJECT, "data": {}}]
    failed = bad({"e": "pv", "co": json.dumps({"schema": CONTEXTS, "data": data})})
    assert [(one.schema, one.path) for one in failed.failures] == [
        (None, "$.co"),
        (PROJECT, "$"),
        (PROJECT, "$"),
    ]
    assert failed.failures[0].message.startswith("co: $.data[1] is not an object")


def test_entities_that_are_no_list_fail():
    [failure] = bad({"e": "pv", "co": json.dumps({"schema": CONTEXTS, "data": {}})}).failures
    assert failure.message == 'co: "data" is not a list of entities'


def test_schemas_of_vendors_that_are_not_held_are_marked_once():
    uri = "iglu:org.acme/thing/jsonschema/1-0-0"
    entity = {"schema": uri, "data": {"any": "thing"}}
    fields = self_describing(uri, {"a": [1]})
    event = good({**fields, "co": json.dumps({"schema": CONTEXTS, "data": [entity, entity]})})
    assert event.unvalidated == [uri]
    assert event.data == {"a": [1]}


def test_faults_of_one_event_are_bounded():
    data = [{"schema": PROJECT, "data": {}}] * 1000
    failed = bad({"e": "pv", "co": json.dumps({"schema": CONTEXTS, "data": data})})
    assert len(failed.failures) == 100


def test_every_column_is_one_that_signals_knows():
    known = set(get_args(AtomicProperty.model_fields["name"].annotation))
    url = f"https://a.b:1/c?utm_source=s&dclid=1&_sp={UUID}.1#d"
    fields = {name: "1" for name in COLUMNS} | {
        "e": "pv", "sid": UUID, "eid": UUID, "p": "web", "url": url, "refr": url,
        "res": "1x1", "vp": "1x1", "ds": "1x1",
    }  # fmt: skip
    assert set(good(fields).atomic) <= known


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

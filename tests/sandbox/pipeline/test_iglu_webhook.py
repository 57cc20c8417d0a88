"""The Iglu webhook. What it must make of a request is in IgluAdapterSpec of snowplow/enrich."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from lib.sandbox.pipeline.iglu_webhook import webhook_events
from lib.sandbox.pipeline.payload import MAX_EVENTS, MAX_KEPT_TEXT

URI = "iglu:com.acme/campaign/jsonschema/1-0-0"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def query(**parameters: str) -> str:
    return urlencode({"schema": URI, **parameters})


def events(*request: Any) -> list[dict[str, Any]]:
    """The fields of the events of a request, with the data of each in place of `ue_pr`."""
    accepted, refused = webhook_events(*request)
    assert refused == []
    return [
        {name: value for name, value in fields.items() if name != "ue_pr"} | _data(fields)
        for fields in accepted
    ]


def _data(fields: dict[str, str]) -> dict[str, Any]:
    envelope = json.loads(fields["ue_pr"])
    assert envelope["schema"].endswith("/unstruct_event/jsonschema/1-0-0")
    assert envelope["data"]["schema"] == URI
    return {"data": envelope["data"]["data"]}


def event(data: Any, **fields: str) -> dict[str, Any]:
    return {"e": "ue", "tv": "com.snowplowanalytics.iglu-v1", "p": "app", "data": data, **fields}


def reason(*request: Any) -> str:
    accepted, [refused] = webhook_events(*request)
    assert accepted == []
    return refused.failures[0].message


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"name": "download", "source": ""}, event({"name": "download", "source": None})),
        ({"name": "b", "aid": "hooks", "nuid": ""}, event({"name": "b"}, aid="hooks", nuid="")),
        ({"name": "c", "p": "mob", "cv": "1"}, event({"name": "c"}, p="mob", cv="1")),
        ({"eid": "x", "e": "pv"}, event({"eid": "x", "e": "pv"}, eid="x")),
        ({}, event({})),
    ],
)
def test_a_query_string_is_the_data(sent, expected):
    assert events(query(**sent)) == [expected]


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8"])
def test_a_json_body_is_the_data_and_the_query_string_is_not(content_type):
    body = b'{"key": "value", "n": {"deep": [1]}}'
    expected = event({"key": "value", "n": {"deep": [1]}}, p="mob")
    assert events(query(some="foo", p="mob"), body, content_type) == [expected]


def test_a_list_is_as_many_events():
    assert events(query(aid="a"), b'[{"n": 1}, {"n": 2}, 3]', JSON) == [
        event({"n": 1}, aid="a"),
        event({"n": 2}, aid="a"),
        event(3, aid="a"),
    ]


def test_a_form_is_the_data_of_a_server():
    body = b"some=foo&empty=&hello=w%C3%B6rld+x"
    expected = event({"some": "foo", "empty": "", "hello": "wörld x"}, p="srv")
    assert events(query(), body, FORM) == [expected]


@pytest.mark.parametrize("more", [{}, {"extra": 1}])
def test_a_self_describing_body_needs_no_parameter(more):
    body = json.dumps({"schema": URI, "data": {"a": 1}, **more}).encode()
    assert events("p=mob&ttm=5", body, JSON) == [event({"a": 1}, p="mob", ttm="5")]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (("",), 'needs the parameter "schema" or a body'),
        (("some=foo&p=mob",), 'needs the parameter "schema" or a body'),
        (("schema=iglooo://blah",), '"iglooo://blah"; it must be like iglu:vendor/name'),
        (("schema=",), 'the parameter "schema" is ""'),
        ((query(), b"{}", None), f"needs the Content-Type {JSON} or {FORM}; it is missing"),
        ((query(), b'{"a": 1}', "application/bad"), 'not "application/bad"'),
        ((query(), b"{}", JSON), "not an object with at least one key"),
        ((query(), b"1", JSON), "not an object with at least one key"),
        ((query(), b"[]", JSON), "a list without any event"),
        ((query(), b"{", JSON), "the body is not valid JSON"),
        ((query(), b'{"a":' * 50 + b"1" + b"}" * 50, JSON), "nested deeper than"),
        (("", b"{}", JSON), "not a self-describing JSON"),
        (("", b'{"schema": "iglu:a", "data": {}}', JSON), "not a self-describing JSON"),
        (("", b"a=b", FORM), f'needs the Content-Type {JSON}; not "{FORM}"'),
        (("", b"", JSON), "the body is not valid JSON"),
    ],
)
def test_what_is_no_event_is_refused_with_a_reason(request_, message):
    assert message in reason(*request_)


def test_a_refused_body_is_kept_up_to_a_limit():
    _, [refused] = webhook_events(query(), b"{" + b"x" * 2 * MAX_KEPT_TEXT, JSON)
    assert len(refused.payload) == MAX_KEPT_TEXT


def test_what_is_beyond_the_limit_of_events_is_refused_together():
    accepted, [refused] = webhook_events(query(), b"[" + b"1," * MAX_EVENTS + b"1]", JSON)
    assert len(accepted) == MAX_EVENTS
    assert "1 more were not read" in refused.failures[0].message

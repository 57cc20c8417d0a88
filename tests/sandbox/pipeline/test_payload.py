"""Payloads: from the bytes of a request to tracker-protocol fields."""

import gc
import gzip
import io
import json
import zlib
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from snowplow_tracker import Emitter, StructuredEvent, Tracker

from lib.sandbox.pipeline.events import Failure
from lib.sandbox.pipeline.payload import (
    MAX_EVENTS,
    decompressed,
    parsed_json,
    payload_events,
    query_events,
)

SCHEMA = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"


def body(*rows: Any, schema: Any = SCHEMA) -> bytes:
    return json.dumps({"schema": schema, "data": list(rows)}).encode()


def page_view(**fields: Any) -> dict[str, Any]:
    return {"e": "pv", "p": "web", "tv": "test-1.0", **fields}


def reasons(body: bytes) -> list[str]:
    events, refused = payload_events(body, {})
    assert events == []
    return [failure.message for one in refused for failure in one.failures]


class CapturedPosts:
    """Stands in for a `requests.Session`: keeps what the tracker posts, answers 200."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def post(self, url: str, data: str, **_: Any) -> Any:
        self.bodies.append(data.encode())
        return type("Answer", (), {"status_code": 200})

    def get(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("the tracker was to post")


def test_batch_of_the_real_tracker_is_read_in_order():
    session = CapturedPosts()
    emitter = Emitter("http://collector.invalid", batch_size=2, session=session)  # type: ignore[arg-type]
    tracker = Tracker("ns", emitter)
    tracker.track(StructuredEvent("shop", "first"))
    tracker.track(StructuredEvent("shop", "second"))
    events, refused = payload_events(session.bodies[0], {})
    assert [event["se_ac"] for event in events] == ["first", "second"]
    assert refused == []


def test_query_string_is_merged_into_every_event_and_wins():
    payload = body(page_view(aid="a"), page_view(e="se"))
    events, _ = payload_events(payload, {"aid": "b", "more": "1"})
    assert events == [page_view(aid="b", more="1"), page_view(e="se", aid="b", more="1")]


def test_event_of_a_query_string_may_have_any_fields():
    assert query_events({"e": "pv", "more": "1"}) == ([{"e": "pv", "more": "1"}], [])


def test_request_without_anything_is_refused():
    events, [refused] = query_events({})
    assert (events, refused.failures[0].message) == (
        [],
        "the request has neither a body nor a query string",
    )


# What payload_data in iglu-central says, and how Tp2Adapter in snowplow/enrich fails a payload


@pytest.mark.parametrize(
    ("bad", "path", "words"),
    [
        ({"e": "pv", "p": "web"}, "$.data[1]", '"tv" is missing'),
        ({"e": "pv", "tv": "t"}, "$.data[1]", '"p" is missing'),
        ({"p": "web", "tv": "t"}, "$.data[1]", '"e" is missing'),
        (page_view(price="5"), "$.data[1]", '"price" is not a field of payload_data 1-0-4'),
        (page_view(ev_ca="shop"), "$.data[1]", '"ev_ca" is not a field of payload_data'),
        (page_view(cv="1"), "$.data[1]", '"cv" is not a field of payload_data'),
        (page_view(dtm=1_700_000_000_000), "$.data[1].dtm", '"dtm" must be a string, not 17000'),
        (page_view(uid=None), "$.data[1].uid", '"uid" must be a string, not None'),
        (page_view(cookie=True), "$.data[1].cookie", '"cookie" must be a string, not True'),
        (page_view(co=["a"]), "$.data[1].co", '"co" must be a string, not [\'a\']'),
        (5, "$.data[1]", "an event must be an object of strings, not 5"),
        (["e", "pv"], "$.data[1]", "an event must be an object of strings"),
    ],
)  # fmt: skip
def test_one_event_that_breaks_payload_data_fails_the_whole_payload(
    bad: Any, path: str, words: str
):
    sent = body(page_view(eid="first", uid="ada"), bad, page_view())
    events, [refused] = payload_events(sent, {})
    [failure] = refused.failures
    assert events == []
    assert (failure.schema, failure.path) == (SCHEMA, path)
    assert failure.message.startswith(words)
    assert refused.payload == sent.decode()
    assert refused.first_event == page_view(eid="first", uid="ada")


@pytest.mark.parametrize(
    ("version", "field"), [(0, "ua"), (1, "tnuid"), (2, "stm"), (2, "sid"), (3, "ttm")]
)
def test_each_version_of_payload_data_has_the_fields_of_its_time(version: int, field: str):
    event = page_view(**{field: "1"})
    older, newer = (f"{SCHEMA[:-1]}{each}" for each in (version, version + 1))
    assert reasons(body(event, schema=older))[0].startswith(f'"{field}" is not a field')
    assert payload_events(body(event, schema=newer), {}) == ([event], [])


def test_all_faults_of_a_payload_are_reported_up_to_a_limit():
    assert len(reasons(body({"e": "pv", "more": 1}, 5))) == 4
    assert len(reasons(body(*[{}] * 1000))) == 20


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json; charset=UTF-8",
        "application/json;charset=utf-8",
        "Application/JSON",
    ],
)
def test_json_is_read_whatever_the_case_and_spaces_of_its_content_type(content_type: str):
    assert payload_events(body(page_view()), {}, content_type) == ([page_view()], [])


@pytest.mark.parametrize(
    ("content_type", "said"),
    [
        (None, "it is missing"),
        ("", 'not ""'),
        ("text/plain", 'not "text/plain"'),
        ("application/x-www-form-urlencoded", 'not "application/x-www'),
        ("application/json; charset=latin-1", 'not "application/json; charset'),
        ("application/jsonp", 'not "application/jsonp"'),
    ],
)
def test_other_content_type_fails_the_payload(content_type: str | None, said: str):
    events, [refused] = payload_events(body(page_view()), {}, content_type)
    assert events == []
    message = refused.failures[0].message
    assert message.startswith(f"the body needs the Content-Type application/json; {said}")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (b"{", "is not valid JSON"),
        (b"\xff\xfe", "is not valid JSON"),
        (b"", "is not valid JSON"),
        (b" ", "is not valid JSON"),
        (b'{"a": NaN}', "is not valid JSON"),
        (b'{"a": 1e400}', "is not valid JSON"),
        (b'{"a": ' + b"1" * 400 + b"}", "is not valid JSON"),
        (b'{"a": "\\ud800"}', "is not valid JSON"),
        (b"[" * 1_000_000, "is not valid JSON"),
        (b"[" * 500 + b"]" * 500, "is nested deeper than 39 levels"),
        (b"[]", 'is not an object with "schema" and "data"'),
        (b'"text"', 'is not an object with "schema" and "data"'),
        (b"{}", "has the schema None"),
        (body({"e": "pv"}, schema="iglu:com.x/y/jsonschema/1-0-0"), "has the schema 'iglu:com.x"),
        (body({"e": "pv"}, schema=SCHEMA[:-1]), "has the schema"),
        (body({"e": "pv"}, schema=["a"]), "has the schema ['a']"),
        (body(), "has no events"),
        (b'{"schema": "%s", "data": {}}' % SCHEMA.encode(), "has no events"),
        (b'{"schema": "%s"}' % SCHEMA.encode(), "has no events"),
    ],
)  # fmt: skip
def test_unreadable_body_is_refused_in_words(bad: bytes, words: str):
    [reason] = reasons(bad)
    assert reason.startswith(f"the body {words}")


def test_events_beyond_twenty_thousand_are_refused_together():
    events, [refused] = payload_events(body(*[page_view()] * 20_005), {})
    assert len(events) == 20_000
    assert refused.failures[0].message == "a body may hold 20,000 events; 5 more were not read"


def test_unreadable_body_is_kept_as_text_up_to_a_bound():
    _, [refused] = payload_events(b"\xff" * 1_000_000, {})
    assert refused.payload == "\N{REPLACEMENT CHARACTER}" * 20_000


def nested(depth: int, inner: str = "1", opening: str = "[", closing: str = "]") -> str:
    return opening * depth + inner + closing * depth


@pytest.mark.parametrize(
    "text",
    [nested(39), nested(39, "1", '{"a":', "}"), nested(40, ""), nested(38, '[{"a": 1}]')[1:-1]],
)
def test_json_as_deep_as_in_enrich_is_read(text: str):
    """`checkIfExceedMaxDepth` of JsonUtils in snowplow/enrich, with its `maxJsonDepth` of 40."""
    assert parsed_json(text) == json.loads(text)


@pytest.mark.parametrize(
    "text", [nested(40), nested(40, "1", '{"a":', "}"), nested(41, "[]"), nested(100), nested(900)]
)
def test_deeper_json_is_refused(text: str):
    with pytest.raises(ValueError, match="deeper than 39 levels"):
        parsed_json(text)


def test_brackets_in_strings_are_not_nesting():
    assert parsed_json(b'"' + b"[" * 500 + b'"') == "[" * 500


def test_lone_surrogate_in_a_query_string_is_replaced():
    assert query_events({"uid": "a\ud800"}) == ([{"uid": "a?"}], [])


@pytest.mark.parametrize("encoding", [None, "", "identity", "gzip", "x-gzip", "GZIP ", "deflate"])
def test_known_encodings_are_decoded(encoding: str | None):
    name = (encoding or "identity").strip().lower()
    pack = {"identity": bytes, "deflate": zlib.compress}.get(name, gzip.compress)
    assert decompressed(pack(b"hello"), encoding) == b"hello"


def test_raw_deflate_is_decoded():
    packer = zlib.compressobj(wbits=-15)
    assert decompressed(packer.compress(b"hello") + packer.flush(), "deflate") == b"hello"


@pytest.mark.parametrize(
    ("packed", "encoding", "words"),
    [
        (b"plain", "gzip", "the body is not valid gzip"),
        (b"", "gzip", "the body is not valid gzip: it ends too early"),
        (
            gzip.compress(b"hello", mtime=0)[:-9],
            "gzip",
            "the body is not valid gzip: it ends too early",
        ),
        (
            gzip.compress(b"a", mtime=0) + b"b",
            "gzip",
            "the body is not valid gzip: something follows",
        ),
        (b"plain", "deflate", "the body is not valid deflate"),
        (b"x", "br", "Content-Encoding br is not known: send gzip or none"),
        (b"x" * 11, None, "the body is larger than 10 bytes"),
        (gzip.compress(b"x" * 11, mtime=0), "gzip", "the body is larger than 10 bytes"),
    ],
)
def test_broken_or_large_body_is_a_failure(packed: bytes, encoding: str | None, words: str):
    failure = decompressed(packed, encoding, limit=10)
    assert isinstance(failure, Failure)
    assert failure.message.startswith(words)


def test_body_of_exactly_the_limit_passes():
    assert decompressed(gzip.compress(b"x" * 10, mtime=0), "gzip", limit=10) == b"x" * 10


def test_decompression_bomb_stops_at_the_limit():
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as bomb:
        for _ in range(200):
            bomb.write(bytes(1_000_000))
    assert isinstance(decompressed(packed.getvalue(), "gzip"), Failure)


TEXT = st.text(st.characters(), max_size=20)  # lone surrogates too
ROW = st.builds(page_view, eid=st.text(max_size=5) | st.integers() | st.none()) | st.dictionaries(
    st.text(max_size=5), st.text(max_size=5)
)


@given(body=st.binary(), encoding=st.sampled_from([None, "gzip", "deflate", "br"]))
def test_no_bytes_make_the_decoding_raise(body: bytes, encoding: str | None):
    decompressed(body, encoding)


@given(body=st.binary(), query=st.dictionaries(TEXT, TEXT, max_size=3))
def test_no_bytes_make_the_reading_raise(body: bytes, query: dict[str, str]):
    events, refused = payload_events(body, query)
    orjson.dumps([events, refused])


@given(rows=st.lists(ROW | st.text() | st.lists(st.integers()), max_size=5))
def test_all_events_of_a_payload_are_read_or_none(rows: list[Any]):
    events, refused = payload_events(body(*rows), {})
    assert (events, refused) == (rows, []) or (events, len(refused)) == ([], 1)


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b'{"a":' + b"1," * 50_000, b"[1" + b",1" * 50_000]
)
def test_large_body_that_cannot_be_read_leaves_garbage_collection_on(text: bytes) -> None:
    payload_events(text, {})
    assert gc.isenabled()


def test_rows_that_are_too_many_are_not_looked_at() -> None:
    """A row that is nested too deeply would fail the whole body."""
    row = '{"e": "pv", "p": "web", "tv": "test"},'
    deep = f'{{"a": {"[" * 200}{"]" * 200}}}'
    text = f'{{"schema": "{SCHEMA}", "data": [{row * MAX_EVENTS}{deep}]}}'
    events, [refused] = payload_events(text.encode(), {})
    assert (len(events), refused.payload) == (MAX_EVENTS, "1 events")

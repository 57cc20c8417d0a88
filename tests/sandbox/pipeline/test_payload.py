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
from lib.sandbox.pipeline.payload import MAX_EVENTS, decompressed, parsed_json, payload_events

SCHEMA = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"


def body(*rows: Any, schema: Any = SCHEMA) -> bytes:
    return json.dumps({"schema": schema, "data": list(rows)}).encode()


def reasons(body: bytes, query: dict[str, str] | None = None) -> list[str]:
    events, refused = payload_events(body, query or {})
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
    events, _ = payload_events(body({"e": "pv", "aid": "a"}, {"e": "se"}), {"aid": "b", "p": "web"})
    assert events == [{"e": "pv", "aid": "b", "p": "web"}, {"e": "se", "aid": "b", "p": "web"}]


def test_request_without_a_body_is_its_query_string():
    assert payload_events(b"", {"e": "pv", "p": "web"}) == ([{"e": "pv", "p": "web"}], [])


def test_request_without_anything_is_refused():
    assert reasons(b"") == ["the request has neither a body nor a query string"]


def test_numbers_and_booleans_become_strings_and_nulls_are_left_out():
    events, _ = payload_events(
        body({"e": "pv", "dtm": 1700000000000, "x": 1.5, "b": True, "n": None}), {}
    )
    assert events == [{"e": "pv", "dtm": "1700000000000", "x": "1.5", "b": "true"}]


def test_unreadable_row_is_refused_alone_and_kept():
    events, refused = payload_events(
        body({"e": "pv"}, 5, {"e": ["pv"], "eid": "x"}, {"e": "se"}), {}
    )
    assert events == [{"e": "pv"}, {"e": "se"}]
    assert [(one.payload, one.failures[0].message) for one in refused] == [
        (5, "an event must be an object of strings, not 5"),
        ({"e": ["pv"], "eid": "x"}, "e must be a string, not a list"),
    ]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (b"{", "is not valid JSON"),
        (b"\xff\xfe", "is not valid JSON"),
        (b" ", "is not valid JSON"),
        (b'{"a": NaN}', "is not valid JSON"),
        (b'{"a": 1e400}', "is not valid JSON"),
        (b'{"a": ' + b"1" * 400 + b"}", "is not valid JSON"),
        (b'{"a": "\\ud800"}', "is not valid JSON"),
        (b"[" * 1_000_000, "is not valid JSON"),
        (b"[" * 500 + b"]" * 500, "is nested deeper than 100 levels"),
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
    events, [refused] = payload_events(body(*[{}] * 20_005), {})
    assert len(events) == 20_000
    assert refused.failures[0].message == "a body may hold 20,000 events; 5 more were not read"


def test_unreadable_body_is_kept_as_text_up_to_a_bound():
    _, [refused] = payload_events(b"\xff" * 1_000_000, {})
    assert refused.payload == "\N{REPLACEMENT CHARACTER}" * 20_000


@pytest.mark.parametrize("depth", [100, 101])
def test_one_hundred_levels_are_the_limit(depth: int):
    text = "[" * depth + "1" + "]" * depth
    if depth == 100:
        parsed_json(text)
    else:
        with pytest.raises(ValueError, match="deeper than 100 levels"):
            parsed_json(text)


def test_brackets_in_strings_are_not_nesting():
    assert parsed_json(b'"' + b"[" * 500 + b'"') == "[" * 500


def test_lone_surrogate_in_a_query_string_is_replaced():
    assert payload_events(b"", {"uid": "a\ud800"}) == ([{"uid": "a?"}], [])


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
ROW = st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers() | st.none())


@given(body=st.binary(), encoding=st.sampled_from([None, "gzip", "deflate", "br"]))
def test_no_bytes_make_the_decoding_raise(body: bytes, encoding: str | None):
    decompressed(body, encoding)


@given(body=st.binary(), query=st.dictionaries(TEXT, TEXT, max_size=3))
def test_no_bytes_make_the_reading_raise(body: bytes, query: dict[str, str]):
    events, refused = payload_events(body, query)
    orjson.dumps([events, refused])


@given(rows=st.lists(ROW | st.text() | st.lists(st.integers()), max_size=5))
def test_every_row_becomes_an_event_or_is_refused(rows: list[Any]):
    events, refused = payload_events(body(*rows), {})
    assert len(events) + len(refused) == max(len(rows), 1)
    assert all(type(value) is str for event in events for value in event.values())


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

"""From the bytes of a request to tracker-protocol fields: one dict of strings for each event.

A `POST` is a `payload_data` envelope with a list of events, sent as JSON; a query string is merged
into each of them and wins. If one event of a payload breaks `payload_data`, the whole payload is
refused, as in Enrich, and JSON may be as deep as there. A `GET` is one event made of its query
string, which may hold anything. Nothing here raises: what cannot be read is returned as `Refused`,
with a message for people.

Differences from the real collector and Enrich *(ours)*:

- JSON is strict: no infinite numbers, no lone surrogates.
- At most 20,000 events in a body; the rest is refused together (2 MB of `{}` would be 700,000).
- One gzip member or one deflate stream; no brotli, no stacked encodings.
- Bodies of other vendors' webhooks have no adapters here. Iglu's own has one, `iglu_webhook`.

Sources: https://docs.snowplow.io/docs/events/http-requests/,
https://docs.snowplow.io/docs/api-reference/stream-collector/, and Tp2Adapter in snowplow/enrich.
"""

import gc
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from lib.sandbox.limits import LARGE_BODY_BYTES, MAX_BODY_BYTES
from lib.sandbox.pipeline.events import Failure
from lib.sandbox.pipeline.payload_data import (
    PAYLOAD_DATA,
    is_good,
    is_payload_data,
    row_failures,
)
from lib.sandbox.pipeline.quoting import quoted, quoted_value, shortened

MAX_DEPTH = 39  # lists and objects around a value: `maxJsonDepth` of Enrich's reference.conf is 40
MAX_EVENTS = 20_000
MAX_KEPT_TEXT = 20_000
JSON = "application/json"

Fields = dict[str, str]

_CONTAINERS = (dict, list)
_WBITS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # deflate: with zlib header, or raw


@dataclass(slots=True)
class Refused:
    """A request without an event that can be read, as sent (at most 20,000 characters), and why.

    `first_event` is what was sent as its first event; its ids identify the failed event.
    """

    payload: Any
    failures: list[Failure]
    first_event: Any = None


def decompressed(body: bytes, encoding: str | None, limit: int = MAX_BODY_BYTES) -> bytes | Failure:
    """The body without its `Content-Encoding`, at most `limit` bytes and never more in memory."""
    name = (encoding or "identity").strip().lower()
    if name == "identity":
        return body if len(body) <= limit else _too_large(limit)
    if name not in _WBITS:
        return _refusal(f"Content-Encoding {shortened(name, 60)} is not known: send gzip or none")
    reason = ""
    for wbits in _WBITS[name]:
        try:
            return _inflated(body, wbits, limit)
        except (zlib.error, EOFError) as error:
            reason = reason or str(error)
    return _refusal(f"the body is not valid {name}: {reason}")


def query_events(query: Mapping[str, str]) -> tuple[list[Fields], list[Refused]]:
    """The event of a request without a body, or why there is none."""
    if query:
        return [_clean_query(query)], []
    return [], [Refused("", [_refusal("the request has neither a body nor a query string")])]


def payload_events(
    body: bytes, query: Mapping[str, str], content_type: str | None = JSON
) -> tuple[list[Fields], list[Refused]]:
    """The events of one request in their order, and what could not be read."""
    if not is_json(content_type):
        said = "it is missing" if content_type is None else f"not {quoted(content_type)}"
        return [], [_refused_body(body, f"needs the Content-Type {JSON}; {said}")]
    try:
        envelope = _loaded(body)
        rest = _cut_off(envelope)
        if not is_good(envelope):
            return [], [_refused_payload(body, envelope)]
    except ValueError as error:
        return [], [_refused_body(body, str(error))]
    events: list[Fields] = envelope["data"]
    extra = _clean_query(query) if query else {}
    if extra:
        events = [{**fields, **extra} for fields in events]
    return events, [refused_rest(rest)] if rest else []


def is_json(content_type: str | None) -> bool:
    """Whether a `Content-Type` is one of those that Enrich accepts for a payload."""
    media_type, _, parameters = (content_type or "").lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "")
    return media_type.strip() == JSON and charset in ("", "charset=utf-8")


def parsed_json(text: bytes | str) -> Any:
    """JSON that can be stored and written again. Raises `ValueError` with a message for people."""
    # A lone surrogate becomes bytes that are not UTF-8, which orjson refuses.
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    value = _loaded(raw)
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:  # an upper bound, and far cheaper
        _refuse_deep(value)
    return value


def _loaded(raw: bytes) -> Any:
    # Python looks for garbage again and again while a million objects are made: it would take most
    # of the time, and there is none.
    pauses = len(raw) > LARGE_BODY_BYTES and gc.isenabled()
    if pauses:
        gc.disable()
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"is not valid JSON: {error}") from error
    finally:
        if pauses:
            gc.enable()


def _refuse_deep(value: Any) -> None:
    if _deeper_than(value, MAX_DEPTH):
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")


def _inflated(body: bytes, wbits: int, limit: int) -> bytes | Failure:
    stream = zlib.decompressobj(wbits)
    data = stream.decompress(body, limit + 1)
    if len(data) > limit:
        return _too_large(limit)
    if not stream.eof:
        raise EOFError("it ends too early")
    if stream.unused_data:
        raise EOFError("something follows its end")
    return data


def _cut_off(envelope: Any) -> int:
    """Drop the rows beyond MAX_EVENTS, before anything looks at them; returns how many."""
    rows = envelope.get("data") if isinstance(envelope, dict) else None
    if not isinstance(rows, list):
        return 0
    rest = max(0, len(rows) - MAX_EVENTS)
    del rows[MAX_EVENTS:]
    return rest


def _rows(envelope: Any) -> list[Any]:
    """The rows of a `payload_data` envelope. Raises `ValueError`."""
    if not isinstance(envelope, dict):
        raise ValueError('is not an object with "schema" and "data"')
    schema = envelope.get("schema")
    if not is_payload_data(schema):
        raise ValueError(f"has the schema {quoted_value(schema)}, not {PAYLOAD_DATA}0 to 4")
    rows = envelope.get("data")
    if not isinstance(rows, list) or not rows:
        raise ValueError('has no events: "data" is not a list with at least one event')
    return rows


def _clean_query(query: Mapping[str, str]) -> Fields:
    # Frameworks may decode broken percent-encoding to lone surrogates, which JSON cannot hold.
    return {encodable(name): encodable(value) for name, value in query.items()}


def encodable(text: str) -> str:
    """The text with a question mark for each lone surrogate, which JSON cannot hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _deeper_than(value: Any, limit: int) -> bool:
    level = _nodes([value])
    for _ in range(limit):
        level = [
            child
            for node in level
            for child in _nodes(node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True


def _nodes(values: Iterable[Any]) -> list[Any]:
    """The lists and objects among values, without the empty ones, which hold nothing deeper."""
    return [value for value in values if value and isinstance(value, _CONTAINERS)]


def _refused_payload(body: bytes, envelope: Any) -> Refused:
    """A payload that breaks its rules. Raises `ValueError` if it has no list of events at all."""
    _refuse_deep(envelope)
    rows = _rows(envelope)
    return Refused(kept_text(body), row_failures(envelope["schema"], rows), rows[0])


def _refused_body(body: bytes, reason: str) -> Refused:
    return Refused(kept_text(body), [_refusal(f"the body {reason}")])


def kept_text(body: bytes) -> str:
    """A body that could not be read, as it is kept: at most 20,000 characters of it."""
    return body[:MAX_KEPT_TEXT].decode("utf-8", "replace")


def refused_rest(count: int) -> Refused:
    """The events of a body beyond the 20,000 that are read."""
    reason = f"a body may hold {MAX_EVENTS:,} events; {count:,} more were not read"
    return Refused(f"{count:,} events", [_refusal(reason)])


def _too_large(limit: int) -> Failure:
    return _refusal(f"the body is larger than {limit:,} bytes")


def _refusal(message: str) -> Failure:
    return Failure(None, "$", message)

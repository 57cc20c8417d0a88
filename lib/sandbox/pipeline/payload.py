"""From the bytes of a request to tracker-protocol fields: one dict of strings for each event.

`POST` bodies are a `payload_data` envelope with a list of events; a query string is merged into
each of them and wins. A request without a body is one event made of its query string (`GET /i`).
Nothing here raises: what cannot be read is returned as `Refused`, with a message for people.

Differences from the real collector and Enrich *(ours)*:

- A row that cannot be read is refused alone; in Enrich it fails the whole payload.
- Numbers and booleans as values become strings, nulls are left out; Enrich refuses them.
- JSON is strict and at most 100 levels deep: no NaN, no infinite numbers, no lone surrogates.
- At most 20,000 events in a body; the rest is refused together (2 MB of `{}` would be 700,000).
- One gzip member or one deflate stream; no brotli, no stacked encodings.
- Bodies of other vendors' webhooks have no adapters here and are refused as unknown schemas.

Sources: https://docs.snowplow.io/docs/events/http-requests/ and
https://docs.snowplow.io/docs/api-reference/stream-collector/
"""

import gc
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from lib.sandbox.limits import LARGE_BODY_BYTES, MAX_BODY_BYTES
from lib.sandbox.pipeline.events import Failure
from lib.sandbox.pipeline.quoting import quoted_value, shortened

MAX_DEPTH = 100
MAX_EVENTS = 20_000
MAX_KEPT_TEXT = 20_000
PAYLOAD_DATA = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-"

Fields = dict[str, str]

_CONTAINERS = (dict, list)
_WBITS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # deflate: with zlib header, or raw


@dataclass(slots=True)
class Refused:
    """A body or a row that is not an event, as sent (at most 20,000 characters), and why."""

    payload: Any
    failures: list[Failure]


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


def payload_events(body: bytes, query: Mapping[str, str]) -> tuple[list[Fields], list[Refused]]:
    """The events of one request in their order, and what could not be read."""
    extra = _clean_query(query) if query else {}
    if not body:
        if extra:
            return [extra], []
        return [], [Refused("", [_refusal("the request has neither a body nor a query string")])]
    try:
        envelope = _loaded(body)
        rest = _cut_off(envelope)
        if not _is_plain(envelope):
            _refuse_deep(envelope)
        rows = _rows(envelope)
    except ValueError as error:
        return [], [_refused_body(body, str(error))]
    events, refused = _split(rows, extra)
    return events, [*refused, _refused_rest(rest)] if rest else refused


def parsed_json(text: bytes | str) -> Any:
    """JSON that can be stored and written again. Raises `ValueError` with a message for people."""
    # A lone surrogate becomes bytes that are no UTF-8, which orjson refuses.
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
    if not is_version_of(schema, PAYLOAD_DATA):
        raise ValueError(f"has the schema {quoted_value(schema)}, not {PAYLOAD_DATA}x")
    rows = envelope.get("data")
    if not isinstance(rows, list) or not rows:
        raise ValueError('has no events: "data" is not a list with at least one event')
    return rows


def is_version_of(schema: object, prefix: str) -> bool:
    """Whether a schema URI is `prefix`, which ends in `1-0-`, followed by a number."""
    if not isinstance(schema, str) or not schema.startswith(prefix):
        return False
    addition = schema[len(prefix) :]
    return addition.isascii() and addition.isdecimal()


def _split(rows: list[Any], extra: Fields) -> tuple[list[Fields], list[Refused]]:
    events: list[Fields] = []
    refused: list[Refused] = []
    for row in rows:
        try:
            fields = _fields(row)
        except ValueError as error:
            refused.append(Refused(row, [_refusal(str(error))]))
            continue
        events.append({**fields, **extra} if extra else fields)
    return events, refused


def _is_plain(envelope: Any) -> bool:
    """Whether a body is what trackers send, in which nothing that is read can be deep."""
    if type(envelope) is not dict or type(envelope.get("schema")) is not str:
        return False
    rows = envelope.get("data")
    return type(rows) is list and all(map(_is_flat, rows))


def _is_flat(row: Any) -> bool:
    """Whether a row is an object with nothing but strings in it."""
    return type(row) is dict and set(map(type, row.values())) <= {str}


def _fields(row: Any) -> Fields:
    """A row with all its values as strings. Raises `ValueError`."""
    if not isinstance(row, dict):
        raise ValueError(f"an event must be an object of strings, not {quoted_value(row)}")
    if _is_flat(row):
        return row
    return {name: _string(name, value) for name, value in row.items() if value is not None}


def _string(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return orjson.dumps(value).decode()
    kind = "a list" if isinstance(value, list) else "an object"
    raise ValueError(f"{shortened(name, 60)} must be a string, not {kind}")


def _clean_query(query: Mapping[str, str]) -> Fields:
    # Frameworks may decode broken percent-encoding to lone surrogates, which JSON cannot hold.
    return {_encodable(name): _encodable(value) for name, value in query.items()}


def _encodable(text: str) -> str:
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


def _refused_body(body: bytes, reason: str) -> Refused:
    text = body[:MAX_KEPT_TEXT].decode("utf-8", "replace")
    return Refused(text, [_refusal(f"the body {reason}")])


def _refused_rest(count: int) -> Refused:
    reason = f"a body may hold {MAX_EVENTS:,} events; {count:,} more were not read"
    return Refused(f"{count:,} events", [_refusal(reason)])


def _too_large(limit: int) -> Failure:
    return _refusal(f"the body is larger than {limit:,} bytes")


def _refusal(message: str) -> Failure:
    return Failure(None, "$", message)

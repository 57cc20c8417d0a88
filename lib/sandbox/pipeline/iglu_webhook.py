"""The Iglu webhook: self-describing events from anything that can call a URL, without a tracker.

The schema is the parameter `schema`. The data is the rest of the query string, a form, or a JSON
object; a list of objects makes as many events. Without the parameter, the body is a self-describing
JSON. Of the query string, the event also keeps a few tracker fields.

Differences from Enrich *(ours)*: JSON is strict, a list may have at most 20,000 events, a form
field without `=` is empty and not null, and integers beyond 64 bits are rounded before validation.

Source: IgluAdapter and Adapter in snowplow/enrich.
"""

from typing import Any

import orjson

from lib.sandbox.pipeline.events import Failure
from lib.sandbox.pipeline.iglu import schema_key
from lib.sandbox.pipeline.payload import (
    MAX_EVENTS,
    Fields,
    Refused,
    encodable,
    is_json,
    kept_text,
    parsed_json,
    refused_rest,
)
from lib.sandbox.pipeline.query_string import query_parameters
from lib.sandbox.pipeline.quoting import quoted
from lib.sandbox.pipeline.self_describing import UNSTRUCT_EVENT

VENDOR, VERSION = "com.snowplowanalytics.iglu", "v1"
TRACKER = f"{VENDOR}-{VERSION}"
FORM = "application/x-www-form-urlencoded"
KEPT_FIELDS = ("nuid", "aid", "cv", "eid", "ttm", "url", "p")
NOT_DATA = {"schema", "nuid", "aid", "cv", "p"}


def webhook_events(
    query: str, body: bytes | None = None, content_type: str | None = None
) -> tuple[list[Fields], list[Refused]]:
    """The events of one request in their order, or why there are none. A `GET` has no body."""
    parameters = _parameters(query)
    try:
        described, platform = _described(parameters, body, content_type)
    except ValueError as error:
        return [], [Refused(kept_text(body or b""), [Failure(None, "$", str(error))])]
    kept = {name: parameters[name] for name in KEPT_FIELDS if name in parameters}
    events = [_event(each, platform) | kept for each in described[:MAX_EVENTS]]
    rest = len(described) - len(events)
    return events, [refused_rest(rest)] if rest else []


def _described(
    parameters: Fields, body: bytes | None, content_type: str | None
) -> tuple[list[tuple[str, Any]], str]:
    """The schema and the data of each event, and their platform. Raises `ValueError`."""
    uri = parameters.get("schema")
    if body is None:
        if uri is None:
            raise ValueError('the Iglu webhook needs the parameter "schema" or a body')
        sent = {key: value or None for key, value in parameters.items() if key not in NOT_DATA}
        return [(_checked_uri(uri), sent)], "app"
    if uri is None:
        _require(is_json(content_type), content_type, "application/json")
        return [_self_describing(_json(body))], "app"
    if content_type is not None and content_type.strip().lower() == FORM:
        return [(_checked_uri(uri), _parameters(body.decode("utf-8", "replace")))], "srv"
    _require(is_json(content_type), content_type, f"application/json or {FORM}")
    return [(_checked_uri(uri), each) for each in _objects(_json(body))], "app"


def _parameters(query: str) -> Fields:
    fields = query_parameters(query, is_blank_kept=True)
    return {encodable(name): encodable(value) for name, value in fields.items()}


def _require(is_met: bool, content_type: str | None, expected: str) -> None:
    if not is_met:
        said = "it is missing" if content_type is None else f"not {quoted(content_type)}"
        raise ValueError(f"the body needs the Content-Type {expected}; {said}")


def _json(body: bytes) -> Any:
    try:
        return parsed_json(body)
    except ValueError as error:
        raise ValueError(f"the body {error}") from error


def _checked_uri(uri: str) -> str:
    if schema_key(uri) is None:
        form = "iglu:vendor/name/jsonschema/1-0-0"
        raise ValueError(f'the parameter "schema" is {quoted(uri)}; it must be like {form}')
    return uri


def _self_describing(described: Any) -> tuple[str, Any]:
    is_whole = isinstance(described, dict) and "schema" in described and "data" in described
    if not is_whole or schema_key(described["schema"]) is None:
        raise ValueError(
            'the body is not a self-describing JSON: it needs "schema", an iglu: URI, and "data";'
            ' or name the schema in the query string, as "schema"'
        )
    return described["schema"], described["data"]


def _objects(sent: Any) -> list[Any]:
    if isinstance(sent, list):
        if not sent:
            raise ValueError("the body is a list without any event")
        return sent
    if not isinstance(sent, dict) or not sent:
        raise ValueError("the body is not an object with at least one key, nor a list of them")
    return [sent]


def _event(described: tuple[str, Any], platform: str) -> Fields:
    schema, data = described
    envelope = {"schema": f"{UNSTRUCT_EVENT}0", "data": {"schema": schema, "data": data}}
    return {"tv": TRACKER, "e": "ue", "p": platform, "ue_pr": orjson.dumps(envelope).decode()}

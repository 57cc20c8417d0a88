"""The events of a sandbox for inspection: accepted and failed ones in one list *(ours)*.

Micro's interface separates the two and has no filter for users; here both have the same shape.
"""

from base64 import urlsafe_b64decode
from typing import Any

import orjson

from lib.sandbox.limits import LISTED_BYTES
from lib.sandbox.pipeline.events import KeptEvent
from lib.sandbox.queries.self_describing_json import JsonObject, schema_uri, self_describing
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.storage.store import FailedEventRow


def inspected_events(sandbox: Sandbox, user_id: str | None, limit: int) -> list[JsonObject]:
    """The newest events, newest first; only those of one user if one is given."""
    store = sandbox.store
    if user_id is None:
        rows = store.events_before(sandbox.id, None, limit, at_most=LISTED_BYTES)
        failed = store.failed_events(sandbox.id, limit)
    else:
        rows = store.events_of_user(sandbox.id, user_id, limit)
        failed = store.failed_events_of_user(sandbox.id, user_id, limit)
    kept = filter(None, map(sandbox.kept_event, rows))
    events = [*map(_accepted, kept), *map(_failed, failed)]
    return sorted(events, key=lambda each: each["collector_tstamp"], reverse=True)[:limit]


def _accepted(kept: KeptEvent) -> JsonObject:
    event = kept.event
    return {
        "status": "accepted",
        "event_id": event.event_id,
        "collector_tstamp": event.collector_tstamp,
        "name": event.name,
        "schema": schema_uri(event),
        "user_id": event.atomic.get("user_id"),
        "data": event.data,
        "entities": [self_describing(each) for each in event.entities],
        "atomic": event.atomic,
        "unvalidated": event.unvalidated,
        "failures": [],
        "raw": kept.fields,
    }


def _failed(row: FailedEventRow) -> JsonObject:
    schema = _named_schema(row)
    return {
        "status": "failed",
        "event_id": row.event_id,
        "collector_tstamp": row.collector_tstamp,
        "name": schema.split("/")[1] if schema else "unknown",
        "schema": schema,
        "user_id": row.user_id,
        "data": None,
        "entities": [],
        "atomic": {},
        "unvalidated": [],
        "failures": row.failures,
        "raw": row.payload,
    }


def _named_schema(row: FailedEventRow) -> str | None:
    """The schema that a failed event names as its own, if it can be read."""
    payload = row.payload if isinstance(row.payload, dict) else {}
    try:
        described = orjson.loads(payload["ue_pr"]) if "ue_pr" in payload else _decoded(payload)
        schema = described["data"]["schema"]
    except (KeyError, TypeError, ValueError):
        return None
    is_iglu = isinstance(schema, str) and schema.startswith("iglu:") and schema.count("/") == 3
    return schema if is_iglu else None


def _decoded(payload: JsonObject) -> Any:
    text = str(payload["ue_px"])
    padded = text + "=" * (-len(text) % 4)
    return orjson.loads(urlsafe_b64decode(padded))

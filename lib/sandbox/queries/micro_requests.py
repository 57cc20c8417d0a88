"""What an event was sent with, in Micro's shapes: raw events, collector payloads and bad rows.

`sent` is what is kept of a request (`pipeline.sent_request`). A request that is no longer kept has
no headers, and is assumed to have come by the usual path *(ours)*.

Sources: Routing and MemorySink in snowplow/snowplow-micro, CollectorPayload in snowplow/enrich.
"""

from datetime import UTC, datetime

import orjson

from lib.sandbox.pipeline.enrich import ANONYMOUS_ADDRESS, ANONYMOUS_ID, SANDBOX_VERSION
from lib.sandbox.pipeline.query_string import query_parameters
from lib.sandbox.queries.micro_bad_rows import TRACKERS, payload_failures, schema_violations
from lib.sandbox.queries.self_describing_json import JsonObject
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.storage.store import FailedEventRow

UNKNOWN: JsonObject = {
    "vendor": TRACKERS[0],
    "version": TRACKERS[1],
    "contentType": None,
    "hostname": None,
    "refererUri": None,
    "headers": [],
    "received": {},
    "querystring": "",
    "body": None,
}
NOT_AN_EVENT = "Error while validating the event."
NOT_A_PAYLOAD = "Error while extracting event(s) from collector payload and validating it/them."


class SentRequests:
    """The requests of a sandbox, each read once for a list of events."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._read: dict[int | None, JsonObject] = {None: UNKNOWN}

    def of(self, name: int | None) -> JsonObject:
        """The request of that name, or an unknown one."""
        if name not in self._read:
            kept = self._sandbox.store.request(self._sandbox.id, name) or {}
            self._read[name] = UNKNOWN | kept
        return self._read[name]


def raw_event(fields: JsonObject, received: JsonObject, sent: JsonObject) -> JsonObject:
    """The fields of an event, and how it came."""
    return {
        "api": {"vendor": sent["vendor"], "version": sent["version"]},
        "parameters": fields,
        "contentType": sent["contentType"],
        "source": _source(sent),
        "context": _context(received, sent),
    }


def bad_event(row: FailedEventRow, sent: JsonObject) -> JsonObject:
    """A failed event: the whole request, its fields if they could be read, and why it failed.

    After Micro's two errors come the reasons in words *(ours)*.
    """
    received = {**sent["received"], "collector_tstamp": row.collector_tstamp}
    is_event = isinstance(row.payload, dict)
    raw = raw_event(row.payload, received, sent) if is_event else None
    payload = {
        "api": {"vendor": sent["vendor"], "version": sent["version"]},
        "querystring": [f"{name}={value}" for name, value in _query(sent).items()],
        "contentType": sent["contentType"],
        "body": _body(row, sent),
        "source": _source(sent),
        "context": _context(received, sent),
    }
    first = NOT_A_PAYLOAD if raw is None else NOT_AN_EVENT
    bad_row = (
        payload_failures(row, payload, _query(sent)) if raw is None else schema_violations(row, raw)
    )
    errors = [first, orjson.dumps(bad_row).decode(), *map(_in_words, row.failures)]
    return {"collectorPayload": payload, "rawEvent": raw, "errors": errors}


def iso(tstamp: int) -> str:
    """A time in ms UTC as text."""
    moment = datetime.fromtimestamp(tstamp / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _body(row: FailedEventRow, sent: JsonObject) -> str | None:
    """The body of the request; if that is not kept, it may have been kept with the event."""
    if sent["body"] is None and isinstance(row.payload, str):
        return row.payload or None
    body: str | None = sent["body"]
    return body


def _query(sent: JsonObject) -> dict[str, str]:
    return query_parameters(sent["querystring"], is_blank_kept=True)


def _source(sent: JsonObject) -> JsonObject:
    return {"name": SANDBOX_VERSION, "encoding": "UTF-8", "hostname": sent["hostname"]}


def _context(received: JsonObject, sent: JsonObject) -> JsonObject:
    is_anonymous = received.get("anonymous")
    return {
        "timestamp": iso(received["collector_tstamp"]),
        "ipAddress": ANONYMOUS_ADDRESS if is_anonymous else received.get("ip"),
        "useragent": received.get("user_agent"),
        "refererUri": sent["refererUri"],
        "headers": sent["headers"],
        "userId": ANONYMOUS_ID if is_anonymous else received.get("cookie_id"),
    }


def _in_words(failure: JsonObject) -> str:
    place = " ".join(part for part in (failure["schema"], failure["path"]) if part)
    return f"{place}: {failure['message']}" if place else str(failure["message"])

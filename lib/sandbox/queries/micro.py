"""Snowplow Micro's interface for test tools: what was accepted, what failed, and why.

The shapes are Micro's, except that the sandbox keeps no request headers and assumes the usual path
for an event that could not be read.

Source: https://docs.snowplow.io/docs/api-reference/snowplow-micro/
"""

from datetime import UTC, datetime

from pydantic import BaseModel, Field, NonNegativeInt

from lib.sandbox.pipeline.events import Event, KeptEvent
from lib.sandbox.pipeline.self_describing import CONTEXTS, UNSTRUCT_EVENT
from lib.sandbox.queries.micro_columns import COLUMNS
from lib.sandbox.queries.pauses import Pauses
from lib.sandbox.queries.self_describing_json import JsonObject, schema_uri, self_describing
from lib.sandbox.queries.stored_events import newest_first
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.storage.store import FailedEventRow

KEPT_AT_MOST = 10_000
TRACKER_API = {"vendor": "com.snowplowanalytics.snowplow", "version": "tp2"}
SOURCE = {"name": "snowplow-signals-sandbox", "encoding": "UTF-8", "hostname": None}


class GoodFilters(BaseModel):
    """The filters of `/micro/good`; an event must meet all that are given."""

    event_type: str | None = None
    schema_uri: str | None = Field(default=None, alias="schema")
    contexts: list[str] | None = None
    limit: NonNegativeInt | None = None


class BadFilters(BaseModel):
    """The filters of `/micro/bad`: the vendor and version in the path that it was sent to."""

    vendor: str | None = None
    version: str | None = None
    limit: NonNegativeInt | None = None


def summary(sandbox: Sandbox) -> JsonObject:
    """How many events were accepted and how many failed."""
    good, bad = sandbox.store.counts(sandbox.id)
    return {"total": good + bad, "good": good, "bad": bad}


async def good_events(sandbox: Sandbox, filters: GoodFilters) -> list[JsonObject]:
    """The accepted events that meet the filters, newest first."""
    is_any_wanted = (
        filters.event_type is None and filters.schema_uri is None and not filters.contexts
    )
    looked_at = filters.limit if is_any_wanted and filters.limit is not None else KEPT_AT_MOST
    newest = newest_first(sandbox, Pauses(), min(looked_at, KEPT_AT_MOST))
    answers: list[JsonObject] = []
    async for kept in newest:
        if len(answers) == filters.limit:
            break
        answer = _good_event(kept)
        if _is_wanted(answer, filters):
            answers.append(answer)
    return answers


def bad_events(sandbox: Sandbox, filters: BadFilters) -> list[JsonObject]:
    """The failed events that meet the filters, newest first."""
    if filters.vendor not in (None, TRACKER_API["vendor"]) or filters.version not in (
        None,
        TRACKER_API["version"],
    ):
        return []
    limit = KEPT_AT_MOST if filters.limit is None else min(filters.limit, KEPT_AT_MOST)
    return [_bad_event(row) for row in sandbox.store.failed_events(sandbox.id, limit)]


def _is_wanted(answer: JsonObject, filters: GoodFilters) -> bool:
    return (
        filters.event_type in (None, answer["eventType"])
        and filters.schema_uri in (None, answer["schema"])
        and set(filters.contexts or []) <= set(answer["contexts"])
    )


def _good_event(kept: KeptEvent) -> JsonObject:
    event = kept.event
    return {
        "rawEvent": _raw_event(kept.fields, kept.received),
        "eventType": event.atomic.get("event"),
        "schema": schema_uri(event),
        "contexts": [schema_uri(entity) for entity in event.entities],
        "event": _canonical(event),
        "incomplete": False,
    }


def _bad_event(row: FailedEventRow) -> JsonObject:
    received = {"collector_tstamp": row.collector_tstamp}
    is_event = isinstance(row.payload, dict)
    return {
        "collectorPayload": {
            "api": TRACKER_API,
            "querystring": [],
            "contentType": None,
            "body": None if is_event else row.payload,
            "source": SOURCE,
            "context": _context(received),
        },
        "rawEvent": _raw_event(row.payload, received) if is_event else None,
        "errors": [_error(failure) for failure in row.failures],
    }


def _error(failure: JsonObject) -> str:
    place = " ".join(part for part in (failure["schema"], failure["path"]) if part)
    return f"{place}: {failure['message']}" if place else str(failure["message"])


def _raw_event(fields: JsonObject, received: JsonObject) -> JsonObject:
    return {
        "api": TRACKER_API,
        "parameters": fields,
        "contentType": None,
        "source": SOURCE,
        "context": _context(received),
    }


def _context(received: JsonObject) -> JsonObject:
    return {
        "timestamp": _iso(received["collector_tstamp"]),
        "ipAddress": received.get("ip"),
        "useragent": received.get("user_agent"),
        "refererUri": None,
        "headers": [],
        "userId": received.get("cookie_id"),
    }


def _canonical(event: Event) -> JsonObject:
    """The event as Micro shows it: its columns, times as text, and its self-describing parts."""
    columns = dict.fromkeys(COLUMNS) | {
        name: _iso(value) if name.endswith("_tstamp") else value
        for name, value in event.atomic.items()
    }
    entities = [self_describing(entity) for entity in event.entities]
    columns["contexts"] = {"schema": f"{CONTEXTS}0", "data": entities} if entities else {}
    columns["derived_contexts"] = {}
    columns["unstruct_event"] = (
        {"schema": f"{UNSTRUCT_EVENT}0", "data": self_describing(event)}
        if event.atomic.get("event") == "unstruct"
        else None
    )
    return columns


def _iso(tstamp: int) -> str:
    moment = datetime.fromtimestamp(tstamp / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

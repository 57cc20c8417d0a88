"""Snowplow Micro's interface for test tools: what was accepted, what failed, and why.

Of the requests that events came with, only what `SentRequests` keeps is shown.

Source: https://docs.snowplow.io/docs/api-reference/snowplow-micro/
"""

import math
from collections.abc import AsyncIterator

from pydantic import BaseModel, Field, NonNegativeInt

from lib.sandbox.limits import ANSWER_BYTES
from lib.sandbox.pipeline.events import Event, KeptEvent
from lib.sandbox.pipeline.self_describing import CONTEXTS, UNSTRUCT_EVENT
from lib.sandbox.queries.micro_columns import COLUMNS
from lib.sandbox.queries.micro_requests import SentRequests, bad_event, iso, raw_event
from lib.sandbox.queries.pauses import Pauses
from lib.sandbox.queries.self_describing_json import JsonObject, schema_uri, self_describing
from lib.sandbox.queries.stored_events import failed_newest_first, newest_first
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.storage.store import MAX_SEQ


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


async def good_events(sandbox: Sandbox, filters: GoodFilters) -> AsyncIterator[JsonObject]:
    """The accepted events that meet the filters, newest first."""
    is_any_wanted = (
        filters.event_type is None and filters.schema_uri is None and not filters.contexts
    )
    pauses, limit, most_bytes = _bounds(sandbox, filters.limit if is_any_wanted else None)
    requests, room = SentRequests(sandbox), filters.limit
    async for kept in newest_first(sandbox, pauses, limit, most_bytes=most_bytes):
        if room == 0:
            return
        answer = _good_event(kept, requests.of(kept.received.get("request")))
        if _is_wanted(answer, filters):
            yield answer
            room = None if room is None else room - 1


async def bad_events(sandbox: Sandbox, filters: BadFilters) -> AsyncIterator[JsonObject]:
    """The failed events that meet the filters, newest first."""
    is_any_wanted = filters.vendor is None and filters.version is None
    pauses, limit, most_bytes = _bounds(sandbox, filters.limit if is_any_wanted else None)
    requests, room = SentRequests(sandbox), filters.limit
    async for row in failed_newest_first(sandbox, pauses, limit):
        if room == 0 or most_bytes < 0:
            return
        sent = requests.of(row.request)
        if _is_sent_to(sent, filters):
            yield (answer := bad_event(row, sent))
            room = None if room is None else room - 1
            bad_row = answer["errors"][1]  # it has the fields and the headers once more
            most_bytes -= 2 * len(bad_row) + len(sent["body"] or "")


def _bounds(sandbox: Sandbox, wanted: int | None) -> tuple[Pauses, int, int]:
    """How long to compute, how many events to look at, and how many bytes of them.

    Nothing bounds them in a sandbox that one person runs alone *(ours)*.
    """
    if sandbox.most_listed is None:
        return Pauses(most=math.inf), MAX_SEQ if wanted is None else wanted, MAX_SEQ
    most = sandbox.most_listed
    return Pauses(), most if wanted is None else min(wanted, most), ANSWER_BYTES


def _is_sent_to(sent: JsonObject, filters: BadFilters) -> bool:
    return filters.vendor in (None, sent["vendor"]) and filters.version in (None, sent["version"])


def _is_wanted(answer: JsonObject, filters: GoodFilters) -> bool:
    return (
        filters.event_type in (None, answer["eventType"])
        and filters.schema_uri in (None, answer["schema"])
        and set(filters.contexts or []) <= set(answer["contexts"])
    )


def _good_event(kept: KeptEvent, sent: JsonObject) -> JsonObject:
    event = kept.event
    return {
        "rawEvent": raw_event(kept.fields, kept.received, sent),
        "eventType": event.atomic.get("event"),
        "schema": schema_uri(event),
        "contexts": [schema_uri(entity) for entity in event.entities],
        "event": _canonical(event),
        "incomplete": False,
    }


def _canonical(event: Event) -> JsonObject:
    """The event as Micro shows it: its columns, times as text, and its self-describing parts."""
    columns = dict.fromkeys(COLUMNS) | {
        name: iso(value) if name.endswith("_tstamp") else value
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

"""Snowplow Micro's interface for test tools: what was accepted, what failed, and why.

Of the requests that events came with, only what `SentRequests` keeps is shown.

Source: https://docs.snowplow.io/docs/api-reference/snowplow-micro/
"""

from itertools import islice

from pydantic import BaseModel, Field, NonNegativeInt

from lib.sandbox.limits import ANSWER_BYTES
from lib.sandbox.pipeline.events import Event, KeptEvent
from lib.sandbox.pipeline.self_describing import CONTEXTS, UNSTRUCT_EVENT
from lib.sandbox.queries.micro_columns import COLUMNS
from lib.sandbox.queries.micro_requests import SentRequests, bad_event, iso, raw_event
from lib.sandbox.queries.pauses import Pauses
from lib.sandbox.queries.self_describing_json import JsonObject, schema_uri, self_describing
from lib.sandbox.queries.stored_events import newest_first
from lib.sandbox.sandbox import Sandbox

KEPT_AT_MOST = 10_000  # an answer has 5 kB for each, all its columns *(ours)*


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
    requests = SentRequests(sandbox)
    async for kept in newest:
        if len(answers) == filters.limit:
            break
        answer = _good_event(kept, requests.of(kept.received.get("request")))
        if _is_wanted(answer, filters):
            answers.append(answer)
    return answers


async def bad_events(sandbox: Sandbox, filters: BadFilters) -> list[JsonObject]:
    """The failed events that meet the filters, newest first: so many bytes of them *(ours)*."""
    requests = SentRequests(sandbox)
    limit = KEPT_AT_MOST if filters.limit is None else min(filters.limit, KEPT_AT_MOST)
    is_any_wanted = filters.vendor is None and filters.version is None
    rows = sandbox.store.failed_events(sandbox.id, limit if is_any_wanted else KEPT_AT_MOST)
    wanted = (row for row in rows if _is_sent_to(requests.of(row.request), filters))
    answers: list[JsonObject] = []
    room, pauses = ANSWER_BYTES, Pauses()
    for row in islice(wanted, limit):
        sent = requests.of(row.request)
        answers.append(bad_event(row, sent))
        bad_row = answers[-1]["errors"][1]  # it has the fields and the headers once more
        room -= 2 * len(bad_row) + len(sent["body"] or "")
        if room < 0:
            break
        await pauses.take()
    return answers


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

"""Event logs, read as an agentic context: a session's recent events, for an agent.

An event log has no copy of the events here. It is read from the session's stored events since the
log was published *(ours)*. The answer is the same, except that a changed selection also applies to
earlier events. An entry has what was selected and nothing else, and what has no value is left out.
`narratives.py` words a context.

Not documented, and therefore decided here *(ours)*: a session starts with its first event since the
log was published, whether or not the log selects it. The current page is the last `page_url` that
an event of the session had. Age counts from when an event was collected. An unknown session has an
empty context, which starts now. No session or page starts in the future.
Only a session's newest 10,000 events are read, or 10 MB of them.

Source: https://docs.snowplow.io/docs/signals/applications/agentic-contexts/
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from snowplow_signals.models.model import (
    EventLogEvent,
    EventLogResponse,
    EventOutput,
    EventSelection,
)

from lib.sandbox.errors import NotFound
from lib.sandbox.pipeline.events import Event
from lib.sandbox.queries.pauses import Pauses
from lib.sandbox.queries.stored_events import newest_first
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.signals.criteria import event_filter
from lib.sandbox.signals.kinds import EVENT_LOG
from lib.sandbox.signals.properties import logged_property, property_reader

SCANNED_AT_MOST = 10_000

Entry = dict[str, Any]
Projection = Callable[[Event], Entry | None]


class Moment(NamedTuple):
    """One event of a session; `entry` is what the log selects of it, None if nothing.

    Both times are ms UTC.
    """

    tstamp: int
    collected: int
    page_url: str | None
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class AgenticContext:
    """What a log knows about a session, oldest event first. All times are ms UTC."""

    log: EventLogResponse
    identifier: str
    now: int
    started: int
    page_since: int
    moments: list[Moment]

    @property
    def entries(self) -> list[Entry]:
        """What was selected of each event."""
        return [each.entry for each in self.moments if each.entry is not None]


async def agentic_context(sandbox: Sandbox, name: str, identifier: str, now: int) -> AgenticContext:
    """The newest events of a session that a published event log selects.

    Raises NotFound if the log is unknown or not published.
    """
    definition = sandbox.registry.get(EVENT_LOG, name)
    log: EventLogResponse = definition.model
    if not log.is_published or definition.published_at is None:
        raise NotFound(f"{definition.title} is not published")
    session = await _session(sandbox, log, identifier, definition.published_at)
    oldest = now - 1000 * log.max_age_seconds
    kept = [each for each in session if each.entry is not None and each.collected >= oldest]
    return AgenticContext(
        log=log,
        identifier=identifier,
        now=now,
        started=min(session[0].tstamp, now) if session else now,
        page_since=min(_page_since(session, otherwise=now), now),
        moments=kept[-log.max_events :],
    )


async def _session(
    sandbox: Sandbox, log: EventLogResponse, identifier: str, since: int
) -> list[Moment]:
    """All events of a session, in the order in which they happened."""
    projected = _projection_of(log)
    newest = newest_first(sandbox, Pauses(), SCANNED_AT_MOST, since=since, session_id=identifier)
    moments = [
        Moment(
            kept.event.derived_tstamp,
            kept.event.collector_tstamp,
            kept.event.atomic.get("page_url"),
            projected(kept.event),
        )
        async for kept in newest
    ]
    return sorted(reversed(moments), key=lambda moment: moment.tstamp)


def _page_since(session: list[Moment], otherwise: int) -> int:
    """When the newest page of a session was first seen, without another since."""
    page, since = None, otherwise
    for moment in session:
        if moment.page_url is not None and moment.page_url != page:
            page, since = moment.page_url, moment.tstamp
    return since


def _projection_of(log: EventLogResponse) -> Projection:
    """What a log selects of an event, by the first of its selections that matches; else None."""
    selections = [(_selects(each.event), _projection(each)) for each in log.events]

    def projected(event: Event) -> Entry | None:
        return next((entry(event) for is_selected, entry in selections if is_selected(event)), None)

    return projected


def _selects(wanted: EventLogEvent) -> Callable[[Event], bool]:
    matches = event_filter([EventOutput.model_validate(wanted.model_dump())])
    major = wanted.major_version
    return lambda event: matches(event) and major in (None, event.major_version)


def _projection(selection: EventSelection) -> Callable[[Event], Entry]:
    readers = [_reader(each.root) for each in selection.properties]

    def projected(event: Event) -> Entry:
        values = ((name, read(event)) for name, read in readers)
        return {name: value for name, value in values if value is not None}

    return projected


def _reader(leaf: Any) -> tuple[str, Callable[[Event], Any]]:
    """A property's name in the log, and the function that reads it."""
    return leaf.output_name or _default_name(leaf), property_reader(logged_property(leaf))


def _default_name(leaf: Any) -> str:
    """The column's name, or the last key of the path: what the SDK's model says of `output_name`.

    The example in the documentation names an event's property after its schema instead.
    """
    path: str = leaf.name if leaf.type == "atomic" else leaf.path
    return path.split(".")[-1].split("[")[0] or path

"""Event logs, read as an agentic context: a session's recent events, for an agent.

An event log has no copy of the events here. It is read from the session's stored events since the
log was published *(ours; the answer is the same)*.

Source: https://docs.snowplow.io/docs/signals/applications/agentic-contexts/
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from snowplow_signals.models.model import (
    EventLogBufferResponse,
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


async def agentic_context(
    sandbox: Sandbox, name: str, identifier: str, now: int
) -> EventLogBufferResponse:
    """The newest events of a session that a published event log selects, oldest first.

    Raises NotFound if the log is unknown or not published.
    """
    definition = sandbox.registry.get(EVENT_LOG, name)
    log: EventLogResponse = definition.model
    if not log.is_published or definition.published_at is None:
        raise NotFound(f"{definition.title} is not published")
    since = max(now - 1000 * log.max_age_seconds, definition.published_at)
    entries = (await _entries(sandbox, log, identifier, since))[-log.max_events :]
    return EventLogBufferResponse(
        name=name,
        version=definition.version,
        attribute_key=log.attribute_key.name,
        identifier=identifier,
        events=entries,
        prompt=log.prompt,
        started_at_ms=entries[0]["tstamp_ms"] if entries else now,
        summary=_summary(entries),
    )


def narrative(context: EventLogBufferResponse) -> str:
    """The context as plain text, for a prompt."""
    lines = [context.prompt, f"Recent activity of {context.attribute_key} {context.identifier}:"]
    lines += [_line(entry) for entry in context.events] or ["Nothing so far."]
    return "\n".join(line for line in lines if line)


async def _entries(
    sandbox: Sandbox, log: EventLogResponse, identifier: str, since: int
) -> list[dict[str, Any]]:
    selections = [(_selects(each.event), _projection(each)) for each in log.events]
    newest = newest_first(sandbox, Pauses(), SCANNED_AT_MOST, since=since, session_id=identifier)
    entries = []
    async for kept in newest:
        for is_selected, projected in selections:
            if is_selected(kept.event):
                entries.append(projected(kept.event))
                break
    return sorted(reversed(entries), key=lambda entry: entry["tstamp_ms"])


def _selects(wanted: EventLogEvent) -> Callable[[Event], bool]:
    matches = event_filter([EventOutput.model_validate(wanted.model_dump())])
    major = wanted.major_version
    return lambda event: matches(event) and major in (None, event.major_version)


def _projection(selection: EventSelection) -> Callable[[Event], dict[str, Any]]:
    readers = [_reader(each.root) for each in selection.properties]

    def projected(event: Event) -> dict[str, Any]:
        values = ((name, read(event)) for name, read in readers)
        return {
            "event_name": event.name,
            "tstamp_ms": event.derived_tstamp,
            **{name: value for name, value in values if value is not None},
        }

    return projected


def _reader(leaf: Any) -> tuple[str, Callable[[Event], Any]]:
    """A property's name in the log, and the function that reads it."""
    return leaf.output_name or _default_name(leaf), property_reader(logged_property(leaf))


def _default_name(leaf: Any) -> str:
    """The column's name, or the last key of the path."""
    path: str = leaf.name if leaf.type == "atomic" else leaf.path
    return path.split(".")[-1].split("[")[0] or path


def _summary(entries: Sequence[dict[str, Any]]) -> str:
    names = [entry["event_name"] for entry in entries]
    counts = ", ".join(f"{names.count(name)} {name}" for name in dict.fromkeys(names))
    return counts or "no events"


def _line(entry: dict[str, Any]) -> str:
    moment = datetime.fromtimestamp(entry["tstamp_ms"] / 1000, UTC)
    details = ", ".join(
        f"{name}: {value if isinstance(value, str) else orjson.dumps(value).decode()}"
        for name, value in entry.items()
        if name not in ("event_name", "tstamp_ms")
    )
    return f"- {moment:%H:%M:%S} {entry['event_name']}" + (f" ({details})" if details else "")

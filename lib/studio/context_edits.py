"""What the form does to an agentic context: which events it keeps, and which properties of each.

The names of events and properties are those of the catalogue. Anything else stays as it is in the
Python, and is shown by its path.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import snowplow_signals as sdk

from lib.diagnosis.schema_form import schemas
from lib.snowplow.contexts import completed
from lib.snowplow.definitions import Plan
from lib.studio.catalogue import ENTITY
from lib.studio.edits import Draft, free_name
from lib.text import told_apart

ATOMIC = ("event_name", "page_title", "page_urlpath", "page_url", "user_id", "app_id", "platform")
PAGE_VIEW = "page view"
MOST_EVENTS, MOST_SECONDS, MOST_PROMPT = 100, 3600, 3800
"""Snowplow's limits, as in the SDK's models."""


@dataclass(frozen=True)
class Property:
    """A property of an event: its label, and how a selection names it."""

    label: str
    selected: Any


def new_context(draft: Draft, plan: Plan) -> Draft:
    """The draft with an agentic context at the end: the newest completed tasks of a session."""
    log = sdk.EventLog(
        name=free_name("my_context", [str(each.name) for each in draft]),
        owner=plan.owner,
        prompt="Say what the user did, and what would help them next.",
        attribute_key=sdk.domain_sessionid,
        max_events=20,
        max_age_seconds=1800,
        events=[completed(plan)],
    )
    return (*draft, log)


def known_events(vendor: str) -> dict[str, sdk.EventLogEvent]:
    """The events that a context can keep, by label."""
    own = {
        each.name: sdk.EventLogEvent(vendor=vendor, name=each.name, version=each.version)
        for each in schemas()
        if each.name != ENTITY
    }
    view = sdk.EventLogEvent(
        vendor="com.snowplowanalytics.snowplow", name="page_view", version="1-0-0"
    )
    return own | {PAGE_VIEW: view}


def event_label(event: Any, vendor: str) -> str:
    """The label of a selection's event."""
    known = known_events(vendor)
    found = next((label for label, each in known.items() if each == event), "")
    version = event.version or event.major_version
    parts = (event.vendor, event.name, version, event.event_specification_id)
    return found or "/".join(str(each) for each in parts if each)


def event_labels(log: sdk.EventLog, vendor: str) -> list[str]:
    """The label of each event that a context keeps."""
    return told_apart(event_label(each.event, vendor) for each in log.events)


def with_events(log: sdk.EventLog, labels: Sequence[str], vendor: str) -> list[Any]:
    """Selections for these events: existing ones stay as they are."""
    there = dict(zip(event_labels(log, vendor), log.events, strict=True))
    known = known_events(vendor)
    return [
        there[label] if label in there else _selection(label, known, vendor) for label in labels
    ]


def properties_of(selection: Any, vendor: str) -> list[Property]:
    """What can be kept of an event: its own fields, those of all events, and what is selected."""
    label = event_label(selection.event, vendor)
    known = [*_own_fields(label, vendor), *(_atomic(name) for name in ATOMIC)]
    others = [each for each in selection.properties if each not in [one.selected for one in known]]
    return [*known, *(Property(_path(each), each) for each in others)]


def with_properties(log: sdk.EventLog, at: int, chosen: Sequence[Any]) -> list[Any]:
    """The selections, with these properties for the one at a place."""
    new = log.events[at].model_copy(update={"properties": list(chosen)})
    return [new if place == at else each for place, each in enumerate(log.events)]


def _selection(label: str, known: Mapping[str, sdk.EventLogEvent], vendor: str) -> Any:
    fields = [each.selected for each in _own_fields(label, vendor)]
    return sdk.EventSelection(
        event=known[label],
        properties=[
            _atomic("event_name").selected,
            *(fields or [_atomic("page_title").selected]),
        ],
    )


def _own_fields(label: str, vendor: str) -> list[Property]:
    return [
        Property(
            field.name,
            sdk.EventLogEventProperty(
                vendor=vendor, name=schema.name, major_version=1, path=field.name
            ),
        )
        for schema in schemas()
        if schema.name == label
        for field in schema.fields
    ]


def _atomic(name: str) -> Property:
    return Property(name, sdk.EventLogAtomicProperty.model_validate({"name": name}))


def _path(selected: Any) -> str:
    parts = (getattr(selected, name, None) for name in ("type", "name", "path", "output_name"))
    return " ".join(str(each) for each in parts if each)

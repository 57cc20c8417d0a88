"""What attributes can be computed from: the events that this app knows, and the fields of each.

Fields come from the schemas that the project ships, from the project as an entity, and from the
columns that every event has. Anything else that a definition names is kept and shown as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from snowplow_signals import AtomicProperty, EntityProperty, Event, EventProperty

from lib.diagnosis.schema_form import Schema, schemas
from lib.studio.vocabulary import EVENTS

ANY_EVENT = "any event"
ENTITY = "project"
TEXT, INTEGER, NUMBER, LIST = "text", "integer", "number", "list"
PART, DATE = "part of a date", "date"
KINDS: Mapping[str, str] = MappingProxyType(
    {"string": TEXT, "integer": INTEGER, "number": NUMBER, "array": LIST}
)
ATOMIC: Mapping[str, str] = MappingProxyType(
    {
        "app_id": TEXT,
        "platform": TEXT,
        "event_name": TEXT,
        "user_id": TEXT,
        "domain_sessionid": TEXT,
        "page_url": TEXT,
        "page_title": TEXT,
        "page_urlpath": TEXT,
        "se_category": TEXT,
        "se_action": TEXT,
        "se_label": TEXT,
        "se_property": TEXT,
        "se_value": NUMBER,
        "br_lang": TEXT,
        "mkt_medium": TEXT,
        "mkt_campaign": TEXT,
        "geo_country": TEXT,
    }
)
DATE_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "hour_of_day": PART,
        "day_of_week": PART,
        "month_of_year": PART,
        "active_day": DATE,
        "active_week": DATE,
        "active_month": DATE,
    }
)


@dataclass(frozen=True)
class Field:
    """A field of an event: its label, its property, and the kind of its values."""

    label: str
    property: Any
    kind: str


def known_events(vendor: str, added: Sequence[Schema] = ()) -> dict[str, list[Event]]:
    """The events that an attribute can be computed from, by label. `added` are the schemas that
    somebody added to their sandbox."""
    own = {
        each.name: [Event(vendor=vendor, name=each.name, version=each.version)]
        for each in schemas()
        if each.name != ENTITY
    }
    of_others = {
        each.label: [Event(vendor=each.vendor, name=each.name, version=each.version)]
        for each in added
    }
    return (
        own
        | of_others
        | {
            "page view": [EVENTS["PageView"]()],
            "structured event": [EVENTS["StructuredEvent"]()],
            ANY_EVENT: [],
        }
    )


def event_label(events: list[Event], vendor: str, added: Sequence[Schema] = ()) -> str:
    """The label of an attribute's events."""
    for label, known in known_events(vendor, added).items():
        if known == events:
            return label
    return ", ".join(_address(each) for each in events)


def _address(event: Event) -> str:
    parts = [event.vendor, event.name, event.version]
    return "/".join(filter(None, parts)) or event.event_specification_id or ANY_EVENT


def known_fields(events: list[Event], vendor: str, added: Sequence[Schema] = ()) -> list[Field]:
    """The fields of events: their own, those of the project, and those that all events have."""
    own = [
        Field(
            f"{schema.name}: {field.name}",
            EventProperty(vendor=vendor, name=schema.name, major_version=1, path=field.name),
            KINDS.get(field.types[0] if field.types else "string", TEXT),
        )
        for schema in schemas()
        if any((each.vendor, each.name) == (vendor, schema.name) for each in events)
        for field in schema.fields
    ]
    return [*own, *_added_fields(events, added), *_entity_fields(vendor), *_atomic_fields()]


def _added_fields(events: list[Event], added: Sequence[Schema]) -> list[Field]:
    named = [(each.vendor, each.name, each.version) for each in events]
    return [
        Field(
            f"{schema.name}: {field.name}",
            EventProperty(
                vendor=schema.vendor,
                name=schema.name,
                major_version=int(schema.version.partition("-")[0]),
                path=field.name,
            ),
            KINDS.get(field.types[0] if field.types else "string", TEXT),
        )
        for schema in added
        if (schema.vendor, schema.name, schema.version) in named
        for field in schema.fields
    ]


def _entity_fields(vendor: str) -> list[Field]:
    return [
        Field(
            f"{schema.name} (entity): {field.name}",
            EntityProperty(vendor=vendor, name=schema.name, major_version=1, path=field.name),
            KINDS.get(field.types[0] if field.types else "string", TEXT),
        )
        for schema in schemas()
        if schema.name == ENTITY
        for field in schema.fields
    ]


def _atomic_fields() -> list[Field]:
    dates = [
        Field(
            f"when it happened: {part.replace('_', ' ')}",
            AtomicProperty.model_validate({"name": "derived_tstamp", "date_part": part}),
            kind,
        )
        for part, kind in DATE_PARTS.items()
    ]
    plain = [
        Field(name, AtomicProperty.model_validate({"name": name}), kind)
        for name, kind in ATOMIC.items()
    ]
    return [*dates, *plain]


def field_of(wanted: Any, fields: list[Field]) -> Field | None:
    """The field that a property stands for; an unknown one is labelled by its path, and its values
    may be of any kind."""
    if wanted is None:
        return None
    found = next((each for each in fields if each.property == wanted), None)
    return found or Field(_path(wanted), wanted, _kind_of_combined(wanted, fields))


def leaves_of(wanted: Any) -> list[Any]:
    """The properties that a calculated one combines; none for any other."""
    return [getattr(each, "root", each) for each in getattr(wanted, "properties", None) or []]


def _kind_of_combined(wanted: Any, fields: list[Field]) -> str:
    """The kind of a calculated property's values if its fields are known; else empty."""
    kinds = [
        next((each.kind for each in fields if each.property == leaf), "")
        for leaf in leaves_of(wanted)
    ]
    if not kinds or not all(kinds):
        return ""
    return {"concat": TEXT, "coalesce": kinds[0]}.get(wanted.operation, NUMBER)


def _path(wanted: Any) -> str:
    parts = [getattr(wanted, name, None) for name in ("vendor", "name", "path", "date_part")]
    if getattr(wanted, "operation", None):
        parts = [
            wanted.operation,
            *map(_path, leaves_of(wanted)),
        ]
    return " ".join(str(each) for each in parts if each)

"""Property definitions compiled into functions that read one value from an event.

A definition is compiled once, when its attribute is published, into a function that returns an
event's value or None. Values are returned as they are, containers and non-finite floats included:
the aggregations decide what they accept. A `*_tstamp` column without `date_part` is an integer,
milliseconds UTC *(ours)*.

Differs from Snowplow's *(ours)*: date parts are always in UTC, a path cannot contain keys with a
dot or a bracket, and it supports no more of JSONPath than `a.b[0].c`.

Source: https://docs.snowplow.io/docs/signals/attributes/
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from snowplow_signals.models.model import (
    AtomicProperty,
    CalculatedProperty,
    EntityProperty,
    EventProperty,
    Properties,
)

from lib.sandbox.limits import TEXT_IN_VALUE
from lib.sandbox.pipeline.events import Event
from lib.sandbox.signals.scalars import is_int64, is_number

Reader = Callable[[Event], Any]
Path = tuple[str | int, ...]
PropertyDefinition = (
    AtomicProperty | EventProperty | EntityProperty | CalculatedProperty | Properties
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PATH = re.compile(r"(?:[^.\[\]]+|\[\d{1,9}\])(?:\.[^.\[\]]+|\[\d{1,9}\])*", re.ASCII)
PATH_STEP = re.compile(r"[^.\[\]]+|\[\d+\]", re.ASCII)
PROPERTIES: dict[str, type[AtomicProperty | EventProperty | EntityProperty]] = {
    "atomic": AtomicProperty,
    "event": EventProperty,
    "entity": EntityProperty,
}


class InvalidPath(ValueError):
    """A property's `path` is not of the form `a.b[0].c`."""

    def __init__(self, path: str) -> None:
        super().__init__(f"path {path!r} is not of the form a.b[0].c")
        self.path = path


def property_reader(definition: PropertyDefinition) -> Reader:
    """A function that returns a property's value in an event, or None.

    Raises `InvalidPath` for a path of the wrong form.
    """
    match definition:
        case Properties():
            return property_reader(definition.root)
        case AtomicProperty():
            return _atomic_reader(definition)
        case EventProperty():
            return _event_reader(definition)
        case EntityProperty():
            return _entity_reader(definition)
        case CalculatedProperty():
            return _calculated_reader(definition)


def reading_cost(definition: PropertyDefinition | None) -> int:
    """About how many steps it takes to read a property: see `Engine.cost`."""
    return len(definition.properties) if isinstance(definition, CalculatedProperty) else 1


def logged_property(leaf: Any) -> AtomicProperty | EventProperty | EntityProperty:
    """A property of an event log, as the same property of an attribute."""
    return PROPERTIES[leaf.type].model_validate(leaf.model_dump(exclude={"output_name"}))


def parse_path(path: str) -> Path:
    """The steps of a path: keys are strings, positions in a list are integers.

    >>> parse_path("$.items[0].sku")
    ('items', 0, 'sku')
    """
    has_root = path.startswith(("$.", "$["))
    relative = path[1:].removeprefix(".") if has_root else path
    if not PATH.fullmatch(relative):
        raise InvalidPath(path)
    steps = PATH_STEP.findall(relative)
    return tuple(int(step[1:-1]) if step[0] == "[" else step for step in steps)


def _value_at(data: Any, path: Path) -> Any:
    for step in path:
        if isinstance(step, str):
            data = data.get(step) if isinstance(data, dict) else None
        else:
            data = data[step] if isinstance(data, list) and step < len(data) else None
    return data


def _atomic_reader(definition: AtomicProperty) -> Reader:
    name, part = definition.name, definition.date_part
    if part is None:
        return lambda event: event.atomic.get(name)
    return lambda event: date_part(part, _moment_of_ms(event.atomic.get(name)))


def _event_reader(definition: EventProperty) -> Reader:
    vendor, name, major = definition.vendor, definition.name, definition.major_version
    path, version = parse_path(definition.path), f"{major}-"

    def read(event: Event) -> Any:
        is_it = event.name == name and event.vendor == vendor and event.version.startswith(version)
        return _value_at(event.data, path) if is_it else None

    return _with_date_part(read, definition.date_part)


def _entity_reader(definition: EntityProperty) -> Reader:
    vendor, name, major = definition.vendor, definition.name, definition.major_version
    path, index = parse_path(definition.path), definition.index or 0

    def read(event: Event) -> Any:
        found = event.entities_of(vendor, name, major)
        return _value_at(found[index].data, path) if index < len(found) else None

    return _with_date_part(read, definition.date_part)


def _with_date_part(read: Reader, part: str | None) -> Reader:
    if part is None:
        return read
    return lambda event: date_part(part, _moment_of_text(read(event)))


def _moment_of_ms(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    try:
        return EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        return None


def _moment_of_text(value: Any) -> datetime | None:
    """The time in an ISO 8601 text; UTC if it has no offset."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.upper())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def date_part(part: str, moment: datetime | None) -> int | str | None:
    """One part of a UTC time: an integer, or the date of the period's first day.

    >>> wednesday = datetime(2026, 4, 15, 9, 30, tzinfo=UTC)
    >>> date_part("day_of_week", wednesday), date_part("active_week", wednesday)
    (3, '2026-04-13')
    """
    return None if moment is None else DATE_PARTS[part](moment)


DATE_PARTS: dict[str, Callable[[datetime], int | str]] = {
    "hour_of_day": lambda moment: moment.hour,
    "day_of_week": lambda moment: moment.isoweekday(),
    "month_of_year": lambda moment: moment.month,
    "active_day": lambda moment: moment.date().isoformat(),
    "active_week": lambda moment: (moment.date() - timedelta(days=moment.weekday())).isoformat(),
    "active_month": lambda moment: moment.date().replace(day=1).isoformat(),
}


def _calculated_reader(definition: CalculatedProperty) -> Reader:
    readers = [property_reader(part) for part in definition.properties]
    if definition.operation == "concat":
        separator = definition.separator or ""
        return lambda event: _concat([read(event) for read in readers], separator)
    if definition.operation == "coalesce":
        return lambda event: next((v for read in readers if (v := read(event)) is not None), None)
    combine = NUMERIC_OPERATIONS[definition.operation]
    return lambda event: _numeric(combine, [read(event) for read in readers])


def _concat(parts: list[Any], separator: str) -> str | None:
    """The strings and 64-bit integers as one string; all other values are skipped.

    It is cut once it is too long to count, so that it is never much larger than its parts.
    """
    texts, length = [], 0
    for part in parts:
        if isinstance(part, str) or is_int64(part):
            texts.append(str(part)[: TEXT_IN_VALUE + 1])
            length += len(texts[-1])
        if length > TEXT_IN_VALUE:
            break
    return separator.join(texts) if texts else None


def _numeric(combine: Callable[[list[Any]], Any], parts: list[Any]) -> Any:
    """The combined parts; None if one is not a finite 64-bit number, or if the result overflows."""
    if not all(is_number(part) for part in parts):
        return None
    try:
        result = combine(parts)
        return result if math.isfinite(result) else None
    except OverflowError:
        return None


def _sum(parts: list[Any]) -> int | float:
    return sum(parts) if all(isinstance(part, int) for part in parts) else math.fsum(parts)


NUMERIC_OPERATIONS: dict[str, Callable[[list[Any]], Any]] = {
    "sum": _sum,
    "product": math.prod,
    "min": min,
    "max": max,
}

"""Events that give definitions values, as the Python that tracks them.

Page views are written out, and what there is a schema of: the project's own, or one that somebody
added. Other events are named, for the person to add.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import snowplow_signals as sdk

from lib.diagnosis.schema_form import Field, Schema, data, schemas
from lib.project import DEFAULT_TEMPLATE
from lib.snowplow.criteria import is_number
from lib.snowplow.tracking import TASK_COMPLETED
from lib.studio.catalogue import leaves_of
from lib.studio.code_layout import INDENT, Call, Node, Table, Text, quoted, written
from lib.studio.vocabulary import Definition

SNOWPLOW = "com.snowplowanalytics.snowplow"
NUMBER = "number"  # the argument of the function that is written
FIRST_STEP = re.compile(r"(?:\$\.)?([^.\[\]]+)")  # of a path such as $.items[0].sku


def tracked_events(
    definitions: Sequence[Definition], vendor: str, added: Sequence[Schema] = ()
) -> tuple[list[str], list[str]]:
    """The statements that track one of each event that attributes are computed from, and the
    events that cannot be written. The events of an agentic context are added where it would have
    none of these. `added` are schemas besides the project's own."""
    writer = _Writer(vendor, (*schemas(), *added), frozenset(_read_fields(definitions)))
    statements, unknown = writer.written(_computed_from(definitions))
    for log in definitions:
        if isinstance(log, sdk.EventLog):
            of_log, missing = writer.written(each.event for each in log.events)
            if not {*of_log} & {*statements}:
                statements += of_log
                unknown += missing
    if not statements:
        statements, _ = writer.written([sdk.Event(vendor=vendor, name=TASK_COMPLETED)])
    return list(dict.fromkeys(statements)), list(dict.fromkeys(unknown))


def project_entity(vendor: str) -> str:
    """The entity that goes with each, as Python."""
    schema = next(each for each in schemas() if each.name == "project")
    project = {"project_id": DEFAULT_TEMPLATE.id, "plan": DEFAULT_TEMPLATE.plan}
    values: list[tuple[str, Node]] = [
        (name, Text(quoted(value))) for name, value in project.items()
    ]
    arguments: list[Node] = [Text(quoted(schema.address(vendor))), Table(values)]
    return written(Call("SelfDescribingJson", [("", each) for each in arguments]), "project = ")


def _computed_from(definitions: Iterable[Definition]) -> Iterator[Any]:
    """The events that attributes are computed from, in order."""
    for definition in definitions:
        for attribute in getattr(definition, "attributes", None) or []:
            yield from attribute.events


def _read_fields(definitions: Iterable[Definition]) -> Iterator[tuple[str, str, str]]:
    """The fields of events that definitions read: vendor and name of the event, and the field."""
    for each in _properties(definitions):
        step = FIRST_STEP.match(each.path) if each.type == "event" else None
        if step is not None:
            yield each.vendor, each.name, step[1]


def _properties(definitions: Iterable[Definition]) -> Iterator[Any]:
    """The properties that attributes, their criteria and agentic contexts read, without calculated
    ones, but with what those are made of."""
    for definition in definitions:
        for attribute in getattr(definition, "attributes", None) or []:
            criteria = attribute.criteria
            criterions = (criteria.all or []) + (criteria.any or []) if criteria else []
            for each in (attribute.property, *(one.property for one in criterions)):
                yield from leaves_of(each) or ([each] if each is not None else [])
        if isinstance(definition, sdk.EventLog):
            for selection in definition.events:
                yield from selection.properties


@dataclass(frozen=True)
class _Writer:
    """Writes the statements. `vendor` is that of the project's schemas, `known` are all schemas,
    `read` the fields that are sent although no schema requires them."""

    vendor: str
    known: tuple[Schema, ...]
    read: frozenset[tuple[str, str, str]]

    def written(self, events: Iterable[Any]) -> tuple[list[str], list[str]]:
        """The statements that track events, and those that cannot be written."""
        statements, unknown = [], []
        for each in events:
            statement = self._statement(each)
            if statement is None:
                parts = (each.vendor, each.name, each.version)
                unknown.append("/".join(part for part in parts if part))
            else:
                statements.append(statement)
        return statements, unknown

    def _statement(self, event: Any) -> str | None:
        if event.name == "page_view" and event.vendor in (None, SNOWPLOW):
            return f'{INDENT}tracker.track(PageView(page_url="https://example.com/"))'
        found = (each for each in self.known if self._is_of(each, event))
        schema = next(found, None)
        if schema is None:
            return None
        address = Text(quoted(schema.address(self.vendor)))
        arguments: list[tuple[str, Node]] = [("", address), ("", Table(self._example(schema)))]
        return written(Call("track", arguments), indent=INDENT)

    def _is_of(self, schema: Schema, event: Any) -> bool:
        is_same = (schema.vendor or self.vendor, schema.name) == (event.vendor, event.name)
        return is_same and event.version in (None, schema.version)

    def _example(self, schema: Schema) -> list[tuple[str, Node]]:
        """Each field that the schema requires or a definition reads, and a value."""
        named = schema.vendor or self.vendor, schema.name
        return [
            (each.name, Text(_value(schema, each)))
            for each in schema.fields
            if each.is_required or (*named, each.name) in self.read
        ]


def _value(schema: Schema, field: Field) -> str:
    """A value that fits a field, as Python: with each event another task, and high priority."""
    is_any_text = field.example == f"{field.name}-1"
    if field.name == "task_id" and is_any_text:
        return f'f"task-{{{NUMBER}}}"'
    if field.name == "priority" and (is_any_text or "high" in field.choices):
        return quoted("high")
    value = data((field,), {field.name: field.example}).get(field.name, field.example)
    if is_number(value) and value == 0 and _may_be_one(schema, field):
        return "1"  # a sum of zeros shows nothing
    return quoted(value) if isinstance(value, str) else repr(value)


def _may_be_one(schema: Schema, field: Field) -> bool:
    described = json.loads(schema.source)["properties"][field.name]
    is_limited = described.get("maximum", 2) <= 1 or "multipleOf" in described
    return not field.choices and not is_limited

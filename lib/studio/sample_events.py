"""Events that give definitions values, as the Python that tracks them.

Those that the project has schemas of, and page views, are written out. Others are named, for the
person to add.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import snowplow_signals as sdk

from lib.diagnosis.schema_form import Schema, data, schemas
from lib.project import DEFAULT_TEMPLATE
from lib.snowplow.tracking import TASK_COMPLETED
from lib.studio.code_layout import INDENT, Call, Node, Table, Text, quoted, written
from lib.studio.vocabulary import Definition

MOST_TIMES = 100
TIMES = 5
SNOWPLOW = "com.snowplowanalytics.snowplow"
NUMBER = "number"  # the argument of the function that is written


def tracked_events(
    definitions: Iterable[Definition], vendor: str, added: Sequence[Schema] = ()
) -> tuple[list[str], list[str]]:
    """The statements that track one of each event that the definitions name, and the events that
    cannot be written for them. `added` are schemas besides the project's own."""
    statements, unknown = [], []
    for each in _events(definitions):
        statement = _statement(each, vendor, added)
        if statement is None:
            unknown.append(
                "/".join(part for part in (each.vendor, each.name, each.version) if part)
            )
        else:
            statements.append(statement)
    if not statements:
        statements = [_own_event(TASK_COMPLETED, vendor) or ""]
    return list(dict.fromkeys(statements)), list(dict.fromkeys(unknown))


def times(definitions: Iterable[Definition]) -> int:
    """How often to track them: until the largest number in the rules is reached."""
    rules = [each.criteria for each in definitions if isinstance(each, sdk.RuleIntervention)]
    numbers = [number for rule in rules if rule is not None for number in _numbers(rule)]
    found = [int(number) for number in numbers if 1 <= number <= MOST_TIMES]
    return max(found, default=TIMES)


def _events(definitions: Iterable[Definition]) -> Iterator[Any]:
    """The events that attributes are computed from, in order."""
    for definition in definitions:
        for attribute in getattr(definition, "attributes", None) or []:
            yield from attribute.events


def _statement(event: Any, vendor: str, added: Sequence[Schema]) -> str | None:
    if event.vendor == vendor:
        return _own_event(event.name, vendor)
    if event.name == "page_view" and event.vendor in (None, SNOWPLOW):
        return f'{INDENT}tracker.track(PageView(page_url="https://example.com/"))'
    named = event.vendor, event.name, event.version
    found = (each for each in added if (each.vendor, each.name, each.version) == named)
    return _example_of(next(found, None), vendor)


def _own_event(name: str, vendor: str) -> str | None:
    return _example_of(next((each for each in schemas() if each.name == name), None), vendor)


def _example_of(schema: Schema | None, vendor: str) -> str | None:
    if schema is None:
        return None
    arguments: list[Node] = [Text(quoted(schema.address(vendor))), Table(list(_example(schema)))]
    return written(Call("track", [("", each) for each in arguments]), indent=INDENT)


def _example(schema: Schema) -> Iterator[tuple[str, Node]]:
    """Each field that the schema requires, and a value."""
    required = tuple(each for each in schema.fields if each.is_required)
    for name, value in data(required, {each.name: each.example for each in required}).items():
        if name == "task_id":
            yield name, Text(f'f"task-{{{NUMBER}}}"')
        elif name == "priority":
            yield name, Text(quoted("high"))
        else:
            yield name, Text(quoted(value) if isinstance(value, str) else repr(value or 1))


def project_entity(vendor: str) -> str:
    """The entity that goes with each, as Python."""
    schema = next(each for each in schemas() if each.name == "project")
    project = {"project_id": DEFAULT_TEMPLATE.id, "plan": DEFAULT_TEMPLATE.plan}
    values: list[tuple[str, Node]] = [
        (name, Text(quoted(value))) for name, value in project.items()
    ]
    arguments: list[Node] = [Text(quoted(schema.address(vendor))), Table(values)]
    return written(Call("SelfDescribingJson", [("", each) for each in arguments]), "project = ")


def _numbers(criteria: Any) -> Iterator[float]:
    value = getattr(criteria, "value", None)
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield value
    for combination in ("all", "any", "none"):
        for part in getattr(criteria, combination, None) or []:
            yield from _numbers(part)

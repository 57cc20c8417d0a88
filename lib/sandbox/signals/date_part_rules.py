"""Where a `date_part` may be used: on which fields, with which aggregations and types.

A field of an event or entity is checked if the sandbox's Iglu holds a schema of its name and major
version. Of several versions, one that declares a date-time is enough *(ours)*. A part of a
calculated property may have a date part with any aggregation and type *(ours)*: what is aggregated
is what was calculated.

Source: https://docs.snowplow.io/docs/signals/attributes/attributes/ (apply a date part)
"""

from collections.abc import Iterator
from typing import Any

from snowplow_signals.models.model import Attribute, CalculatedProperty, Properties

from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.pipeline.schema_fields import is_date_time
from lib.sandbox.signals.definition_limits import DefinitionProblem, Location
from lib.sandbox.signals.properties import parse_path

WITH_DATE_PART = {
    "most_frequent",
    "least_frequent",
    "first",
    "last",
    "unique_list",
    "category_count",
    "approx_count_distinct",
}
COUNTED_DATE_PARTS = {"hour_of_day", "day_of_week", "month_of_year"}


def date_part_problems(attribute: Attribute) -> Iterator[DefinitionProblem]:
    """What is wrong with an attribute's aggregation or type, given its date part."""
    date_part = getattr(attribute.property, "date_part", None)
    if date_part is None:
        return
    if attribute.aggregation not in WITH_DATE_PART:
        yield (
            ["property", "date_part"],
            f"date_part cannot be used with the {attribute.aggregation} aggregation",
        )
    suffix = "_list" if attribute.aggregation == "unique_list" else ""
    is_number = attribute.type in {f"int32{suffix}", f"int64{suffix}"}
    is_text = attribute.type == f"string{suffix}"
    is_single = attribute.aggregation not in {"category_count", "approx_count_distinct"}
    wanted = "int32{0} or int64{0}" if date_part in COUNTED_DATE_PARTS else "string{0}"
    if is_single and not (is_number if date_part in COUNTED_DATE_PARTS else is_text):
        yield (
            ["type"],
            f"{date_part} requires the type {wanted.format(suffix)}, not {attribute.type}",
        )


def date_field_problems(
    location: Location, definition: Any, iglu: Iglu
) -> Iterator[DefinitionProblem]:
    """A date part of a field that is not a date-time. Paths must have been checked before."""
    match definition:
        case None:
            return
        case Properties():
            yield from date_field_problems(location, definition.root, iglu)
        case CalculatedProperty():
            for place, part in enumerate(definition.properties):
                yield from date_field_problems([*location, "properties", place], part, iglu)
        case _ if definition.date_part is not None:
            complaint = _complaint(definition, iglu)
            if complaint:
                yield [*location, "date_part"], f"date_part needs a date-time field, {complaint}"


def _complaint(leaf: Any, iglu: Iglu) -> str | None:
    """Why a field is not a date-time; None if it is one, or if no schema is known."""
    if leaf.type == "atomic":
        return None if leaf.name.endswith("_tstamp") else f"{leaf.name} is not one"
    schemas = iglu.versions(leaf.vendor, leaf.name, leaf.major_version)
    path = parse_path(leaf.path)
    if not schemas or any(is_date_time(schema, path) for schema in schemas):
        return None
    return (
        f"and the schema of {leaf.vendor}/{leaf.name} {leaf.major_version} does not declare"
        f" format: date-time at {leaf.path}"
    )

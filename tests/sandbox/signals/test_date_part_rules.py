"""On which fields a date part may be used, given the schemas that the sandbox knows."""

from typing import Any

import pytest
from snowplow_signals.models.model import CalculatedProperty, EntityProperty, EventProperty

from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.signals.date_part_rules import date_field_problems, date_part_problems
from tests.support.sandbox import attribute

MOMENT = {"type": "string", "format": "date-time"}


def schema(version: str, **properties: Any) -> dict[str, Any]:
    described = {"vendor": "org.shop", "name": "visit", "format": "jsonschema", "version": version}
    return {"self": described, "type": "object", "properties": properties}


@pytest.fixture
def iglu() -> Iglu:
    iglu = Iglu()
    iglu.add(schema("1-0-0", left={"type": "string"}, count={"type": "integer"}))
    iglu.add(schema("1-0-1", left=MOMENT, stops={"type": "array", "items": {"type": "string"}}))
    iglu.add(schema("2-0-0", left={"type": "string"}))
    return iglu


def leaf(path: str, kind: type[Any] = EventProperty, **changes: Any) -> Any:
    defaults = {"vendor": "org.shop", "name": "visit", "major_version": 1}
    return kind(path=path, **defaults | {"date_part": "active_day"} | changes)


@pytest.mark.parametrize("kind", [EventProperty, EntityProperty])
@pytest.mark.parametrize(
    ("path", "major"),
    [("count", 1), ("stops[0]", 1), ("unheard_of", 1), ("$.left.at", 1), ("left", 2)],
)
def test_a_field_that_its_schema_declares_otherwise_is_refused(
    iglu: Iglu, kind: type[Any], path: str, major: int
) -> None:
    assert list(date_field_problems(["property"], leaf(path, kind, major_version=major), iglu)) == [
        (
            ["property", "date_part"],
            f"date_part needs a date-time field, and the schema of org.shop/visit {major} does"
            f" not declare format: date-time at {path}",
        )
    ]


@pytest.mark.parametrize("kind", [EventProperty, EntityProperty])
@pytest.mark.parametrize(
    "changes",
    [
        {},  # a date-time since version 1-0-1
        {"vendor": "org.unheard"},
        {"name": "other"},
        {"major_version": 3},
        {"major_version": 2, "date_part": None},
    ],
)
def test_a_date_time_and_what_no_schema_is_known_of_are_accepted(
    iglu: Iglu, kind: type[Any], changes: dict[str, Any]
) -> None:
    assert not list(date_field_problems(["property"], leaf("left", kind, **changes), iglu))


def test_each_part_of_a_calculated_property_is_checked(iglu: Iglu) -> None:
    parts = [leaf("left"), leaf("count", EntityProperty), leaf("count", date_part=None)]
    calculated = CalculatedProperty(operation="coalesce", properties=parts)
    [(location, message)] = date_field_problems(["property"], calculated, iglu)
    assert location == ["property", "properties", 1, "date_part"]
    assert message.endswith("declare format: date-time at count")


def test_date_part_of_a_part_of_a_calculated_property_goes_with_any_aggregation() -> None:
    hour = {"type": "atomic", "name": "derived_tstamp", "date_part": "hour_of_day"}
    value = {"type": "atomic", "name": "se_value"}
    total = {"type": "calculated", "operation": "sum", "properties": [hour, value]}
    assert list(date_part_problems(attribute("total", "sum", type="double", property=total))) == []

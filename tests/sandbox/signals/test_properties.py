"""Properties: where each kind is read, how paths are parsed, and hostile data."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snowplow_signals.models.model import (
    AtomicProperty,
    CalculatedProperty,
    EntityProperty,
    EventProperty,
    Properties,
)

from lib.sandbox.limits import TEXT_IN_VALUE
from lib.sandbox.pipeline.events import Entity, Event
from lib.sandbox.signals.properties import InvalidPath, parse_path, property_reader

APRIL_15_2026 = 1_776_245_400_000  # Wednesday, 09:30 UTC
hostile = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)


def event(data: Any = None, entities: list[Entity] | None = None, **atomic: Any) -> Event:
    return Event("id", 0, 0, "com.example", "task", "1-2-0", atomic, data, entities or [])


def event_property(path: str, **fields: Any) -> EventProperty:
    defaults = {"vendor": "com.example", "name": "task", "major_version": 1, "path": path}
    return EventProperty(**defaults | fields)


def entity_property(path: str, **fields: Any) -> EntityProperty:
    defaults = {"vendor": "com.example", "name": "project", "major_version": 1, "path": path}
    return EntityProperty(**defaults | fields)


def calculated(operation: Any, values: list[Any], separator: str | None = None) -> Any:
    parts = [Properties(event_property(f"v[{i}]")) for i in range(len(values))]
    definition = CalculatedProperty(operation=operation, properties=parts, separator=separator)
    return property_reader(definition)(event({"v": values}))


def test_an_atomic_property_is_the_column() -> None:
    read = property_reader(AtomicProperty(name="page_url"))
    assert read(event(page_url="https://example.com")) == "https://example.com"
    assert read(event()) is None


def test_an_atomic_time_without_a_part_is_in_milliseconds() -> None:
    read = property_reader(AtomicProperty(name="derived_tstamp"))
    assert read(event(derived_tstamp=APRIL_15_2026)) == APRIL_15_2026


def test_wrapper_of_the_sdk_is_unwrapped() -> None:
    assert property_reader(Properties(event_property("priority")))(event({"priority": 1})) == 1


@pytest.mark.parametrize(
    "other", [{"vendor": "com.other"}, {"name": "other"}, {"major_version": 2}]
)
def test_an_event_property_is_read_only_from_its_vendor_name_and_major_version(other: Any) -> None:
    given_event = event({"priority": "high"})
    assert property_reader(event_property("priority"))(given_event) == "high"
    assert property_reader(event_property("priority", **other))(given_event) is None


def test_entity_index_counts_only_its_vendor_name_and_major_version() -> None:
    entities = [
        Entity("com.example", "project", "2-0-0", {"id": "other version"}),
        Entity("com.example", "user", "1-0-0", {"id": "other name"}),
        Entity("com.other", "project", "1-0-0", {"id": "other vendor"}),
        Entity("com.example", "project", "1-0-0", {"id": "a"}),
        Entity("com.example", "project", "1-1-0", {"id": "b"}),
    ]
    given_event = event(entities=entities)
    found = [property_reader(entity_property("id", index=i))(given_event) for i in range(3)]
    assert found == ["a", "b", None]
    assert property_reader(entity_property("id", index=None))(given_event) == "a"


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("a", ("a",)),
        ("$.a", ("a",)),
        ("a.b.c", ("a", "b", "c")),
        ("$.a[0].b[12]", ("a", 0, "b", 12)),
        ("$[1].a", (1, "a")),
        ("[1][2]", (1, 2)),
        ("$a", ("$a",)),
        ("a b.0.ü-x", ("a b", "0", "ü-x")),
    ],
)
def test_a_path_is_keys_and_positions(path: str, steps: tuple[Any, ...]) -> None:
    assert parse_path(path) == steps


@pytest.mark.parametrize(
    "path", ["$.", ".a", "a.", "a..b", "a[", "a[]", "a[-1]", "a[*]", "a]b", "a.[0]", "a[0]b", ""]
)
def test_malformed_path_is_refused_and_named(path: str) -> None:
    with pytest.raises(InvalidPath) as refused:
        parse_path(path)
    assert str(refused.value) == f"path {path!r} is not of the form a.b[0].c"


@pytest.mark.parametrize("data", [None, {}, [], "a", 5, {"a": None}, {"a": []}, {"a": [{}]}])
def test_missing_part_of_a_path_is_null(data: Any) -> None:
    assert property_reader(event_property("a[0].b"))(event(data)) is None


def test_values_are_returned_unchanged() -> None:
    for value in ({"b": 1}, [1], float("inf"), 10**400, "\ud800", False):
        assert property_reader(event_property("a"))(event({"a": value})) == value


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("hour_of_day", 9),
        ("day_of_week", 3),
        ("month_of_year", 4),
        ("active_day", "2026-04-15"),
        ("active_week", "2026-04-13"),
        ("active_month", "2026-04-01"),
    ],
)
def test_date_parts_are_in_utc(part: Any, value: Any) -> None:
    column = AtomicProperty(name="derived_tstamp", date_part=part)
    assert property_reader(column)(event(derived_tstamp=APRIL_15_2026)) == value
    for text in ("2026-04-15T09:30:00Z", "2026-04-15T11:30:00.123+02:00", "2026-04-15 09:30:00"):
        assert property_reader(event_property("at", date_part=part))(event({"at": text})) == value
    entity = Entity("com.example", "project", "1-0-0", {"at": "2026-04-15t09:30:00.123456789z"})
    assert property_reader(entity_property("at", date_part=part))(event({}, [entity])) == value


def test_a_week_starts_on_monday() -> None:
    def week(text: str) -> Any:
        return property_reader(event_property("at", date_part="active_week"))(event({"at": text}))

    assert week("2026-04-13T00:00:00Z") == "2026-04-13"
    assert week("2026-04-12T23:59:59Z") == "2026-04-06"
    assert week("2026-01-01") == "2025-12-29"


@pytest.mark.parametrize(
    "value",
    ["", "soon", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+10:00", "\ud800", 5, None, [], True],
)
def test_text_that_is_not_a_date_time_has_no_date_part(value: Any) -> None:
    read = property_reader(event_property("at", date_part="active_week"))
    assert read(event({"at": value})) is None


@pytest.mark.parametrize("value", [10**20, -(10**17), 10**400, "2026-04-15", 1.5, True])
def test_column_that_is_not_a_time_in_range_has_no_date_part(value: Any) -> None:
    read = property_reader(AtomicProperty(name="derived_tstamp", date_part="active_day"))
    assert read(event(derived_tstamp=value)) is None


def test_concat_joins_strings_and_integers_and_skips_the_rest() -> None:
    assert calculated("concat", ["a", None, 5, 1.5, True, [], 10**5000], "-") == "a-5"
    assert calculated("concat", ["a", "b"]) == "ab"
    assert calculated("concat", [None, None], "-") is None
    assert calculated("concat", ["", None], "-") == ""


@pytest.mark.parametrize(
    ("operation", "value"), [("sum", 4.5), ("product", 3.0), ("min", 1.5), ("max", 2)]
)
def test_numbers_are_combined(operation: str, value: Any) -> None:
    assert calculated(operation, [2, 1.5, 1][: 2 if operation != "sum" else 3]) == value


@pytest.mark.parametrize("operation", ["sum", "product", "min", "max"])
@pytest.mark.parametrize("other", [None, "2", True, float("nan"), float("inf"), 2**63, [1]])
def test_calculation_with_a_part_that_is_not_a_number_is_null(operation: str, other: Any) -> None:
    assert calculated(operation, [1, other]) is None


def test_calculation_that_overflows_is_null() -> None:
    assert calculated("sum", [1.7e308, 1.7e308]) is None
    assert calculated("product", [1.7e308, 10]) is None
    assert calculated("product", [2**62] * 50) is None
    assert calculated("product", [2**62] * 3) == 2**186


def test_coalesce_is_the_first_that_is_not_null() -> None:
    assert calculated("coalesce", [None, False, 5]) is False
    assert calculated("coalesce", [None]) is None


@given(hostile, st.sampled_from(["a", "a[0]", "a.b", "[0]"]), st.sampled_from([None, "active_day"]))
def test_no_data_makes_a_reader_raise(data: Any, path: str, part: Any) -> None:
    property_reader(event_property(path, date_part=part))(event(data))
    property_reader(event_property(path, date_part=part))(event({"a": data}))


@given(st.lists(hostile, min_size=2, max_size=4))
def test_no_data_makes_a_calculation_raise(values: list[Any]) -> None:
    for operation in ("concat", "sum", "product", "min", "max", "coalesce"):
        calculated(operation, values, "-")


@pytest.mark.parametrize(
    "values", [["x" * 20_000, "y"], ["x" * 9_000, "y" * 9_000], ["x" * 500] * 50]
)
def test_concatenated_text_is_cut_once_it_is_too_long_to_count(values: list[str]) -> None:
    text = calculated("concat", values)
    assert TEXT_IN_VALUE < len(text) <= 2 * (TEXT_IN_VALUE + 1)

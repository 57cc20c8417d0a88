"""Calculated properties, as the form makes them."""

from snowplow_signals import Event

from lib.studio.catalogue import INTEGER, NUMBER, TEXT, Field, field_of, known_fields
from lib.studio.combined import combined, fields_for, operations_for, recombined

FIELDS = known_fields(
    [Event(vendor="com.example", name="task_completed", version="1-0-0")], "com.example"
)


def labels(wanted: object) -> list[str]:
    return [each.label for each in FIELDS if each.property in wanted.properties]  # type: ignore[attr-defined]


def test_a_combined_property_is_the_field_of_its_operations_kind() -> None:
    texts = fields_for("concat", FIELDS)[:2]

    assert field_of(combined("concat", texts, "-"), FIELDS).kind == TEXT  # type: ignore[union-attr]
    assert field_of(combined("coalesce", texts), FIELDS).kind == TEXT  # type: ignore[union-attr]


def test_what_combines_unknown_fields_is_of_no_known_kind() -> None:
    texts = fields_for("concat", FIELDS)[:2]

    assert field_of(combined("concat", texts), []).kind == ""  # type: ignore[union-attr]


def test_numbers_are_offered_only_where_there_are_two() -> None:
    numbers = [
        Field(name, each.property, kind)
        for name, each, kind in (("a", FIELDS[0], INTEGER), ("b", FIELDS[1], NUMBER))
    ]

    assert "sum" in operations_for(numbers) and "sum" not in operations_for(FIELDS[:2])


def test_a_field_that_another_operation_cannot_take_makes_room_for_one_that_it_can() -> None:
    text, *numbers = (
        Field(name, each.property, kind)
        for name, each, kind in zip("abc", FIELDS, (TEXT, NUMBER, NUMBER), strict=False)
    )
    now = combined("concat", [text, text])

    assert recombined(now, "sum", [text, *numbers]) == combined("sum", numbers)

"""How a value changed last, as told by the readings of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib.world.history import Change, Reading, last_change

START = datetime(2026, 1, 1, tzinfo=UTC)


def readings(*values: Any) -> list[Reading]:
    """One reading a second; None is one without the attribute."""
    return [
        Reading(START + timedelta(seconds=second), {} if value is None else {"count": value})
        for second, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1,), Change(START, None, 1)),
        ((None, 1), Change(START + timedelta(seconds=1), None, 1)),
        ((1, 2), Change(START + timedelta(seconds=1), 1, 2)),
        ((1, 2, 2, 2), Change(START + timedelta(seconds=1), 1, 2)),
        ((2, 1, 2), Change(START + timedelta(seconds=2), 1, 2)),
        (("high", "low"), Change(START + timedelta(seconds=1), "high", "low")),
        ((1, True), Change(START + timedelta(seconds=1), 1, True)),
        ((1, None, None), Change(START + timedelta(seconds=1), 1, None)),
    ],
)
def test_last_change_is_from_the_last_other_value_when_the_new_one_was_first_seen(
    values: tuple[Any, ...], expected: Change
) -> None:
    assert last_change("count", reversed(readings(*values))) == expected


@pytest.mark.parametrize("values", [(), (None,), (None, None)])
def test_value_that_there_never_was_has_not_changed(values: tuple[Any, ...]) -> None:
    assert last_change("count", reversed(readings(*values))) is None

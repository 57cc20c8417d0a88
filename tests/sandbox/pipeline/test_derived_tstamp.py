"""When an event happened, whatever the clock of its device says."""

import pytest

from tests.support.enriched import (
    NOW,
    good,
    reason,
)


@pytest.mark.parametrize(
    ("fields", "derived"),
    [
        ({}, NOW),
        ({"dtm": "1000"}, NOW),
        ({"stm": "2000"}, NOW),
        ({"dtm": "1000", "stm": "3000"}, NOW - 2000),
        ({"dtm": "1000", "stm": "1001"}, NOW - 1),
        ({"dtm": "1000", "stm": "1000"}, NOW),
        ({"dtm": "1999", "stm": "1000"}, NOW),
        ({"dtm": "1000", "stm": "3000", "ttm": "5"}, 5),
        ({"ttm": "0"}, 0),
    ],
)
def test_derived_tstamp_is_corrected_only_when_created_before_sent(
    fields: dict[str, str], derived: int
):
    event = good({"e": "pv", **fields})
    assert event.derived_tstamp == event.atomic["derived_tstamp"] == derived


def test_derived_tstamp_before_1970_fails():
    assert reason(dtm="0", stm=str(NOW + 1))[0] == "$.dtm"

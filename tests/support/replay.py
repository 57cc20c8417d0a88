"""Generated histories of an attribute, replayed on an aggregation and recomputed naively."""

from typing import Any

import orjson
from hypothesis import strategies as st

from lib.sandbox.signals.aggregation import Aggregation
from lib.sandbox.signals.aggregations import AGGREGATIONS
from tests.support.naive import HOSTILE, SCALARS, Events, naive, typed

PERIOD = 10

steps = st.lists(
    st.tuples(
        st.sampled_from(HOSTILE + SCALARS * 2),
        st.integers(-PERIOD - 2, PERIOD + 2),  # time of the event, relative to now
        st.integers(0, PERIOD // 2),  # by which the clock moves before it
        st.booleans(),  # whether the value is read before it
        st.booleans(),  # whether the aggregation is stored and restored after it
    ),
    max_size=30,
)


def stored_and_restored(aggregation: Aggregation, time_unit: str | None) -> Aggregation:
    state = orjson.loads(orjson.dumps(aggregation.state()))
    assert state == aggregation.state()
    restored = type(aggregation).from_state(state, aggregation.period, time_unit)
    assert orjson.dumps(restored.state()) == orjson.dumps(state)
    return restored


def check(name: str, period: int | None, history: Any, limit: int = 100) -> None:
    """Replays a history, comparing after each move of the clock and each event."""
    unit = "s" if name.startswith("time_since") else None
    aggregation, events, now = AGGREGATIONS[name](period, unit), [], 1_000

    def is_as_recomputed() -> bool:
        window = [event for event in events if period is None or event[1] > now - period]
        actual = aggregation.read(now)
        orjson.dumps(actual)
        return bool(typed(actual) == typed(naive(name, window, now, limit)))

    for value, offset, passed, reads_first, stores in history:
        now += passed
        assert not reads_first or is_as_recomputed()
        aggregation.add(value, now + offset, now)
        events.append((value, now + offset))
        if stores:
            aggregation = stored_and_restored(aggregation, unit)
        assert is_as_recomputed()


def read_after(name: str, events: Events, now: int = 100, period: int | None = None) -> Any:
    aggregation = AGGREGATIONS[name](period)
    for value, tstamp in events:
        aggregation.add(value, tstamp, now)
    return aggregation.read(now)

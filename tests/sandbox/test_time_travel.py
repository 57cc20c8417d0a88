"""Values while the sandbox's clock moves, compared with a recomputation over the raw events."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lib.sandbox.pipeline.enrich import Collected
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.signals.aggregations import AGGREGATIONS
from lib.sandbox.signals.kinds import GROUP
from lib.sandbox.signals.values import typed_value
from lib.sandbox.storage.store import Store
from tests.support.known import as_json
from tests.support.naive import NUMERIC, Events, naive
from tests.support.sandbox import NOW, attribute, group, new_id, seen
from tests.support.size import sized

PERIOD = 7 * 86_400_000
USER = new_id()
MOVES = [0, 1_000, 3_600_000, 86_400_000, PERIOD - 1_000, PERIOD, PERIOD + 1_000]
Steps = list[tuple[str, int]]


def type_of(name: str) -> str:
    if name in NUMERIC or name.startswith("time_since"):
        return "double"
    by_name = {"counter": "int64", "approx_count_distinct": "int32", "category_count": "dict"}
    return by_name.get(name, "string_list" if name == "unique_list" else "string")


def options(name: str) -> dict[str, Any]:
    unit = {"time_unit": "s"} if name.startswith("time_since") else {}
    return {"type": type_of(name), "period": "P7D", **unit}


ATTRIBUTES = [attribute(name, name, **options(name)) for name in AGGREGATIONS]


class Travelled:
    """A sandbox whose clock is moved while real time passes, and the raw events."""

    def __init__(self) -> None:
        self.real, self.ahead = NOW, 0
        self.events: Events = []
        self.sandbox = Sandbox("travelled", Store(":memory:"), Iglu(), lambda: self.real)
        published = as_json(group(*ATTRIBUTES)) | {"is_published": True}
        self.sandbox.registry.create(GROUP, GROUP.model.model_validate(published))

    def take(self, step: str, amount: int) -> None:
        if step == "event":
            event = seen(USER, {"value": amount})
            now = self.sandbox.now()
            asyncio.run(self.sandbox.collect([event], [], Collected(now)))
            self.events.append((amount, now))
        elif step == "wait":
            self.real += amount
        elif step == "forward":
            self.sandbox.move_clock(amount)
            self.ahead += amount
        else:
            self.sandbox.reset(keep_definitions=True)
            self.ahead, self.events = 0, []

    def check(self) -> None:
        computed = self.sandbox.engine.computed_group(self.sandbox.registry.get(GROUP, "things", 1))
        profile, now = self.sandbox.profiles.get(computed, USER), self.real + self.ahead
        assert self.sandbox.now() == now
        counted = [event for event in self.events if event[1] > now - PERIOD]
        for index, name in enumerate(AGGREGATIONS):
            expected = typed_value(type_of(name), naive(name, counted, now))
            assert profile.value(computed, index, now) == expected, name


def steps() -> st.SearchStrategy[Steps]:
    event = st.tuples(st.just("event"), st.integers(-3, 3))
    wait = st.tuples(st.just("wait"), st.sampled_from(MOVES))
    forward = st.tuples(st.just("forward"), st.sampled_from(MOVES))
    back = st.just(("back", 0))
    return st.lists(event | event | wait | forward | back, max_size=25)


@sized(40, 1_000)
@given(steps())
def test_values_equal_a_recomputation_however_the_clock_moves(steps: Steps) -> None:
    travelled = Travelled()
    try:
        for step, amount in steps:
            travelled.take(step, amount)
            travelled.check()
    finally:
        travelled.sandbox.store.close()


def test_window_is_empty_exactly_when_it_has_passed() -> None:
    travelled = Travelled()
    travelled.take("event", 1)
    for move, count in ((PERIOD - 1_000, 1), (1_000, None)):
        travelled.take("forward", move)
        travelled.check()
        service = travelled.sandbox.engine.computed_group(
            travelled.sandbox.registry.get(GROUP, "things", 1)
        )
        profile = travelled.sandbox.profiles.get(service, USER)
        index = list(AGGREGATIONS).index("counter")
        assert profile.value(service, index, travelled.sandbox.now()) == count
    travelled.sandbox.store.close()

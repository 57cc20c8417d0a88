"""Traces of events: their stages, and how many are kept."""

import tracemalloc
from typing import Any

import pytest

from lib.sandbox.pipeline.events import Event, FailedEvent, Failure
from lib.sandbox.signals.engine import AttributeChange, Effects
from lib.sandbox.signals.interventions import Target, instance
from lib.sandbox.signals.memory_budget import MemoryBudget
from lib.sandbox.signals.traces import Traces
from tests.support.sandbox import NOW, new_id

ACCEPTED = ["received", "validated", "attributes", "criteria"]


def event(event_id: str = "e") -> Event:
    return Event(event_id, NOW, NOW, "org.example", "seen", "1-0-0", {})


def names(traces: Traces, event_id: str = "e") -> list[str] | None:
    stages = traces.find(event_id)
    return None if stages is None else [stage["stage"] for stage in stages]


def kept(traces: Traces, count: int) -> list[int]:
    """Which of the events `0`, `1`, `2` and so on have a trace."""
    return [number for number in range(count) if traces.find(str(number)) is not None]


def test_accepted_event_has_a_stage_for_each_step() -> None:
    traces = Traces(lambda: 10)
    change = AttributeChange("things", 1, "ada", "count", None, 1)
    traces.accepted(event(), Effects([change], ["the event has no team"]))
    assert names(traces) == ACCEPTED
    [attributes] = [each for each in traces.find("e") or [] if each["stage"] == "attributes"]
    assert (attributes["changes"][0]["after"], attributes["ignored"]) == (
        1,
        ["the event has no team"],
    )


def test_failed_event_has_its_reasons() -> None:
    traces = Traces(lambda: 10)
    failure = Failure(None, "$.dtm", "is not a time")
    traces.failed(FailedEvent(NOW, {}, [failure], "e"))
    stages = traces.find("e") or []
    assert stages[-1]["failures"] == [{"schema": None, "path": "$.dtm", "message": "is not a time"}]


def test_failed_event_without_an_id_has_no_trace() -> None:
    traces = Traces(lambda: 10)
    traces.failed(FailedEvent(NOW, {}, []))
    assert traces.find("") is None


def test_trigger_is_added_to_the_trace_of_its_event() -> None:
    traces, target = Traces(lambda: 10), Target("user_id", new_id())
    trigger = {target: instance("id", "nudge", 1, target, {})}
    traces.triggered(event(), trigger, 1)
    assert names(traces) is None
    traces.accepted(event(), Effects())
    traces.triggered(event(), trigger, 2)
    *_, triggered = traces.find("e") or []
    assert (triggered["targets"], triggered["connections"]) == ([f"user_id:{target.identifier}"], 2)


def test_event_that_failed_and_is_accepted_when_it_comes_again_has_the_trace_of_then() -> None:
    traces = Traces(lambda: 10)
    traces.failed(FailedEvent(NOW, {}, [], "e"))
    traces.accepted(event(), Effects())
    assert names(traces) == ACCEPTED


def test_event_that_comes_again_and_fails_keeps_the_trace_of_its_acceptance() -> None:
    traces = Traces(lambda: 10)
    traces.accepted(event(), Effects())
    traces.failed(FailedEvent(NOW, {}, [], "e"))
    assert names(traces) == ACCEPTED


def test_only_the_newest_traces_are_kept_and_fewer_when_the_share_shrinks() -> None:
    share = [3]
    traces = Traces(lambda: share[0])
    for number in range(4):
        traces.accepted(event(str(number)), Effects())
    assert [names(traces, str(number)) is None for number in range(4)] == [
        True,
        False,
        False,
        False,
    ]
    share[0] = 1
    traces.accepted(event("4"), Effects())
    assert kept(traces, 5) == [4]


def test_forgotten_events_have_no_trace() -> None:
    traces = Traces(lambda: 10)
    for each in "abc":
        traces.accepted(event(each), Effects())
    traces.forget(["a", "unknown"])
    assert [names(traces, each) is None for each in "abc"] == [True, False, False]
    traces.clear()
    assert [traces.find(each) for each in "abc"] == [None] * 3


# Memory


def changed(count: int, before: Any, after: Any) -> Effects:
    return Effects([AttributeChange("things", 1, "ada", "value", before, after)] * count)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 5_000, "x" * 1_000 + "…"),
        (["x" * 600, "y" * 600], "… 2 values"),
        ({"x" * 2_000: 1}, "… 1 values"),
        ("x" * 1_000, "x" * 1_000),
        (["a", "b"], ["a", "b"]),
        (5, 5),
    ],
)
def test_long_values_are_shortened(value: Any, shown: Any) -> None:
    traces = Traces(lambda: 10)
    traces.accepted(event(), changed(1, None, value))
    [stage] = [each for each in traces.find("e") or [] if each["stage"] == "attributes"]
    assert (stage["changes"][0]["before"], stage["changes"][0]["after"]) == (None, shown)


def test_one_trace_is_never_large() -> None:
    budget = MemoryBudget(10_000_000)
    traces = Traces(lambda: 10, budget)
    effects = changed(500, ["x" * 10_000] * 100, "y" * 10_000)
    effects.too_large = ["much"] * 500
    traces.accepted(event(), effects)
    assert 0 < budget.total < 200_000
    [stage] = [each for each in traces.find("e") or [] if each["stage"] == "attributes"]
    assert (len(stage["changes"]), len(stage["too_large"])) == (500, 20)


def test_trace_of_many_long_identifiers_is_never_large() -> None:
    budget = MemoryBudget(10_000_000)
    traces = Traces(lambda: 10, budget)
    change = AttributeChange("things", 1, "x" * 1_000, "value", None, 1)
    traces.accepted(event(), Effects([change] * 500))
    assert 0 < budget.total < 200_000
    [stage] = [each for each in traces.find("e") or [] if each["stage"] == "attributes"]
    assert {each["identifier"] for each in stage["changes"]} == {"x" * 100 + "…"}


def test_large_values_of_many_attributes_are_not_packed_together() -> None:
    value = ["x" * 10_000] * 100
    tracemalloc.start()
    try:
        Traces(lambda: 10).accepted(event(), changed(20, value, value))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10_000_000  # two values have 2 MB, all of them 40 MB


def test_traces_of_a_sandbox_have_so_many_bytes_at_most() -> None:
    budget = MemoryBudget(200_000)
    traces, others = Traces(lambda: 1_000, budget), Traces(lambda: 1_000, budget)
    for number in range(200):
        traces.accepted(event(str(number)), changed(1, None, "x" * 900))
        assert budget.total <= 50_000
    assert traces.find("0") is None and traces.find("199") is not None
    others.failed(FailedEvent(NOW, {}, [], "other"))
    traces.forget(map(str, range(200)))
    traces.clear()
    others.clear()
    assert budget.total == 0


def test_traces_of_the_sandbox_that_was_used_longest_ago_go_first() -> None:
    budget = MemoryBudget(4_000)
    first, second, third = (Traces(lambda: 1_000, budget) for _ in range(3))
    for number in range(10):
        for each in (first, second, third) if number < 1 else (second, third):
            each.accepted(event(str(number)), changed(1, None, "x" * 100))
    assert budget.total <= 4_000 and third.find("9") is not None

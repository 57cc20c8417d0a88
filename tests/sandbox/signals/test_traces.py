"""Traces of events: their stages, and how many are kept."""

from lib.sandbox.pipeline.events import Event, FailedEvent, Failure
from lib.sandbox.signals.engine import AttributeChange, Effects
from lib.sandbox.signals.interventions import Target, instance
from lib.sandbox.signals.traces import Traces
from tests.support.sandbox import NOW, new_id


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
    assert names(traces) == ["received", "validated", "attributes", "criteria"]
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


def test_event_that_comes_again_keeps_its_first_trace() -> None:
    traces = Traces(lambda: 10)
    traces.failed(FailedEvent(NOW, {}, [], "e"))
    traces.accepted(event(), Effects())
    assert names(traces) == ["received", "failed"]


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

"""Ordered times and values, compared with a sorted list."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from lib.sandbox.signals.timelines import Moments, Timeline, deltas

times = st.lists(st.integers(-20, 20), max_size=20)


def moments_of(tstamps: list[int], *, windowed: bool) -> Moments:
    moments = Moments(windowed)
    for tstamp in tstamps:
        moments.add(tstamp)
    return moments


def timeline_of(tstamps: list[int]) -> Timeline:
    """A timeline whose values are their places in the order of arrival."""
    timeline = Timeline()
    for place, tstamp in enumerate(tstamps):
        timeline.insert(tstamp, place)
    return timeline


def test_deltas_are_the_first_time_and_the_differences() -> None:
    assert (deltas([]), deltas([5, 7, 7, 10])) == ([], [5, 2, 0, 3])


@given(times, st.integers(-21, 21))
def test_moments_in_a_window_are_all_after_the_cutoff_in_order(
    tstamps: list[int], cutoff: int
) -> None:
    moments = moments_of(tstamps, windowed=True)
    moments.drop(cutoff)
    left = sorted(tstamp for tstamp in tstamps if tstamp > cutoff)
    assert (moments.count, list(moments.times)) == (len(left), left)


@given(times)
def test_without_a_window_only_the_first_and_the_latest_moment_are_kept(tstamps: list[int]) -> None:
    moments = moments_of(tstamps, windowed=False)
    edges = sorted(tstamps)[:1] + sorted(tstamps)[1:][-1:]
    assert (moments.count, list(moments.times)) == (len(tstamps), edges)


@given(times, st.booleans())
def test_moments_are_restored_as_they_were(tstamps: list[int], windowed: bool) -> None:
    moments, restored = moments_of(tstamps, windowed=windowed), Moments(windowed)
    restored.restore(orjson.loads(orjson.dumps(moments.state())))
    assert (restored.count, restored.times) == (moments.count, moments.times)


@given(times, st.integers(-21, 21))
def test_timeline_drops_and_returns_what_is_not_after_the_cutoff(
    tstamps: list[int], cutoff: int
) -> None:
    timeline = timeline_of(tstamps)
    by_time = sorted(range(len(tstamps)), key=lambda place: tstamps[place])  # stable
    assert timeline.values == by_time
    gone = [place for place in by_time if tstamps[place] <= cutoff]
    assert (timeline.drop(cutoff), timeline.values) == (gone, by_time[len(gone) :])
    assert timeline.times == sorted(tstamp for tstamp in tstamps if tstamp > cutoff)


@given(times.filter(bool), st.data())
def test_timeline_removes_one_value_at_its_time(tstamps: list[int], data: st.DataObject) -> None:
    timeline, place = timeline_of(tstamps), data.draw(st.integers(0, len(tstamps) - 1))
    timeline.remove(tstamps[place], place)
    assert sorted(timeline.values) == [each for each in range(len(tstamps)) if each != place]
    assert timeline.times == [tstamps[each] for each in timeline.values]


@given(times)
def test_timeline_is_restored_as_it_was(tstamps: list[int]) -> None:
    timeline, restored = timeline_of(tstamps), Timeline()
    state: Any = orjson.loads(orjson.dumps(timeline.state()))
    restored.restore(state)
    assert (restored.times, restored.values) == (timeline.times, timeline.values)

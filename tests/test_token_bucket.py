"""Token buckets: never more than the burst and its seconds, and no longer a wait than is said."""

from hypothesis import given
from hypothesis import strategies as st

from lib.token_bucket import TokenBucket
from tests.support.limited import HandMonotonic

STEPS = st.lists(
    st.tuples(st.floats(0, 100), st.integers(1, 500)), min_size=1, max_size=60
)  # how long nothing is asked for, and then how much


def assert_within(passed, rate, burst):
    for first, (since, _) in enumerate(passed):
        for last in range(first, len(passed)):
            through = sum(count for _, count in passed[first : last + 1])
            assert through <= burst + rate * (passed[last][0] - since) + 1e-6 * (burst + through)


@given(STEPS, st.floats(0.1, 1_000), st.integers(1, 1_000))
def test_no_interval_lets_through_more_than_the_burst_and_its_seconds(steps, rate, burst):
    clock = HandMonotonic()
    bucket = TokenBucket(rate, burst, clock)
    passed = []
    for pause, count in steps:
        clock.now += pause
        if bucket.take(count):
            passed.append((clock.now, count))
    assert_within(passed, rate, burst)


@given(STEPS, st.floats(0.1, 1_000), st.integers(1, 1_000))
def test_what_waits_as_long_as_it_is_told_passes(steps, rate, burst):
    clock = HandMonotonic()
    bucket = TokenBucket(rate, burst, clock)
    for pause, count in steps:
        clock.now += pause
        asked = min(count, burst)
        clock.now += bucket.wait(asked) + 1e-6
        assert bucket.take(asked)


def test_what_is_refused_takes_nothing():
    bucket = TokenBucket(1, 10, HandMonotonic())
    assert [bucket.take(11), bucket.take(10), bucket.take(1)] == [False, True, False]


@given(STEPS, st.floats(0.1, 1_000), st.integers(1, 1_000))
def test_what_is_reserved_never_passes_faster_than_the_burst_and_its_seconds(steps, rate, burst):
    clock = HandMonotonic()
    bucket = TokenBucket(rate, burst, clock)
    passed = []
    for pause, count in steps:
        clock.now += pause
        passed.append((clock.now + bucket.reserve(min(count, burst)), min(count, burst)))
    assert_within(passed, rate, burst)

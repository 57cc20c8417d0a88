"""Who gets an intervention, what is held for whom, and how much may wait."""

import asyncio
import gc
import weakref
from typing import Any

import pytest
from snowplow_signals import InterventionInstance

from lib.sandbox.signals import subscriptions
from lib.sandbox.signals.interventions import Target, instance
from lib.sandbox.signals.memory_budget import MemoryBudget
from lib.sandbox.signals.subscriptions import (
    HELD_AT_MOST,
    HELD_SECONDS,
    QUEUED_AT_MOST,
    Queues,
    Subscriptions,
)
from tests.support.limited import HandMonotonic
from tests.support.sandbox import new_id

ADA = Target("user_id", "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01")
GRACE = Target("user_id", "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e02")
SESSION = Target("domain_sessionid", "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e03")


def nudge(target: Target, intervention_id: str = "id") -> dict[Target, InterventionInstance]:
    return {target: instance(intervention_id, "nudge", 1, target, {})}


async def waiting(subscription: subscriptions.Subscription) -> list[str]:
    """The lines still queued on a stream, without the comment on connecting."""
    subscription.close()
    return [line async for line in subscription.lines()][1:]


def received(listener: Subscriptions, *listened: Target) -> int:
    """How many interventions a new subscriber to these targets gets."""
    with listener.open(listened) as subscription:
        return len(asyncio.run(waiting(subscription)))


def test_idle_stream_sends_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "KEEP_ALIVE_SECONDS", 0.001)

    async def first_lines() -> list[str]:
        with Subscriptions().open([ADA]) as subscription:
            lines = subscription.lines()
            said = [await anext(lines), await anext(lines), await anext(lines)]
            await lines.aclose()  # type: ignore[attr-defined]
            return said

    assert asyncio.run(first_lines()) == [": connected\n\n"] + [": keep-alive\n\n"] * 2


def test_listener_gets_what_is_delivered_for_its_targets() -> None:
    everyone = Subscriptions()
    with everyone.open([ADA]) as ada, everyone.open([GRACE]) as grace:
        everyone.deliver(nudge(ADA), hold=True)
        got = [len(asyncio.run(waiting(each))) for each in (ada, grace)]
    assert got == [1, 0]


def test_connection_gets_an_intervention_for_several_of_its_targets_once() -> None:
    everyone = Subscriptions()
    with everyone.open([ADA, SESSION]) as both:
        everyone.deliver(nudge(ADA) | nudge(SESSION), hold=True)
        assert len(asyncio.run(waiting(both))) == 1


def test_held_intervention_for_several_targets_comes_once() -> None:
    everyone = Subscriptions()
    everyone.deliver(nudge(ADA) | nudge(SESSION), hold=True)
    assert [received(everyone, ADA, SESSION), received(everyone, ADA, SESSION)] == [1, 0]


def test_every_connection_of_a_target_gets_it() -> None:
    everyone = Subscriptions()
    with everyone.open([ADA]) as first, everyone.open([ADA]) as second:
        assert everyone.deliver(nudge(ADA), hold=True) == 2
        got = [len(asyncio.run(waiting(each))) for each in (first, second)]
    assert got == [1, 1]


def test_intervention_is_held_for_the_first_subscriber() -> None:
    everyone = Subscriptions()
    everyone.deliver(nudge(ADA), hold=True)
    assert [received(everyone, GRACE), received(everyone, ADA), received(everyone, ADA)] == [
        0,
        1,
        0,
    ]


@pytest.mark.parametrize(("seconds", "expected"), [(HELD_SECONDS - 0.01, 1), (HELD_SECONDS, 0)])
def test_intervention_is_held_for_ten_seconds(seconds: float, expected: int) -> None:
    monotonic = HandMonotonic()
    everyone = Subscriptions(monotonic)
    everyone.deliver(nudge(ADA), hold=True)
    monotonic.now += seconds
    assert received(everyone, ADA) == expected


def test_held_intervention_without_a_subscriber_is_lost() -> None:
    monotonic = HandMonotonic()
    everyone = Subscriptions(monotonic)
    intervention = nudge(ADA)
    everyone.deliver(intervention, hold=True)
    fates = [everyone.fate(intervention[ADA].intervention_id or "")]
    monotonic.now += HELD_SECONDS
    fates.append(everyone.fate(intervention[ADA].intervention_id or ""))
    assert fates == ["held", "lost"]


def test_held_intervention_with_a_subscriber_is_delivered() -> None:
    everyone = Subscriptions()
    intervention = nudge(ADA)
    everyone.deliver(intervention, hold=True)
    received(everyone, ADA)
    assert everyone.fate(intervention[ADA].intervention_id or "") == "delivered"


def test_lost_intervention_stays_lost_however_many_others_fire() -> None:
    monotonic = HandMonotonic()
    everyone = Subscriptions(monotonic)
    everyone.deliver(nudge(ADA), hold=True)
    monotonic.now += HELD_SECONDS
    for number in range(HELD_AT_MOST):
        changed = instance(str(number), "changed", 1, GRACE, {})
        everyone.deliver({GRACE: changed}, hold=True)
    fates = everyone.last_fate("nudge", 1, ADA), everyone.fate("id"), everyone.fate("999")
    assert fates == ("lost", None, "held")  # what is not known is not said to be delivered


def test_intervention_that_is_pushed_out_by_others_is_lost() -> None:
    everyone = Subscriptions()
    for number in range(HELD_AT_MOST + 1):
        everyone.deliver(nudge(ADA if number == 0 else GRACE, str(number)), hold=True)
    assert (everyone.last_fate("nudge", 1, ADA), everyone.fate("1")) == ("lost", "held")


def test_intervention_that_made_room_for_others_is_lost() -> None:
    everyone = Subscriptions()
    everyone.deliver(nudge(ADA), hold=True)
    everyone.empty()
    assert (everyone.fate("id"), received(everyone, ADA)) == ("lost", 0)


def test_nothing_is_held_or_known_once_all_is_forgotten() -> None:
    budget = MemoryBudget(4_000_000)
    everyone = Subscriptions(budget=budget)
    everyone.deliver(nudge(ADA), hold=True)
    everyone.forget()
    known = everyone.last_fate("nudge", 1, ADA), everyone.fate("id")
    assert (budget.total, known, received(everyone, ADA)) == (0, (None, None), 0)


def test_what_is_held_for_one_identifier_is_forgotten_for_all_its_targets() -> None:
    everyone = Subscriptions()
    everyone.deliver(nudge(ADA, "hers") | nudge(SESSION, "hers"), hold=True)
    everyone.deliver(nudge(GRACE, "other"), hold=True)
    everyone.forget(ADA.identifier)
    fates = [everyone.last_fate("nudge", 1, target) for target in (ADA, SESSION, GRACE)]
    assert fates == [None, "lost", "held"]
    assert [received(everyone, each) for each in (ADA, SESSION, GRACE)] == [0, 0, 1]


def test_delivered_intervention_is_not_replayed() -> None:
    everyone = Subscriptions()
    with everyone.open([ADA]):
        everyone.deliver(nudge(ADA), hold=True)
    assert received(everyone, ADA) == 0


def test_pushed_intervention_is_not_held() -> None:
    everyone = Subscriptions()
    everyone.deliver(nudge(ADA), hold=False)
    assert received(everyone, ADA) == 0


def test_queue_of_a_stalled_connection_is_bounded() -> None:
    everyone = Subscriptions()
    with everyone.open([ADA]) as stalled:
        for number in range(QUEUED_AT_MOST + 10):
            everyone.deliver(nudge(ADA, str(number)), hold=True)
        assert len(asyncio.run(waiting(stalled))) == QUEUED_AT_MOST - 1


def large(target: Target, intervention_id: str) -> dict[Target, InterventionInstance]:
    """An intervention with 90 kB of attributes."""
    texts = {"text": "x" * 90_000}
    return {target: instance(intervention_id, "nudge", 1, target, texts)}


def test_stalled_connection_has_so_many_bytes_at_most_and_the_rest_does_not_reach_it() -> None:
    queues = Queues(4_000_000)
    everyone = Subscriptions(queues=queues)
    with everyone.open([ADA]) as stalled, everyone.open([GRACE]):
        reached = [everyone.deliver(large(ADA, str(number)), hold=False) for number in range(50)]
        assert 900_000 < stalled.queued_bytes <= 1_000_000
        assert everyone.deliver(nudge(GRACE), hold=False) == 1
        assert reached == [1] * 11 + [0] * 39
    assert queues.total == 0


def test_what_a_stalled_connection_cannot_take_is_held_for_another() -> None:
    everyone = Subscriptions(queues=Queues(400_000))
    with everyone.open([ADA]):
        assert [everyone.deliver(large(ADA, each), hold=True) for each in "ab"] == [1, 0]
        assert everyone.fate("b") == "held"
        assert received(everyone, ADA) == 1


def test_of_all_connections_the_one_that_waits_for_most_is_closed_first() -> None:
    queues = Queues(1_000_000)
    first, second = Subscriptions(queues=queues), Subscriptions(queues=queues)
    listeners_of_many = [first.open([ADA]) for _ in range(8)]
    stalled = [each.__enter__() for each in listeners_of_many]
    with second.open([GRACE]) as other:
        second.deliver(nudge(GRACE), hold=False)
        for number in range(2):
            first.deliver(large(ADA, str(number)), hold=False)
        assert queues.total <= 1_000_000
        assert 0 in [each.queued_bytes for each in stalled]
        assert len(asyncio.run(waiting(other))) == 1
    for each in listeners_of_many:
        each.__exit__(None, None, None)
    assert queues.total == 0


def test_what_is_read_makes_room_again() -> None:
    queues = Queues(400_000)
    everyone = Subscriptions(queues=queues)
    with everyone.open([ADA]) as subscription:
        for number in range(5):
            assert everyone.deliver(large(ADA, str(number)), hold=False) == 1
            lines = subscription.lines()
            asyncio.run(two_of(lines))
            assert queues.total == 0


async def two_of(lines: Any) -> None:
    assert [(await anext(lines))[:5] for _ in range(2)] == [": con", "data:"]


def test_held_interventions_have_so_many_bytes_at_most() -> None:
    budget = MemoryBudget(4_000_000)
    first, second = (Subscriptions(budget=budget) for _ in range(2))
    for number in range(50):
        first.deliver(large(ADA, str(number)), hold=True)
        assert first.held_bytes <= 1_000_000
    second.deliver(large(GRACE, "other"), hold=True)
    assert budget.total == first.held_bytes + second.held_bytes
    assert received(second, GRACE) == 1 and received(first, ADA) == 11


def test_held_interventions_go_once_their_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "HELD_SECONDS", 0.01)
    budget = MemoryBudget(4_000_000)
    everyone = Subscriptions(budget=budget)

    async def held_alone() -> int:
        for number in range(3):
            everyone.deliver(large(ADA, str(number)), hold=True)
        size = everyone.held_bytes
        while everyone.held_bytes:  # nothing else happens here
            await asyncio.sleep(0.01)
        return size

    assert asyncio.run(held_alone()) > 270_000
    assert (budget.total, everyone.fate("0")) == (0, "lost")


def test_closed_subscription_leaves_nothing_behind() -> None:
    everyone, target = Subscriptions(), Target("user_id", new_id())
    with everyone.open([target, SESSION]):
        pass
    kept = weakref.ref(target)
    del target
    gc.collect()
    assert (everyone.count(), kept()) == (0, None)

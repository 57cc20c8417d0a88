"""Pauses: when others have their turns, and when a computation ends."""

import asyncio

import pytest

from lib.sandbox.errors import InvalidDefinition
from lib.sandbox.limits import COMPUTING_SECONDS
from lib.sandbox.queries.pauses import TURN_SECONDS, Pauses
from tests.support.limited import HandMonotonic


def others_turns(pauses: Pauses, seconds: HandMonotonic, steps: int, step: float) -> int:
    """How often others have a turn while a request computes in steps."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1
            seconds.now += 100  # their time does not count

    async def computed() -> None:
        waiting = asyncio.create_task(other())
        for _ in range(steps):
            seconds.now += step
            await pauses.take()
        waiting.cancel()

    asyncio.run(computed())
    return turns


def test_short_computation_is_not_interrupted() -> None:
    seconds = HandMonotonic()
    assert others_turns(Pauses(seconds), seconds, 10, TURN_SECONDS / 11) == 0


def test_others_have_a_turn_whenever_one_has_lasted_long_enough() -> None:
    seconds = HandMonotonic()
    assert 8 <= others_turns(Pauses(seconds), seconds, 10, 1.5 * TURN_SECONDS) <= 11


def test_computation_ends_after_its_own_time_only() -> None:
    seconds = HandMonotonic()
    pauses = Pauses(seconds)
    others_turns(pauses, seconds, 4, COMPUTING_SECONDS / 5)
    with pytest.raises(InvalidDefinition) as ended:
        others_turns(pauses, seconds, 2, COMPUTING_SECONDS / 4)
    assert "computed for 5 seconds" in str(ended.value.detail)

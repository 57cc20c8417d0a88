"""Intake: small requests share a turn, large ones take several, and each fails by itself."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from lib.sandbox.pipeline.enrich import Collected
from lib.sandbox.pipeline.events import Failure
from lib.sandbox.pipeline.intake import CollectorRequest, Intake, RequestPart
from lib.sandbox.pipeline.payload import Refused

RECEIVED = Collected(0)
PER_TURN = 3
Turn = list[str]


class Turns:
    """What is stored in each turn; `refuses` says which events cannot be stored."""

    def __init__(self, refuses: Callable[[str], bool] = lambda name: False) -> None:
        self._refuses = refuses
        self.stored: list[Turn] = []
        self.announced: list[Turn] = []
        self.intake: Intake[Turn] = Intake(self._store, self.announced.append, lambda: PER_TURN)

    def _store(self, parts: Sequence[RequestPart]) -> Turn:
        turn = [fields["name"] for part in parts for fields in part.events]
        turn += [f"refused {each.payload}" for part in parts for each in part.refused]
        if any(map(self._refuses, turn)):
            raise ValueError(f"no {turn}")
        self.stored.append(turn)
        return turn

    def take(self, *requests: CollectorRequest) -> list[BaseException | None]:
        """Take requests that arrive together; what each of them raises, or None."""

        async def take_all() -> list[BaseException | None]:
            taken = map(self.intake.take, requests)
            return await asyncio.gather(*taken, return_exceptions=True)

        return asyncio.run(take_all())


def request(names: str, *refused: str) -> CollectorRequest:
    """An event for each letter, and rows that could not be read."""
    reasons = [Failure(None, "$", "no")]
    return CollectorRequest(
        [{"name": name} for name in names], [Refused(each, reasons) for each in refused], RECEIVED
    )


def test_small_requests_that_arrive_together_share_a_turn() -> None:
    turns = Turns()
    assert turns.take(request("a"), request("b"), request("c"), request("d")) == [None] * 4
    assert turns.stored == [["a", "b", "c"], ["d"]]


def test_large_request_takes_several_turns_before_the_next_one() -> None:
    turns = Turns()
    turns.take(request("abcdefg"), request("xy"))
    assert turns.stored == [["a", "b", "c"], ["d", "e", "f"], ["g", "x", "y"]]


def test_rows_that_could_not_be_read_come_with_the_first_part() -> None:
    turns = Turns()
    turns.take(request("abcd", "1", "2"), request("", "3"))
    assert turns.stored == [
        ["a", "b", "c", "refused 1", "refused 2"],
        ["d", "refused 3"],
    ]


def test_what_is_stored_is_announced_afterwards() -> None:
    turns = Turns(lambda name: name == "b")
    turns.take(request("a"), request("b"))
    assert turns.announced == turns.stored == [["a"]]


def test_request_at_fault_fails_alone() -> None:
    turns = Turns(lambda name: name == "b")
    first, second, third = turns.take(request("a"), request("b"), request("c"))
    assert (first, str(second), third) == (None, "no ['b']", None)
    assert turns.stored == [["a"], ["c"]]


def test_rest_of_a_large_request_at_fault_is_not_stored() -> None:
    turns = Turns(lambda name: name == "e")
    large, small = turns.take(request("abcdefghi"), request("x"))
    assert (type(large), small) == (ValueError, None)
    assert turns.stored == [["a", "b", "c"], ["x"]]


def test_what_is_not_stored_yet_is_dropped_and_its_requests_end() -> None:
    turns = Turns()

    async def take_and_drop() -> None:
        large, small = (asyncio.create_task(turns.intake.take(request(each))) for each in names)
        while not turns.stored:
            await asyncio.sleep(0)
        turns.intake.drop()
        await asyncio.gather(large, small)
        await turns.intake.take(request("z"))

    names = "abcdefg", "xy"
    asyncio.run(take_and_drop())
    assert (turns.stored, turns.intake.is_idle) == ([["a", "b", "c"], ["z"]], True)


def test_what_is_not_stored_yet_of_one_user_is_dropped_and_the_rest_stored() -> None:
    turns = Turns()
    events = [{"name": name, "uid": name} for name in "abcdacad"]

    async def take_and_drop() -> None:
        asked = CollectorRequest(events, [], RECEIVED)
        taking = asyncio.create_task(turns.intake.take(asked))
        while not turns.stored:
            await asyncio.sleep(0)
        turns.intake.drop_of("a")
        await taking

    asyncio.run(take_and_drop())
    assert turns.stored == [["a", "b", "c"], ["d", "c", "d"]]


def test_intake_is_idle_before_and_after() -> None:
    turns = Turns()
    was_idle: list[bool] = []

    async def take_and_look() -> None:
        taking = asyncio.create_task(turns.intake.take(request("abcd")))
        await asyncio.sleep(0)
        was_idle.append(turns.intake.is_idle)
        await taking
        was_idle.append(turns.intake.is_idle)

    assert turns.intake.is_idle
    asyncio.run(take_and_look())
    assert was_idle == [False, True]


@pytest.mark.parametrize("size", [0, 1, PER_TURN, PER_TURN + 1])
def test_every_part_but_the_last_has_more_to_come(size: int) -> None:
    asked = request("x" * size)
    parts = [asked.next_part(PER_TURN)]
    while not parts[-1].is_last:
        parts.append(asked.next_part(PER_TURN))
    assert sum(len(each.events) for each in parts) == size
    assert len(parts) == max(1, -(-size // PER_TURN))

"""How many people of a room an intervention reached, from firing to an accepting answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from lib.people.room import Standing
from lib.world.fired import Fired


@dataclass(frozen=True)
class Reached:
    """How many people it reached at each step; `fired` and `delivered` are None if unknown."""

    fired: int | None
    delivered: int | None
    received: int
    handled: int
    accepted: int


def reached(
    rule: tuple[str, int], fired: Sequence[Fired] | None, standings: Sequence[Standing]
) -> Reached:
    """How many people it reached. A person reached at one step counts for all steps before it."""
    here = {each.member.user_id for each in standings}
    received = {each.member.user_id for each in standings if each.nudged_at}
    ours = [
        each for each in fired or () if (each.name, each.version) == rule and each.user_id in here
    ]
    is_known = fired is not None
    delivered = {each.user_id for each in ours if each.fate == "delivered"} | received
    return Reached(
        len({each.user_id for each in ours} | received) if is_known else None,
        len(delivered) if is_known else None,
        len(received),
        sum(each.was_handled for each in standings),
        sum(each.has_accepted for each in standings),
    )

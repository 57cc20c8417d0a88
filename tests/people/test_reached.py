"""How many people of a room the nudge reached."""

from lib.people.reached import Reached, reached
from lib.people.room import Member, Standing
from lib.world.fired import Fired
from tests.support.rooms import NOW

RULE = ("power_user_nudge", 1)


def standing(name: str, *, was_nudged: bool = True, **became: bool) -> Standing:
    nudged_at = NOW if was_nudged else None
    return Standing(Member(name, name, True), 0, 5, nudged_at, is_here=True, **became)


ROOM = [
    standing("ana", was_handled=True, has_accepted=True),
    standing("ben", was_handled=True),
    standing("cleo"),
    standing("dan", was_nudged=False),
    standing("eve", was_nudged=False),
]


def fired(name: str, fate: str = "delivered", version: int = 1) -> Fired:
    return Fired(RULE[0], version, name, fate)  # type: ignore[arg-type]


def test_each_step_counts_people() -> None:
    all_fired = [fired("ana"), fired("ben"), fired("cleo"), fired("dan", "lost")]
    assert reached(RULE, all_fired, ROOM) == Reached(4, 3, 3, 2, 1)


def test_other_versions_and_people_who_are_not_in_the_room_do_not_count() -> None:
    others = [fired("eve", version=2), fired("simulated")]
    assert reached(RULE, others, ROOM[3:]) == Reached(0, 0, 0, 0, 0)


def test_whoever_received_it_counts_before_too() -> None:
    assert reached(RULE, [], ROOM) == Reached(3, 3, 3, 2, 1)


def test_on_an_account_nobody_knows_what_fired() -> None:
    assert reached(RULE, None, ROOM) == Reached(None, None, 3, 2, 1)

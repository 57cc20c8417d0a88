"""What fired, as the sandbox tells it."""

from lib.connection.backend import new_token
from lib.world.fired import Fired, FiredReader
from tests.support.worlds import (
    PLAN,
    complete,
    world,  # noqa: F401 (a fixture)
)


def test_what_fired_for_somebody_is_read_with_its_fate(world):
    participant = world.join()
    participant.publish(PLAN)
    participant.fired.refresh()
    assert participant.fired.seen == ()
    complete(participant, 5)
    participant.fired.refresh()
    assert participant.fired.seen == (
        Fired("power_user_nudge", 1, participant.user_id, "delivered"),
    )


def test_what_fired_for_everybody_is_read_without_a_user(world):
    token = new_token()
    one, other = world.join(token=token), world.join(token=token)
    one.publish(PLAN)
    complete(one, 5)
    other.fired.refresh()
    everybody = FiredReader(one.connection.inspector, None, lambda: None)
    everybody.refresh()
    assert other.fired.seen == ()
    assert everybody.seen is not None
    assert [each.user_id for each in everybody.seen] == [one.user_id]


def test_news_are_told_once(world):
    participant = world.join()
    participant.publish(PLAN)
    told: list[str] = []
    reader = FiredReader(
        participant.connection.inspector, participant.user_id, lambda: told.append("news")
    )
    reader.refresh()
    reader.refresh()
    assert told == ["news"]


def test_what_was_read_stays_while_the_sandbox_does_not_answer(world):
    participant = world.join()
    participant.publish(PLAN)
    complete(participant, 5)
    participant.fired.refresh()
    before = participant.fired.seen
    world.stop_sandbox()
    participant.fired.refresh()
    assert participant.fired.seen == before != ()


def test_nothing_is_known_without_a_sandbox():
    reader = FiredReader(None, "ana", lambda: None)
    reader.look()
    assert reader.seen is None

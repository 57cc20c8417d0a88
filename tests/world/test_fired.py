"""What fired, as the sandbox tells it."""

import threading
from typing import Any

from lib.connection.backend import new_token
from lib.world import fired
from lib.world.fired import Fired, FiredReader
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tests.support.worlds import (
    PLAN,
    complete,
    world,  # noqa: F401 (a fixture)
)


def test_what_fired_for_somebody_is_read_with_its_fate(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
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
    one.definitions.publish(PLAN)
    complete(one, 5)
    other.fired.refresh()
    everybody = FiredReader(one.connection.inspector, None, lambda: None)
    everybody.refresh()
    assert other.fired.seen == ()
    assert everybody.seen is not None
    assert [each.user_id for each in everybody.seen] == [one.user_id]


class SlowInspector:
    """Stands in for a sandbox that answers once it is told to."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()

    def fired(self, user_id: str | None) -> list[dict[str, Any]]:
        assert self.may_answer.wait(PATIENCE_SECONDS)
        return [{"name": "nudge", "version": 1, "identifier": user_id, "fate": "delivered"}]


def test_only_what_came_too_late_for_the_page_is_news(monkeypatch):
    told: list[str] = []
    inspector = SlowInspector()
    reader = FiredReader(inspector, "ana", lambda: told.append("news"))  # type: ignore[arg-type]
    monkeypatch.setattr(fired, "PAGE_WAITS_SECONDS", 0.01)
    reader.look()
    assert (reader.seen, told) == (None, [])
    inspector.may_answer.set()
    assert eventually(lambda: told == ["news"])

    monkeypatch.setattr(fired, "PAGE_WAITS_SECONDS", 10)
    reader.look()
    assert (len(reader.seen or ()), told) == (1, ["news"])


def test_what_was_read_stays_while_the_sandbox_does_not_answer(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
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

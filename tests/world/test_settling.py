"""How tracked events take effect: by the time that a click returns, and without a long wait."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from lib.snowplow.definitions import COUNT
from lib.world import settling
from lib.world.emitter import Delivery
from lib.world.news import News
from lib.world.polling import Seen
from lib.world.settling import Settling
from lib.world.tracked_event import State, TrackedEvent
from tests.support.attributes import count_and_priority
from tests.support.waiting import ENDLESS_SECONDS, eventually
from tests.support.worlds import (
    PLAN,
    complete,
    world,  # noqa: F401 (a fixture)
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Asked:
    """A polling that notes what it is asked for."""

    seen: Seen = Seen()
    stirred: int = 0
    refreshed: int = 0

    def stir(self) -> None:
        self.stirred += 1

    def refresh(self) -> None:
        self.refreshed += 1


@dataclass
class Arrived:
    """An inbox in which nothing arrives."""

    arrivals: int = 0


@dataclass
class Sent:
    """An emitter that has sent everything, or nothing."""

    is_sent: bool = True
    waited: list[float] = field(default_factory=list)

    def wait_until_sent(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return self.is_sent


def delivery(name: str, state: State) -> Delivery:
    return Delivery(events=(TrackedEvent("1", name, None, "u", NOON, state),))


@pytest.fixture
def polling() -> Asked:
    return Asked()


@pytest.fixture
def news() -> News:
    return News()


@pytest.fixture
def settled(polling: Asked, news: News) -> Settling:
    return Settling(polling, Arrived(), news)  # type: ignore[arg-type]


def test_a_change_of_delivery_is_news_once_and_the_values_are_read(settled, polling, news):
    settled.note(delivery("task_completed", "sent"))
    settled.note(delivery("task_completed", "sent"))
    assert (news.revision, polling.stirred) == (1, 1)
    assert eventually(lambda: polling.refreshed == 1)


def test_an_accepted_view_is_no_news(settled, polling, news):
    settled.note(delivery("page_view", "sent"))
    assert (news.revision, polling.stirred, polling.refreshed) == (0, 0, 0)


def test_a_refused_view_is_news(settled, news):
    settled.note(delivery("page_view", "refused"))
    assert news.revision == 1


def test_while_somebody_waits_the_values_are_read_only_once(settled, polling, news):
    with settled.after(Sent()):
        settled.note(delivery("task_completed", "sent"))
        assert (news.revision, polling.refreshed) == (1, 0)
    assert polling.refreshed == 1


def test_nothing_is_read_while_the_collector_does_not_answer(settled, polling):
    collector = Sent(is_sent=False)
    with settled.after(collector):
        pass
    assert (collector.waited, polling.refreshed) == ([settling.SETTLE_SECONDS], 0)


def test_a_completed_task_is_counted_by_the_time_it_returns(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 1)
    assert participant.seen.current[COUNT] == 1


def test_the_fifth_task_brings_the_nudge_by_the_time_it_returns(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 4)
    assert participant.inbox == []
    complete(participant, 1)
    (nudge,) = (each.intervention for each in participant.inbox)
    assert nudge.name == "power_user_nudge"
    assert count_and_priority(nudge.attributes) == ("5", "high")


def test_with_the_sandbox_stopped_a_task_completes_at_once_and_waits_to_be_sent(world, monkeypatch):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 1)
    world.stop_sandbox()
    monkeypatch.setattr(settling, "SETTLE_SECONDS", ENDLESS_SECONDS)
    complete(participant, 1)
    assert participant.emitter.delivery.waiting == 1
    participant.refresh()
    assert participant.seen.problem.message == "Signals cannot be reached."
    assert participant.seen.current[COUNT] == 1

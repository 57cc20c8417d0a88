"""The event feed: every event of a user, read in the background."""

import threading
import uuid
from time import monotonic

from lib.connection.backend import new_token
from lib.diagnosis.journey import journey
from lib.world import event_feed
from lib.world.emitter import Delivery
from lib.world.event_feed import EventFeed
from lib.world.events import failure_in_words
from tests.support.event_worlds import (
    TASK_SCHEMA,
    broken,
    own_world,  # noqa: F401 (a fixture)
    patience,  # noqa: F401 (a fixture)
    read,
    world,  # noqa: F401 (a fixture)
)
from tests.support.waiting import eventually
from tests.support.worlds import PLAN, complete


def test_an_accepted_event_is_listed_with_all_that_is_in_it(world):
    participant = world.join()
    complete(participant, 1)
    (event,) = read(participant)
    assert (event.name, event.status, event.schema, event.user_id) == (
        "task_completed",
        "accepted",
        TASK_SCHEMA,
        participant.user_id,
    )
    assert event.data == {"task_id": "task-1", "priority": "high"}
    assert event.entities == [
        {
            "schema": "iglu:com.example/project/jsonschema/1-0-0",
            "data": {"project_id": "website-relaunch", "plan": "growth"},
        }
    ]
    assert event.atomic["app_id"] == "project-app-backend"
    assert event.raw["eid"] == event.event_id


def test_a_failed_event_is_listed_with_the_schema_the_field_and_the_reason(world):
    participant = world.join()
    fate = broken(participant, "wrong_enum")
    (event,) = read(participant)
    assert (event.event_id, event.status, event.data) == (
        fate.event_id,
        "failed",
        {"task_id": "broken-1", "priority": "urgent"},
    )
    assert [failure_in_words(each) for each in event.failures] == [
        f'{TASK_SCHEMA} $.priority: "urgent" is not one of "low", "medium" or "high"'
    ]


def test_events_of_others_are_not_listed(world):
    token = new_token()
    one, other = (world.participants.join(str(uuid.uuid4()), token) for _ in range(2))
    complete(one, 1)
    broken(one, "no_user_id")
    assert (len(read(one)), read(other)) == (2, [])


def test_events_are_listed_newest_first(world):
    participant = world.join()
    complete(participant, 3)
    times = [each.tstamp for each in read(participant)]
    assert times == sorted(times, reverse=True)
    assert read(participant)[-1].data["task_id"] == "task-1"


def test_with_the_sandbox_stopped_the_last_list_stays_and_what_waits_comes_first(own_world):
    participant = own_world.join()
    complete(participant, 1)
    before = read(participant)
    own_world.stop_sandbox()
    complete(participant, 1)
    waiting, *rest = read(participant)
    assert participant.events.problem is not None
    assert participant.events.problem.message == "The sandbox does not answer."
    assert (waiting.status, waiting.outcome, rest) == ("waiting", "on its way", before)
    assert waiting.data["priority"] in ("low", "medium", "high")

    own_world.start_sandbox()
    assert eventually(lambda: [each.status for each in read(participant)] == ["accepted"] * 2)
    assert participant.events.problem is None


def test_forgotten_events_are_gone_and_values_stay(world):
    participant = world.join()
    participant.definitions.publish(PLAN)
    complete(participant, 2)
    assert len(read(participant)) == 2
    participant.events.forget()
    assert participant.events.events == []
    participant.refresh()
    assert participant.seen.current["tasks_completed_count"] == 2


def test_reading_the_same_again_is_no_news(world):
    participant = world.join()
    complete(participant, 1)
    read(participant)
    before = participant.revision
    read(participant)
    assert participant.revision == before


def test_a_trace_that_comes_in_time_is_no_news_as_whoever_asks_shows_it(world):
    participant = world.join()
    complete(participant, 1)
    event = participant.newest_gesture
    before = participant.revision
    assert participant.events.trace(event.event_id)
    assert participant.revision == before


class SlowInspector:
    """A sandbox that answers once it may."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()

    def stages(self, event_id: str) -> list[dict[str, str]]:
        self.may_answer.wait(timeout=60)
        return [{"stage": "received"}]


def test_a_trace_that_comes_late_is_news(monkeypatch):
    monkeypatch.setattr(event_feed, "PAGE_WAITS_SECONDS", 0.01)
    news = []
    inspector = SlowInspector()
    feed = EventFeed(inspector, "user", Delivery, lambda: news.append("told"))  # type: ignore[arg-type]
    assert (feed.trace("event"), news) == ([], [])

    inspector.may_answer.set()
    assert eventually(lambda: news == ["told"])
    assert feed.trace("event") == [{"stage": "received"}]


def test_events_that_no_page_shows_are_dropped_from_memory_and_come_back(world, monkeypatch):
    participant = world.join()
    complete(participant, 1)
    listed = read(participant)
    now = monotonic()
    monkeypatch.setattr(event_feed, "monotonic", lambda: now + event_feed.UNSEEN_SECONDS - 1)
    participant.events.let_go()
    assert participant.events.events == listed

    monkeypatch.setattr(event_feed, "monotonic", lambda: now + event_feed.UNSEEN_SECONDS + 1)
    participant.events.let_go()
    assert participant.events.events == []
    assert read(participant) == listed


def test_events_that_nobody_looked_at_for_longest_leave_when_all_are_too_large(world):
    first, second = world.join(), world.join()
    for participant in (first, second):
        complete(participant, 1)
    listed = read(first), read(second)
    feeds = [second.events, first.events]
    assert min(each.size for each in feeds) > 500
    event_feed.make_room(feeds, sum(each.size for each in feeds))
    assert (first.events.events, second.events.events) == listed
    event_feed.make_room(feeds, second.events.size)
    assert (first.events.events, second.events.events) == ([], listed[1])
    assert read(first) == listed[0]


def test_on_snowplow_the_list_has_what_the_app_tracked(world):
    participant = world.join()
    complete(participant, 1)
    delivery = participant.emitter.delivery
    feed = EventFeed(None, participant.user_id, lambda: delivery, lambda: None)
    feed.look()
    (event,) = feed.events
    assert (event.status, event.data, event.failures) == (
        "sent",
        {"task_id": "task-1", "priority": "high"},
        [],
    )
    assert (feed.trace(event.event_id), feed.problem) == ([], None)
    steps = journey(event, [], participant.inbox, None, delivery.events[0].sent_at)
    assert [each.name for each in steps] == ["tracked", "accepted"]

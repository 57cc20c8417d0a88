"""The inbox: what arrived, once each, and what probably fired while nobody listened."""

import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from snowplow_signals import InterventionInstance

from lib.snowplow.definitions import COUNT, Plan, intervention
from lib.world import inbox as inbox_module
from lib.world.app_state import AppState
from lib.world.history import Reading
from lib.world.inbox import Inbox, Missed
from tests.support.waiting import PATIENCE_SECONDS

NUDGE = intervention(Plan(owner="you@example.com", vendor="com.example")).model_copy(
    update={"is_published": True}
)
INSTANCE = InterventionInstance(
    intervention_id="one", name=NUDGE.name, version=NUDGE.version, attributes={COUNT: "5"}
)
AHEAD = timedelta(days=8)
ARRIVES_WITHIN_SECONDS = 0.3
START = datetime.now(UTC) - timedelta(hours=1)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def reading(seconds: float, count: int | None) -> Reading:
    return Reading(at(seconds), {COUNT: count})


@pytest.fixture
def news() -> list[str]:
    return []


class Tracked(list[tuple[str, ...]]):
    """Stands in for the tracking: what was tracked about interventions."""

    def intervention_received(self, intervention: InterventionInstance) -> None:
        self.append(("received", intervention.intervention_id or ""))

    def intervention_handled(self, intervention: InterventionInstance) -> None:
        self.append(("handled", intervention.intervention_id or ""))

    def intervention_failed(self, intervention: InterventionInstance, error: str) -> None:
        self.append(("failed", intervention.intervention_id or "", error))


@pytest.fixture
def tracked() -> Tracked:
    return Tracked()


@pytest.fixture
def state() -> Iterator[AppState]:
    state = AppState(":memory:")
    yield state
    state.close()


@pytest.fixture
def inbox(news: list[str], state: AppState, tracked: Tracked) -> Inbox:
    return opened(state, tracked, news)


def opened(state: AppState, tracked: Tracked, news: list[str]) -> Inbox:
    return Inbox(
        state,
        "world",
        lambda: news.append("news"),
        lambda: AHEAD,
        lambda: tracked,  # type: ignore[arg-type, return-value]
    )


def test_an_intervention_is_in_the_inbox_once_however_often_it_arrives(inbox, news):
    inbox.receive(INSTANCE)
    inbox.receive(INSTANCE)
    assert [each.id for each in inbox.received] == ["one"]
    assert (inbox.arrivals, news) == (1, ["news"])


def test_an_answer_counts_once(inbox):
    inbox.receive(INSTANCE)
    (received,) = inbox.received
    assert (inbox.answer(received, "accepted"), inbox.answer(received, "dismissed")) == (
        True,
        False,
    )
    assert inbox.received[0].answer == "accepted"


def test_a_threshold_crossed_before_the_stream_was_back_was_probably_missed(inbox, news):
    inbox.note_reading(reading(0, 4), reading(20, 5), NUDGE)
    inbox.look_for_missed(live_since=at(10))
    assert inbox.missed == [Missed(NUDGE.name, NUDGE.version, at(20))]
    assert news == ["news"]


def test_what_was_missed_is_reported_once(inbox, news):
    inbox.note_reading(reading(0, 4), reading(20, 5), NUDGE)
    inbox.look_for_missed(live_since=at(10))
    inbox.look_for_missed(live_since=at(10))
    assert (len(inbox.missed), news) == (1, ["news"])


def test_a_threshold_crossed_while_the_stream_was_open_was_not_missed(inbox):
    inbox.note_reading(reading(10, 4), reading(20, 5), NUDGE)
    inbox.look_for_missed(live_since=at(5))
    assert inbox.missed == []


def test_nothing_was_missed_that_arrived(inbox):
    inbox.note_reading(reading(0, 4), reading(20, 5), NUDGE)
    inbox.receive(INSTANCE)
    inbox.look_for_missed(live_since=at(10))
    assert inbox.missed == []


def test_what_arrives_late_was_not_missed(inbox):
    inbox.note_reading(reading(0, 4), reading(20, 5), NUDGE)
    inbox.look_for_missed(live_since=at(10))
    inbox.receive(INSTANCE)
    assert inbox.missed == []


def test_what_arrives_while_it_is_noted_as_missed_was_not_missed(inbox, state, monkeypatch):
    arrival = threading.Thread(target=inbox.receive, args=(INSTANCE,))
    add_missed = state.add_missed

    def add_while_it_arrives(*row):
        arrival.start()
        arrival.join(ARRIVES_WITHIN_SECONDS)  # or it waits until this is noted
        add_missed(*row)

    monkeypatch.setattr(state, "add_missed", add_while_it_arrives)
    inbox.note_reading(reading(0, 4), reading(20, 5), NUDGE)
    inbox.look_for_missed(live_since=at(10))
    arrival.join(PATIENCE_SECONDS)
    assert [each.id for each in inbox.received] == ["one"]
    assert inbox.missed == []


def test_nothing_is_reported_as_missed_while_the_stream_is_closed(inbox):
    inbox.note_reading(reading(0, 4), reading(20, 5), NUDGE)
    inbox.look_for_missed(live_since=None)
    assert inbox.missed == []


def test_what_may_still_arrive_is_waited_for(inbox, monkeypatch):
    monkeypatch.setattr(inbox_module, "GRACE", timedelta(hours=2))
    inbox.note_reading(reading(0, 4), reading(20, 5), NUDGE)
    inbox.look_for_missed(live_since=at(10))
    assert inbox.missed == []


@pytest.mark.parametrize(
    ("before", "after"),
    [(5, 6), (3, 4), (5, 4), (6, None)],
)
def test_values_that_stay_below_the_threshold_mean_nothing_was_missed(inbox, before, after):
    inbox.note_reading(reading(0, before), reading(20, after), NUDGE)
    inbox.look_for_missed(live_since=at(10))
    assert inbox.missed == []


def test_a_first_reading_says_nothing_about_what_was_missed(inbox):
    inbox.note_reading(None, reading(20, 7), NUDGE)
    inbox.look_for_missed(live_since=at(10))
    assert inbox.missed == []


@pytest.mark.parametrize("nudge", [None, NUDGE.model_copy(update={"is_published": False})])
def test_an_intervention_that_is_not_published_cannot_be_missed(inbox, nudge):
    inbox.note_reading(reading(0, 4), reading(20, 5), nudge)
    inbox.look_for_missed(live_since=at(10))
    assert inbox.missed == []


def test_what_arrives_has_its_time_by_the_clock_that_is_ahead(inbox):
    inbox.receive(INSTANCE)
    (received,) = inbox.received
    assert received.at - received.tstamp == AHEAD
    assert datetime.now(UTC) - received.tstamp < timedelta(minutes=1)


def test_moving_the_clock_does_not_turn_what_arrived_into_missed(inbox):
    inbox.note_reading(reading(10, 4), replace(reading(20, 5), ahead=AHEAD), NUDGE)
    inbox.look_for_missed(live_since=at(5))
    assert inbox.missed == []


def test_what_was_missed_has_its_time_by_the_clock_that_is_ahead(inbox):
    inbox.note_reading(reading(0, 4), replace(reading(20, 5), ahead=AHEAD), NUDGE)
    inbox.look_for_missed(live_since=at(10))
    assert inbox.missed == [Missed(NUDGE.name, NUDGE.version, at(20), AHEAD)]


def test_a_crossing_from_before_a_reset_is_not_reported(inbox):
    inbox.note_reading(reading(0, 4), reading(20, 5), NUDGE)
    inbox.forget_crossing()
    inbox.look_for_missed(live_since=at(10))
    assert inbox.missed == []


def test_an_intervention_was_shown_when_a_page_was_drawn_with_it_first(inbox):
    inbox.receive(INSTANCE)
    assert inbox.received[0].shown is None
    inbox.note_shown(inbox.received[0])
    first = inbox.received[0].shown
    assert first is not None and first >= inbox.received[0].tstamp
    inbox.note_shown(inbox.received[0])
    assert inbox.received[0].shown == first


def test_what_became_of_an_intervention_is_tracked_once(inbox, tracked):
    inbox.receive(INSTANCE)
    inbox.receive(INSTANCE)
    (received,) = inbox.received
    inbox.note_shown(received)
    inbox.note_shown(received)
    assert tracked == [("received", "one"), ("handled", "one")]


def test_it_is_not_tracked_again_by_the_next_process(inbox, state, tracked):
    inbox.receive(INSTANCE)
    inbox.note_shown(inbox.received[0])
    del tracked[:]
    again = opened(state, tracked, [])
    again.receive(INSTANCE)
    again.note_shown(again.received[0])
    assert tracked == []


def test_an_intervention_that_could_not_be_shown_is_tracked_as_that_once(inbox, tracked):
    inbox.receive(INSTANCE)
    (received,) = inbox.received
    inbox.note_shown(received, "KeyError: 'headline'")
    inbox.note_shown(received, "KeyError: 'headline'")
    inbox.note_shown(received)
    assert tracked[1:] == [("failed", "one", "KeyError: 'headline'")]
    assert inbox.received[0].shown is None


def test_an_intervention_that_is_gone_is_not_tracked_as_shown(inbox, state, tracked):
    inbox.receive(INSTANCE)
    (received,) = inbox.received
    state.start_over("world")
    inbox.note_shown(received)
    assert tracked == [("received", "one")]


def test_an_intervention_without_an_id_gets_one(inbox, tracked):
    inbox.receive(INSTANCE.model_copy(update={"intervention_id": None}))
    (received,) = inbox.received
    assert uuid.UUID(received.id)
    assert tracked == [("received", received.id)]

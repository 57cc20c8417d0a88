"""The simulated team: it tracks what was asked, no more; it is counted, nudged, stopped, closed."""

import gc
import threading
import uuid
from collections import Counter
from functools import partial

import httpx
import pytest

from lib.people.crowd import APP_ID, Crowd, Crowds, simulated_ids
from lib.people.crowd_progress import IN_THE_SANDBOX, Size
from lib.snowplow.definitions import Names
from lib.snowplow.tracking import EventName
from tests.support.crowds import (
    PATIENCE_SECONDS,
    place,  # noqa: F401 (a fixture)
)
from tests.support.waiting import PATIENCE_SECONDS, eventually


def threads_left() -> list[str]:
    ours = ("crowd", "sender", "SignalsInterventions")
    return [each.name for each in threading.enumerate() if each.name.startswith(ours)]


def test_run_that_is_late_catches_up_and_tracks_no_more_than_asked(place):
    place.publish()
    place.clock.at_pause = lambda: setattr(place.clock, "now", place.clock.now + 7.0)
    progress = place.run(Size(users=4, rate=10, seconds=5)).progress
    assert (progress.tracked, progress.sent, len(place.events())) == (50, 50, 50)


def test_every_event_is_a_simulated_task_and_counted_by_signals(place):
    place.publish()
    progress = place.run(Size(users=20, rate=50, seconds=4)).progress
    events = place.events()

    by_user = Counter(each["user_id"] for each in events)
    assert progress.problem is None
    assert (progress.state, progress.was_stopped) == ("done", False)
    assert (progress.tracked, progress.sent, len(events)) == (200, 200, 200)
    assert {each["app_id"] for each in events} == {APP_ID}
    assert {each["event_name"] for each in events} == {"task_completed"}
    assert progress.tasks == tuple(by_user[each] for each in simulated_ids(place.token, 20))
    assert len(set(progress.tasks)) > 3  # some are busier than others


def test_its_events_are_those_that_the_place_s_cards_track(place):
    size, shop = Size(users=4, rate=10, seconds=1), EventName("com.fjordandfell", "product_added")
    crowd = Crowd(size, place.connect, "com.example", Names(), completed=shop)
    assert crowd.wait(PATIENCE_SECONDS)
    assert {(each["event_vendor"], each["event_name"]) for each in place.events()} == {shop}


def test_each_user_who_reaches_the_threshold_is_nudged_once(place):
    place.publish()
    progress = place.run(Size(users=150, rate=200, seconds=5)).progress
    over = [number for number, tasks in enumerate(progress.tasks, 1) if tasks >= 5]
    assert 10 < len(over) < 150
    assert sorted(each.user for each in progress.nudges) == over


def test_later_run_goes_on_with_the_same_users_and_nudges_nobody_again(place, monkeypatch):
    monkeypatch.setattr("lib.people.crowd.LAST_NUDGES_WITHIN_SECONDS", 0.2)
    place.publish()
    size = Size(users=10, rate=60, seconds=1)
    first, second = place.run(size).progress, place.run(size).progress
    over = [{n for n, tasks in enumerate(each.tasks) if tasks >= 5} for each in (first, second)]
    assert (sum(first.tasks), sum(second.tasks)) == (60, 120)
    assert len(first.nudges) == len(over[0]) > 0
    assert len(second.nudges) == len(over[1] - over[0])


def test_room_goes_on_counting_whom_the_same_intervention_nudged_before(place, monkeypatch):
    monkeypatch.setattr("lib.people.crowd.LAST_NUDGES_WITHIN_SECONDS", 0.2)
    place.publish()
    crowds, size = Crowds(), Size(users=10, rate=60, seconds=1)

    def run(version: int, size: Size = size) -> Crowd:
        rule = ("power_user_nudge", version)
        kept = {"rule": rule, "nudged_before": crowds.nudged(place.token, rule)}
        crowd = crowds.start(place.token, partial(place.begin, size, **kept))
        assert crowd.wait(PATIENCE_SECONDS)
        return crowd

    first, second = run(1), run(1)
    of_both = {each.user for one in (first, second) for each in one.progress.nudges}
    assert second.progress.nudged == of_both >= first.progress.nudged > set()
    assert second.progress.team.nudges == len(of_both)

    smaller = run(1, Size(users=2, rate=1, seconds=1)).progress.team
    assert (len(smaller.tasks), smaller.nudges) == (2, len(of_both & {1, 2}))
    assert crowds.nudged(place.token, ("power_user_nudge", 2)) == set()


def test_run_of_a_place_that_starts_over_is_ended_and_forgotten(place):
    place.publish()
    crowds = Crowds()
    crowd = crowds.start(place.token, partial(place.begin, IN_THE_SANDBOX))
    crowds.forget(place.token)
    assert (crowd.is_over, crowds.find(place.token)) == (True, None)
    crowds.forget(place.token)  # nothing left to end


def test_users_are_uuids_of_the_place_alone():
    here, there = simulated_ids("here", 1000), simulated_ids("there", 1000)
    assert len({*here, *there}) == 2000
    assert {str(uuid.UUID(each)) for each in here} == set(here)
    assert simulated_ids("here", 3) == here[:3]


def test_stop_ends_it_with_what_was_tracked_by_then(place):
    place.publish()
    crowd = place.begin(IN_THE_SANDBOX)
    place.clock.at_pause = lambda: crowd.stop() if place.clock.now > 1 else None
    assert crowd.wait(PATIENCE_SECONDS)
    progress = crowd.progress
    assert (progress.state, progress.was_stopped) == ("done", True)
    assert 0 < progress.tracked < 1000
    assert progress.tracked == progress.sent == sum(progress.tasks)


def test_it_holds_still_while_the_room_is_paused(place):
    place.publish()
    seen: list[tuple[float, int]] = []
    crowd = place.begin(Size(users=4, rate=10, seconds=2), is_paused=lambda: place.clock.now < 30)
    place.clock.at_pause = lambda: seen.append((place.clock.now, crowd.progress.tracked))
    assert crowd.wait(PATIENCE_SECONDS)
    assert [tracked for now, tracked in seen if now <= 30 and tracked] == []
    assert crowd.progress.tracked == 20


def test_it_ends_when_everybody_has_left(place):
    place.publish()
    crowd = place.begin(IN_THE_SANDBOX, is_watched=lambda: place.clock.now < 1)
    assert crowd.wait(PATIENCE_SECONDS)
    assert crowd.progress.tracked < 1000


def test_nothing_is_left_open(place):
    place.publish()
    place.run(Size(users=150, rate=20, seconds=1))
    assert eventually(lambda: threads_left() == [])
    assert [each.api_client.stream_state.kind for each in place.connections[1:]] == ["closed"] * 2
    with pytest.raises(httpx.ConnectError, match="was closed"):
        place.connections[1].api_client.make_request("GET", "registry/services/")
    gc.collect()  # a file that is dropped unclosed is a warning, and so a failure


def test_sandbox_that_stops_in_the_middle_is_a_problem_in_words(place):
    place.publish()
    place.clock.at_pause = lambda: place.backend.close() if place.clock.now > 1 else None
    crowd = place.run(Size(users=5, rate=10, seconds=3))
    problem = crowd.progress.problem
    assert problem is not None and problem.message.startswith("Signals cannot be reached")
    assert crowd.progress.state == "done"
    assert eventually(lambda: threads_left() == [])


def test_nothing_is_tracked_where_nudges_cannot_be_heard(place, monkeypatch):
    monkeypatch.setattr("lib.people.crowd.LISTENING_WITHIN_SECONDS", 0.3)
    place.backend.close()
    progress = place.run(Size(users=5, rate=10, seconds=3)).progress
    assert progress.problem is not None
    assert "cannot listen for interventions" in progress.problem.message
    assert progress.tracked == 0


def test_a_place_has_one_run_at_a_time(place):
    place.publish()
    crowds = Crowds()
    clock_may_go = threading.Event()
    place.clock.at_pause = lambda: None if clock_may_go.wait(PATIENCE_SECONDS) else None
    first = crowds.start("here", lambda: place.begin(Size(2, 10, 1)))
    assert crowds.start("here", lambda: place.begin(Size(2, 10, 1))) is first
    crowds.close()
    clock_may_go.set()
    assert first.wait(PATIENCE_SECONDS)
    second = crowds.start("here", lambda: place.begin(Size(2, 10, 1)))
    assert second is not first and crowds.find("here") is second
    assert second.wait(PATIENCE_SECONDS)

"""How many events one sandbox may send, and what happens beyond that."""

from typing import Any

import pytest

from lib.connection.backend import start_sandbox
from lib.people.crowd_progress import IN_THE_SANDBOX
from lib.sandbox.__main__ import app_for, parser
from lib.sandbox.limits import BYTES_PER_EVENT, Limits
from lib.sandbox.pipeline.payload import MAX_EVENTS
from tests.support.limited_worlds import (
    OTHER,
    SMALL,
    TOKEN,
    limited,  # noqa: F401 (a fixture)
    listeners,
    many,
    open_stream,
    seconds,  # noqa: F401 (a fixture)
    server_with,  # noqa: F401 (a fixture)
    stored,
)
from tests.support.sandbox import (
    HTTP,
    NOW,
    HandClock,
    World,
    new_id,
    seen,
    task_completed,
    tracker,
)
from tests.support.waiting import eventually


def test_a_body_full_of_events_can_pass():
    assert Limits().events_at_once > MAX_EVENTS


def test_the_largest_simulated_team_is_far_within_the_limits():
    assert Limits().events_per_second >= 10 * IN_THE_SANDBOX.rate
    assert Limits().stored_events >= IN_THE_SANDBOX.events


def test_the_apps_own_server_limits_each_sandbox_and_no_address(tmp_path):
    server = start_sandbox(tmp_path / "sandbox.db")
    assert server._app.state.sandboxes.limits == Limits(per_address=False)
    server.stop()


@pytest.mark.parametrize(("bound", "is_reachable"), [("127.0.0.1", False), ("192.0.2.1", True)])
@pytest.mark.parametrize(
    ("options", "is_limited"), [([], False), (["--limits"], True), (["--isolated"], True)]
)
def test_shared_server_has_limits_and_for_each_address_if_others_can_reach_it(
    tmp_path, bound, is_reachable, options, is_limited
):
    expected = Limits(per_address=is_reachable) if is_limited else None
    app = app_for(parser().parse_args(options), bound, tmp_path / "sandbox.db")
    assert app.state.sandboxes.limits == expected
    app.state.sandboxes.store.close()


def test_events_beyond_the_limit_are_429_and_say_when_to_send_them_again(limited):
    server = limited()
    server.post(*many(5))
    answer = server.post(*many(3))
    detail = (
        "This sandbox sends too many events. The limit is 1 a second, after 5 at once."
        " None of these 3 were stored. Send them again in 3 s."
    )
    got = (answer.status_code, answer.headers["Retry-After"], answer.json())
    assert got == (429, "3", {"detail": detail})


def test_nothing_of_a_batch_beyond_the_limit_is_stored(limited):
    server = limited(Limits(events_per_second=1, events_at_once=5))
    server.post(*many(4))
    server.post(*many(2))
    assert server.counts() == (4, 0)


def test_large_event_counts_as_several(limited):
    server = limited()
    answer = server.post(seen(None, {"text": "x" * 6 * BYTES_PER_EVENT}))
    assert answer.status_code == 429
    assert "and these count as 7. None of these 1 were stored" in answer.json()["detail"]


def test_large_body_that_fails_counts_as_several_events(limited):
    server = limited()
    answer = server.post(body=["x" * 6 * BYTES_PER_EVENT])
    assert (answer.status_code, server.counts()) == (429, (0, 0))


def test_events_that_wait_as_told_are_taken(limited, seconds):
    server = limited()
    server.post(*many(5))
    seconds.now += int(server.post(*many(3)).headers["Retry-After"])
    assert server.post(*many(3)).status_code == 200


def test_failed_events_count_too(limited):
    server = limited()
    server.post({"e": "nonsense"}, *many(3))
    server.post(body={"schema": "not one"})
    assert server.post(*many(1)).status_code == 429


def test_noisy_sandbox_keeps_no_other_from_sending(limited):
    server = limited()
    server.post(*many(5))
    assert (server.post(*many(1)).status_code, server.post(*many(5), token=OTHER).text) == (
        429,
        "ok",
    )


def test_reading_is_possible_beyond_the_limit_of_events(limited):
    server = limited(Limits(events_per_second=1, events_at_once=5))
    server.post(*many(5))
    assert server.client.get(f"/sandbox/{TOKEN}/micro/all").json()["total"] == 5


def test_trackers_lose_nothing_to_the_limit(server_with, seconds):
    world = World(server_with(Limits(events_per_second=1, events_at_once=5)).url)
    world.post(*many(5))
    failed: list[int] = []

    def note_failure(_: int, events: list[Any]) -> None:
        failed.append(len(events))
        seconds.now += 10

    sending = tracker(world.collector, new_id(), on_failure=note_failure, max_retry_delay_seconds=0)
    for _ in range(5):
        sending.track(task_completed())
    assert eventually(lambda: stored(world) == 10)
    assert failed


def test_subscription_beyond_the_limit_is_429(server_with):
    world = World(server_with(SMALL).url)
    detail = "This sandbox has 2 subscriptions open, and no more are possible. Close some."
    with open_stream(world), open_stream(world):
        answer = HTTP.get(f"{world.collector}/api/v1/interventions?user_id=a")
        got = (answer.status_code, answer.headers["Retry-After"], answer.json())
        assert got == (429, "5", {"detail": detail})


def test_subscription_is_possible_again_when_another_was_closed(server_with):
    world = World(server_with(Limits(subscriptions=1)).url)
    with open_stream(world):
        pass
    assert eventually(lambda: HTTP.get(f"{world.collector}/stats").json()["subscriptions"] == 0)
    with open_stream(world):
        assert listeners(world) == 1


def test_time_of_the_world_is_no_matter_to_the_limits(limited):
    clock = HandClock()
    server = limited(SMALL, clock)
    server.post(*many(5))
    clock.now = NOW + 10**9
    assert server.post(*many(1)).status_code == 429


def test_keys_weigh_as_much_as_values(limited):
    server = limited()
    answer = server.post({**seen(None), "x" * 6 * BYTES_PER_EVENT: ""})
    assert answer.status_code == 429
    assert "these count as 7" in answer.json()["detail"]

"""The app on an account that fails: each server, the stream and the network, and what is said."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import httpx
import pytest
from snowplow_signals import InterventionInstance

from lib.connection import api_client
from lib.connection import clients as http
from lib.sandbox.signals import subscriptions
from lib.snowplow.definitions import COUNT, INTERVENTION
from lib.snowplow.publishing import publish
from lib.world import emitter, inbox, polling
from lib.world.participant import Participant
from tests.support.account_worlds import (
    World,
    complete,
    delivery,
    fault,
    has_counted,
    has_recovered,
    receives,
    snowplow,  # noqa: F401 (a fixture)
    statuses,
    world,  # noqa: F401 (a fixture)
)
from tests.support.sandbox import targets
from tests.support.snowplow import CONSOLE
from tests.support.waiting import PATIENCE_SECONDS, eventually

# The console


@pytest.mark.parametrize(
    ("knob", "value", "reason"),
    [
        ("unresolvable", {CONSOLE}, "its name does not resolve"),
        ("certificate", "untrusted", "its certificate is not trusted"),
        ("token_status", 401, "it answered 401"),
        ("token_status", 500, "it answered 500"),
        ("token_delay", 3600, "it did not answer in time"),
    ],
)
def test_a_console_that_issues_no_token_is_named(world, monkeypatch, knob, value, reason):
    monkeypatch.setattr(httpx, "get", partial(httpx.get, timeout=1.5))  # how the SDK asks it
    publish(world.snowplow.signals(), world.plan)
    with fault(world.snowplow, knob, value):
        participant = world.join()
        complete(participant)
        assert eventually(lambda: participant.seen.problem is not None)
        message = f"Snowplow Console issued no access token: {reason}"
        assert participant.seen.problem.message == f"{message}."
        assert eventually(lambda: participant.listener.state.reason == message)
    assert has_recovered(participant)
    complete(participant, 4)
    assert has_counted(participant, 5)
    assert eventually(lambda: participant.is_nudged)


def test_a_console_that_does_not_answer_keeps_nobody_waiting(world, monkeypatch):
    monkeypatch.setattr(polling, "FIRST_LOOK_SECONDS", 0.3)
    monkeypatch.setattr(httpx, "get", partial(httpx.get, timeout=60))  # how the SDK asks it
    publish(world.snowplow.signals(), world.plan)
    with fault(world.snowplow, "token_delay", 3600):
        participant = world.join()
        participant.first_look()
        complete(participant)
        assert world.snowplow.waiting >= 1  # for the answer, which the page did not wait for
        assert participant.seen.problem is None
    assert has_recovered(participant)
    assert has_counted(participant, 1)


# The Signals API


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_an_api_that_refuses_is_named_and_what_was_read_stays(world, status):
    participant = world.join_published()
    complete(participant, 2)
    assert has_counted(participant, 2)
    with fault(world.snowplow, "api_status", status):
        participant.refresh()
        first = participant.seen
        assert first.problem.message == f"Signals answered {status}: As told by the test"
        assert (first.current[COUNT], first.values.tstamp < first.since) == (2, True)
        assert first.next_try > first.since
        complete(participant)
        participant.refresh()
        later = participant.seen
        assert replace(later, next_try=None) == replace(first, next_try=None)
    assert eventually(lambda: participant.seen.problem is None)
    assert has_counted(participant, 3)
    assert participant.seen.values.tstamp > later.values.tstamp


def test_a_slow_api_is_reported_and_no_page_waits_for_it(world):
    participant = world.join()
    assert has_recovered(participant)
    with fault(world.snowplow, "api_delay", 3600):
        asked = participant.refresh_soon()
        job = participant.jobs.start(
            "definitions", lambda: participant.definitions.publish(world.plan)
        )
        job.wait()
        assert (job.is_done, job.result, job.problem) == (False, None, None)
        assert eventually(lambda: participant.polling.waits_for >= polling.SLOW_AFTER_SECONDS)
        again = participant.jobs.start("definitions", lambda: None)
        assert again is job
    job.future.result(PATIENCE_SECONDS)
    assert job.result.is_complete
    assert asked.result(PATIENCE_SECONDS) is None
    assert (participant.polling.waits_for, participant.seen.published.is_complete) == (0, True)


# The stream of interventions


def test_a_cut_stream_is_reported_and_reopened(world):
    participant = world.join_published()
    live_since = participant.listener.state.since
    with fault(world.snowplow, "api_status", 503):
        world.snowplow.cut_streams()
        assert eventually(lambda: participant.listener.state.next_try is not None)
        state = participant.listener.state
        assert (state.kind, state.since > live_since) == ("reconnecting", True)
        assert eventually(lambda: participant.listener.state.reason == "Signals answered 503")
        assert participant.listener.state.since == state.since
    assert has_recovered(participant)
    complete(participant, 5)
    assert eventually(lambda: participant.is_nudged)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_stream_says_why_and_opens_once_it_is_allowed(world, status):
    participant = world.join_published()
    with fault(world.snowplow, "api_status", status):
        world.snowplow.cut_streams()
        reason = f"Signals answered {status}"
        assert eventually(lambda: participant.listener.state.reason == reason)
        assert participant.listener.state.kind == "refused"
        assert eventually(lambda: participant.listener.state.next_try is not None)
    assert has_recovered(participant) and receives(world, participant)


def test_a_stream_that_is_refused_for_its_token_gets_another(world):
    participant = world.join_published()
    world.snowplow.revoke_tokens()
    world.snowplow.cut_streams()
    assert eventually(lambda: statuses(world.snowplow, "GET") == [200, 401, 200])
    assert receives(world, participant)
    assert len(world.snowplow.tokens) == 2


def test_a_stream_that_falls_silent_is_opened_again(world, monkeypatch):
    for module in (api_client, http):
        monkeypatch.setattr(module, "SILENT_SECONDS", 1.5)
    monkeypatch.setattr(subscriptions, "KEEP_ALIVE_SECONDS", 0.1)
    participant = world.join_published()
    live_since = participant.listener.state.since
    world.snowplow.mute_streams()
    reason = "nothing arrived for 1.5 seconds"
    assert eventually(lambda: participant.listener.state.reason == reason)
    assert eventually(lambda: participant.is_live and participant.listener.state.since > live_since)
    assert receives(world, participant)


# What fires while nobody listens


@contextmanager
def deaf(world: World, participant: Participant, how: str) -> Iterator[None]:
    """The stream is gone, alone or with all of the API, until the block ends."""
    with pytest.MonkeyPatch.context() as patch:
        if how == "the API is down":
            patch.setattr(world.snowplow, "api_status", 503)
        else:
            patch.setattr(participant.listener, "keep_alive", lambda: None)
        world.snowplow.cut_streams()
        assert eventually(lambda: world.snowplow.streams == 0 and not participant.is_live)
        yield


@pytest.mark.parametrize("how", ["the API is down", "the stream is gone"])
def test_an_intervention_that_nobody_heard_is_missed_until_it_arrives(world, monkeypatch, how):
    monkeypatch.setattr(subscriptions, "HELD_SECONDS", 0.0)
    participant = world.join_published()
    complete(participant, 4)
    assert has_counted(participant, 4)
    with deaf(world, participant, how):
        complete(participant)
        assert eventually(lambda: delivery(participant).waiting == 0)
        assert participant.missed == []
    assert has_counted(participant, 5)
    assert eventually(lambda: len(participant.missed) == 1)
    assert (participant.missed[0].name, participant.missed[0].version) == (INTERVENTION, 1)
    assert participant.inbox == []
    late = InterventionInstance(name=INTERVENTION, version=1)
    participant.signals.push_intervention(targets(user_id=participant.user_id), late)
    assert eventually(lambda: participant.is_nudged and participant.missed == [])


def test_an_intervention_that_arrived_is_not_missed(world, monkeypatch):
    participant = world.join_published()
    complete(participant, 5)
    assert has_counted(participant, 5)
    monkeypatch.setattr(inbox, "GRACE", timedelta(0))  # what is missing is noticed at once
    participant.keep_alive()
    assert participant.missed == []


def test_an_intervention_that_arrives_on_reconnecting_is_not_missed(world):
    participant = world.join_published()
    complete(participant, 4)
    assert has_counted(participant, 4)
    with deaf(world, participant, "the stream is gone"):
        complete(participant)
        assert has_counted(participant, 5)
    assert eventually(lambda: participant.is_nudged and participant.missed == [])


# The collector


def test_an_event_that_the_collector_refuses_says_with_what(world):
    participant = world.join_published()
    with fault(world.snowplow, "collector_status", 403):
        complete(participant)
        assert eventually(lambda: bool(delivery(participant).refused))
    event = participant.last_event
    assert (event.name, event.state, event.status) == ("task_completed", "refused", 403)
    assert event.reason == "it answered 403: As told by the test"
    complete(participant)
    assert has_counted(participant, 1)
    assert participant.last_event.state == "sent"


def test_an_event_that_the_collector_cannot_take_waits_and_is_counted_once(world):
    participant = world.join_published()
    with fault(world.snowplow, "collector_status", 503):
        complete(participant)
        assert eventually(lambda: delivery(participant).retry_at is not None)
        complete(participant)
        assert participant.last_event.state == "waiting"
        held_up = delivery(participant)
        assert (held_up.waiting, held_up.problem) == (2, "it answered 503: As told by the test")
    assert has_counted(participant, 2)


@pytest.mark.parametrize("patience", [60.0, 0.3])
def test_a_collector_that_hangs_makes_nobody_wait_and_counts_once(world, monkeypatch, patience):
    """Whether the tracker gives up and tries again, or not."""
    monkeypatch.setattr(emitter, "CONNECT_AND_READ_SECONDS", (2.0, patience))
    participant = world.join_published()
    with fault(world.snowplow, "collector_delay", 3600):
        complete(participant, 3)
        assert patience < 60 or delivery(participant).problem == ""  # no request has ended
        tries = 1 if patience == 60 else 2
        assert eventually(lambda: world.snowplow.waiting >= tries)
        assert delivery(participant).waiting == 3
    assert eventually(lambda: world.snowplow.waiting == 0)
    assert has_counted(participant, 3)


# The network


def test_all_recovers_when_snowplow_was_gone(world):
    participant = world.join_published()
    complete(participant, 2)
    assert has_counted(participant, 2)
    world.snowplow.stop()
    try:
        complete(participant)
        participant.refresh()
        assert participant.seen.problem.message == "Signals cannot be reached."
        assert participant.seen.current[COUNT] == 2
        assert eventually(lambda: participant.listener.state.next_try is not None)
        assert delivery(participant).waiting == 1
    finally:
        world.snowplow.start()
    assert has_recovered(participant)
    complete(participant, 2)
    assert has_counted(participant, 5)
    assert eventually(lambda: participant.is_nudged)


@pytest.mark.parametrize(
    ("fault_of_all", "why"),
    [
        ("untrusted", "its certificate is not trusted"),
        ("wrong name", "its certificate is not trusted"),
        ("expired", "its certificate is not trusted"),
        ("unresolvable", "its name does not resolve"),
    ],
)
def test_a_server_with_a_wrong_certificate_or_no_name_is_named_and_gets_nothing(
    world, fault_of_all, why
):
    participant = world.join_published()
    snowplow = world.snowplow
    is_name = fault_of_all == "unresolvable"
    knob, value = (fault_of_all, set(snowplow.hosts)) if is_name else ("certificate", fault_of_all)
    snowplow.stop()  # clients that keep their connections would not notice
    with fault(snowplow, knob, value):
        snowplow.start()
        asked = len(snowplow.requests)
        complete(participant)
        participant.refresh()
        assert participant.seen.problem.message == f"Signals cannot be reached: {why}."
        assert eventually(lambda: participant.listener.state.reason == why)
        assert eventually(lambda: delivery(participant).problem == why)
        assert len(snowplow.requests) == asked
    assert has_recovered(participant)
    assert has_counted(participant, 1)

"""The app on an account: the SDKs over TLS, with tokens, through every way in which it fails.

Some of the app's pauses are made short, so that what comes after them can be waited for. What the
app promises about waiting is left as it is, with room for a busy machine.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from snowplow_signals import InterventionInstance, Signals

from lib.connection import access_token, api_client
from lib.connection import clients as http
from lib.connection.backend import Backend
from lib.connection.settings import load_settings
from lib.people import participants as participants_module
from lib.people.participants import Participants
from lib.project import Project
from lib.sandbox.signals import subscriptions
from lib.snowplow.attributes import group_attributes, service_attributes
from lib.snowplow.definitions import (
    COUNT,
    INTERVENTION,
    MADE_BY_THIS_APP,
    PRIORITY,
    Names,
    Plan,
    attribute_group,
    intervention,
    service,
)
from lib.snowplow.interventions import push_test_intervention
from lib.snowplow.publishing import Published, clean_up, publish, published
from lib.snowplow.tracking import ProjectTracking
from lib.world import emitter, inbox, listener, polling
from lib.world.app_state import AppState
from lib.world.emitter import BackgroundEmitter, Delivery
from lib.world.outbox import Outbox
from lib.world.participant import Participant
from tests.support.attributes import count_and_priority
from tests.support.sandbox import listening, new_id, targets
from tests.support.snowplow import CONSOLE, Snowplow, running_snowplow
from tests.support.waiting import eventually

SHORT_PAUSES = (
    (access_token, "FAILURE_KEPT_SECONDS", 0.1),
    (emitter, "LONGEST_RETRY_SECONDS", 0.2),
    (inbox, "GRACE", timedelta(seconds=0.2)),
    (listener, "LONGEST_PAUSE_SECONDS", 0.2),
    (listener, "LONGEST_PAUSE_AFTER_REFUSAL_SECONDS", 0.2),
    (participants_module, "CLOSE_AFTER_SECONDS", 0.0),
    (participants_module, "KEEP_EVERY_SECONDS", 0.02),
    (polling, "FAST_SECONDS", 0.1),
    (polling, "LONGEST_PAUSE_SECONDS", 0.2),
)


def names_of_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def subscribing_threads() -> int:
    return sum(name.startswith("SignalsInterventions") for name in names_of_threads())


@pytest.fixture
def snowplow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snowplow]:
    """When it has stopped, no thread is left of all that talked to it."""
    before = set(threading.enumerate())
    with running_snowplow(tmp_path, monkeypatch) as running:
        yield running
    assert eventually(lambda: set(threading.enumerate()) <= before)


@dataclass
class World:
    snowplow: Snowplow
    plan: Plan
    participants: Participants

    def join(self, user_id: str | None = None) -> Participant:
        return self.participants.join(user_id or new_id())

    def join_published(self) -> Participant:
        """A participant who listens, with all published and the console asked once."""
        participant = self.join()
        participant.publish(self.plan)
        assert eventually(lambda: participant.is_live and self.snowplow.streams == 1)
        participant.keep_alive()  # which notices that it is live
        return participant


@pytest.fixture
def world(snowplow: Snowplow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for module, name, value in SHORT_PAUSES:
        monkeypatch.setattr(module, name, value)
    given = {**snowplow.settings, "SANDBOX_DB": str(tmp_path / "participants.db")}
    settings = load_settings(given, {}, None)
    state = AppState(settings.app_db)
    plan = plan_of(snowplow)
    participants = Participants(Backend(settings), state, plan)
    yield World(snowplow, plan, participants)
    participants.close()
    assert eventually(lambda: "participants" not in names_of_threads())
    state.close()


def plan_of(snowplow: Snowplow, **options: Any) -> Plan:
    return Plan(snowplow.settings["OWNER"], "com.example", **options)


def complete(participant: Participant, tasks: int = 1) -> None:
    for _ in range(tasks):
        task = participant.project.next_open
        assert task is not None
        participant.complete_task(task.id)


def delivery(participant: Participant) -> Delivery:
    return participant.emitter.delivery


def count_of(participant: Participant) -> Any:
    participant.refresh()
    return participant.seen.current.get(COUNT)


def has_counted(participant: Participant, tasks: int) -> bool:
    """Whether all that was tracked is sent, and was counted once."""
    is_sent = eventually(lambda: delivery(participant).waiting == 0)
    return is_sent and eventually(lambda: count_of(participant) == tasks)


def has_recovered(participant: Participant) -> bool:
    return eventually(lambda: participant.seen.problem is None and participant.is_live)


def receives(world: World, participant: Participant) -> bool:
    """Whether an intervention arrives that is pushed once the only stream is open."""
    assert eventually(lambda: participant.is_live and world.snowplow.streams == 1)
    before = len(participant.inbox)
    assert push_test_intervention(participant.signals, participant.user_id) == "success"
    return eventually(lambda: len(participant.inbox) == before + 1)


def statuses(snowplow: Snowplow, method: str) -> list[int]:
    """How the API answered those who subscribe (GET) and those who push (POST)."""
    asked = ((each.method, each.path, each.status) for each in list(snowplow.requests))
    return [status for *what, status in asked if what == [method, "/api/v1/interventions"]]


@contextmanager
def fault(snowplow: Snowplow, knob: str, value: object) -> Iterator[None]:
    """A knob turned, and turned back."""
    healthy = getattr(snowplow, knob)
    setattr(snowplow, knob, value)
    try:
        yield
    finally:
        setattr(snowplow, knob, healthy)


# The SDK's own client


def track_tasks(snowplow: Snowplow, user_id: str, tasks: int) -> None:
    state, project = AppState(":memory:"), Project.fresh()
    collector, outbox = snowplow.settings["COLLECTOR_URL"], Outbox(state, "w")
    emitter = BackgroundEmitter(collector, outbox, lambda _: None)
    tracking = ProjectTracking(emitter, user_id, "com.example")
    for _ in range(tasks):
        task = project.next_open
        assert task is not None and project.complete(task.id) is not None
        tracking.task_completed(task, project)
    assert emitter.wait_until_sent(10)
    emitter.close()
    state.close()


def everything_in(signals: Signals) -> list[Any]:
    """All definitions that an account has."""
    ask = partial(signals.api_client.make_request, "GET")
    kinds = ("attribute_groups", "services", "interventions")
    return [each for kind in kinds for each in ask(f"registry/{kind}/")]


def test_five_tasks_are_counted_and_the_intervention_arrives(snowplow):
    signals, user_id = snowplow.signals(), new_id()
    assert publish(signals, plan_of(snowplow)).is_complete
    with listening(signals, user_id=user_id) as subscription:
        assert eventually(lambda: snowplow.streams == 1)
        track_tasks(snowplow, user_id, 5)
        arrived = subscription.get(timeout=10)
        assert push_test_intervention(signals, user_id) == "success"
        assert subscription.get(timeout=10).name == "hello_from_the_app"
    assert (arrived.name, arrived.version) == (INTERVENTION, 1)
    assert count_and_priority(arrived.attributes) == ("5", "high")
    values = {COUNT: 5, PRIORITY: "high"}
    assert service_attributes(signals, user_id).items() >= values.items()
    assert group_attributes(signals, user_id, 1, list(values)).items() >= values.items()


def test_cleaning_up_leaves_nothing(snowplow):
    signals, plan = snowplow.signals(), plan_of(snowplow)
    publish(signals, plan)
    publish(signals, replace(plan, threshold=3, period=timedelta(days=1)))
    assert len(everything_in(signals)) == 5  # two versions of the group and the intervention
    assert clean_up(signals) == []
    assert everything_in(signals) == []


@pytest.mark.parametrize("kind", ["group", "service", "intervention"])
def test_cleaning_up_leaves_what_others_took_over_and_what_it_needs(snowplow, kind):
    signals, plan = snowplow.signals(), plan_of(snowplow)
    publish(signals, plan)
    group = attribute_group(plan)
    ours = {"group": group, "service": service(plan, group), "intervention": intervention(plan)}
    signals.publish([ours[kind].model_copy(update={"description": "Ours now."})])
    left = clean_up(signals)
    now = published(signals)
    stays = {name for name, each in vars(now).items() if each is not None and each.is_published}
    assert stays == {kind, "group"}
    assert set(left) == {getattr(plan.names, each) for each in stays}
    assert getattr(now, kind).description == "Ours now."


def test_a_suffix_keeps_two_demos_of_an_account_apart(snowplow):
    signals, user_id, other = snowplow.signals(), new_id(), Names("_x")
    publish(signals, plan_of(snowplow))
    track_tasks(snowplow, user_id, 1)
    publish(signals, plan_of(snowplow, names=other, threshold=2))
    with listening(signals, user_id=user_id) as subscription:
        track_tasks(snowplow, user_id, 2)
        assert subscription.get(timeout=10).name == "power_user_nudge_x"
    count_by = partial(service_attributes, signals, user_id)
    assert [count_by(each.service)[COUNT] for each in (Names(), other)] == [3, 2]
    assert clean_up(signals, other) == []
    assert published(signals, other) == Published()
    assert published(signals).is_complete
    assert all(MADE_BY_THIS_APP in each["description"] for each in everything_in(signals))


# The app, when all is well


def test_five_tasks_bring_the_count_and_the_nudge(world):
    participant = world.join_published()
    complete(participant, 5)
    assert has_counted(participant, 5)
    assert eventually(lambda: participant.is_nudged)
    assert [each.intervention.name for each in participant.inbox] == [INTERVENTION]
    assert participant.seen.current[PRIORITY] == "high"


def test_participants_of_an_account_share_one_token(world):
    one, other = world.join(), world.join()
    assert has_recovered(one) and has_recovered(other)
    one.publish(world.plan)
    assert count_of(one) == count_of(other)
    assert len(world.snowplow.tokens) == len(world.snowplow.requests_to(CONSOLE)) == 1


def test_a_token_that_expires_is_fetched_again_and_nothing_is_lost(world):
    world.snowplow.token_lifetime = 1.0
    participant = world.join_published()
    fetched = list(world.snowplow.tokens)
    world.snowplow.token_lifetime = 3600.0
    complete(participant, 3)
    assert eventually(lambda: not world.snowplow.accepts(fetched[-1]))
    complete(participant, 2)
    assert has_counted(participant, 5)
    assert eventually(lambda: participant.is_nudged)
    assert participant.seen.problem is None
    assert len(world.snowplow.tokens) == len(fetched) + 1


def test_a_token_that_was_revoked_is_replaced_within_the_call(world):
    participant = world.join_published()
    world.snowplow.revoke_tokens()
    push = partial(push_test_intervention, participant.signals, participant.user_id)
    assert push() == "success"
    assert statuses(world.snowplow, "POST") == [401, 200]
    assert len(world.snowplow.tokens) == 2


@pytest.mark.parametrize("tabs", [1, 3])
def test_a_user_has_one_stream_which_ends_with_the_last_tab(world, tabs):
    user_id, before = new_id(), subscribing_threads()
    joined = [world.join(user_id) for _ in range(tabs)]
    assert eventually(lambda: joined[0].is_live and world.snowplow.streams == 1)
    for left in range(tabs):
        assert (world.snowplow.streams, subscribing_threads()) == (1, before + 1), left
        world.participants.leave(user_id)
    assert eventually(lambda: world.snowplow.streams == 0 and subscribing_threads() == before, 5)


@pytest.mark.parametrize("knob", ["api_delay", "token_delay"])
def test_leaving_ends_a_subscription_that_waits_for_an_answer(world, monkeypatch, knob):
    monkeypatch.setattr(httpx, "get", partial(httpx.get, timeout=1.5))  # how the SDK asks it
    before = subscribing_threads()
    with fault(world.snowplow, knob, 3600):
        participant = world.join()
        assert eventually(lambda: world.snowplow.waiting == 1)
        world.participants.leave(participant.user_id)
        assert eventually(lambda: subscribing_threads() == before)


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
def test_a_console_without_tokens_is_named(world, monkeypatch, knob, value, reason):
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


def test_a_slow_api_is_said_to_be_slow_and_no_page_waits_for_it(world):
    participant = world.join()
    assert has_recovered(participant)
    with fault(world.snowplow, "api_delay", 3600):
        asked = participant.refresh_soon()
        job = participant.jobs.start("definitions", lambda: participant.publish(world.plan))
        job.wait()
        assert (job.is_done, job.result, job.problem) == (False, None, None)
        assert eventually(lambda: participant.polling.waits_for >= polling.SLOW_AFTER_SECONDS)
        again = participant.jobs.start("definitions", lambda: None)
        assert again is job
    job.future.result(10)
    assert job.result.is_complete
    assert asked.result(10) is None
    assert (participant.polling.waits_for, participant.seen.published.is_complete) == (0, True)


# The stream of interventions


def test_a_stream_that_is_cut_is_said_to_be_and_opened_again(world):
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
def test_a_stream_that_is_refused_says_why_and_opens_once_it_may(world, status):
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
def test_what_fired_unheard_is_said_to_be_missed_until_it_arrives(world, monkeypatch, how):
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


def test_what_is_heard_is_not_said_to_be_missed(world, monkeypatch):
    participant = world.join_published()
    complete(participant, 5)
    assert has_counted(participant, 5)
    monkeypatch.setattr(inbox, "GRACE", timedelta(0))  # what is missing is noticed at once
    participant.keep_alive()
    assert participant.missed == []


def test_what_arrives_when_the_stream_is_back_is_not_said_to_be_missed(world):
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
        now = delivery(participant)
        assert (now.waiting, now.problem) == (2, "it answered 503: As told by the test")
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
def test_a_server_that_is_not_the_right_one_is_named_and_gets_nothing(world, fault_of_all, why):
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

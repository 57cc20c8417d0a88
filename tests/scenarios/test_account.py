"""The app on an account when all is well: the SDKs over TLS, with tokens, to the nudge."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from snowplow_signals import Signals

from lib.connection.explanations import explained
from lib.demo.profile_link import link_of
from lib.demo.ready_profiles import ready_profiles
from lib.project import Project
from lib.snowplow.attributes import group_attributes, service_attributes
from lib.snowplow.definitions import (
    COUNT,
    INTERVENTION,
    MADE_BY_THIS_APP,
    PRIORITY,
    Names,
    SomebodyElses,
    attribute_group,
    intervention,
    service,
)
from lib.snowplow.interventions import push_test_intervention
from lib.snowplow.publishing import Published, clean_up, publish, published, unpublish
from lib.snowplow.tracking import ProjectTracking
from lib.world.app_state import AppState
from lib.world.emitter import BackgroundEmitter
from lib.world.outbox import Outbox
from tests.support.account_worlds import (
    complete,
    count_of,
    fault,
    has_counted,
    has_recovered,
    plan_of,
    snowplow,  # noqa: F401 (a fixture)
    statuses,
    subscribing_threads,
    world,  # noqa: F401 (a fixture)
)
from tests.support.attributes import count_and_priority
from tests.support.sandbox import listening, new_id
from tests.support.snowplow import CONSOLE, Snowplow
from tests.support.waiting import PATIENCE_SECONDS, eventually

# The SDK's own client


def track_tasks(snowplow: Snowplow, user_id: str, tasks: int) -> None:
    state, project = AppState(":memory:"), Project.fresh()
    collector, outbox = snowplow.settings["COLLECTOR_URL"], Outbox(state, "w")
    emitter = BackgroundEmitter(collector, outbox, lambda _: None)
    tracking = ProjectTracking(emitter, user_id, "com.example", new_id)
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
        arrived = subscription.get(timeout=PATIENCE_SECONDS)
        assert push_test_intervention(signals, user_id) == "success"
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "hello_from_the_app"
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
    remaining = published(signals)
    stays = {
        name
        for name in ("group", "service", "intervention")
        if (each := getattr(remaining, name)) is not None and each.is_published
    }
    assert stays == {kind, "group"}
    assert set(left) == {getattr(plan.names, each) for each in stays}
    assert getattr(remaining, kind).description == "Ours now."


@pytest.mark.parametrize("kind", ["group", "service", "intervention"])
def test_what_others_made_is_neither_published_over_nor_taken_offline(snowplow, kind):
    signals, plan = snowplow.signals(), plan_of(snowplow)
    publish(signals, plan)
    group = attribute_group(plan)
    ours = {"group": group, "service": service(plan, group), "intervention": intervention(plan)}
    signals.publish([ours[kind].model_copy(update={"description": "Ours now."})])
    before = everything_in(signals)

    with pytest.raises(SomebodyElses) as refused:
        publish(signals, replace(plan, threshold=3, period=timedelta(days=1)), is_shared=True)
    name = getattr(plan.names, kind)
    assert explained(refused.value).message == (
        f"{name} is somebody else's: this app did not make it."
    )
    assert explained(refused.value).advice.startswith("Set DEFINITIONS_SUFFIX, ")
    assert everything_in(signals) == before

    left = unpublish(signals, plan.names, is_shared=True)
    stays = {
        each for each in ("group", "service", "intervention") if getattr(left, each).is_published
    }
    assert stays == {kind, "group"}


def test_a_suffix_keeps_two_demos_of_an_account_apart(snowplow):
    signals, user_id, other = snowplow.signals(), new_id(), Names("_x")
    publish(signals, plan_of(snowplow))
    track_tasks(snowplow, user_id, 1)
    publish(signals, plan_of(snowplow, names=other, threshold=2))
    with listening(signals, user_id=user_id) as subscription:
        track_tasks(snowplow, user_id, 2)
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "power_user_nudge_x"
    count_by = partial(service_attributes, signals, user_id)
    assert [count_by(each.service)[COUNT] for each in (Names(), other)] == [3, 2]
    assert clean_up(signals, other) == []
    (theirs,) = published(signals, other).others  # the first demo's, which is still there
    assert published(signals, other) == Published(others=(theirs,))
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


def test_app_leaves_what_others_made_in_an_account(world):
    participant, signals = world.join(), world.snowplow.signals()
    signals.publish([attribute_group(world.plan).model_copy(update={"description": "Ours."})])
    with pytest.raises(SomebodyElses):
        participant.definitions.publish(world.plan)
    assert participant.definitions.unpublish().group.is_published
    assert [each["description"] for each in everything_in(signals)] == ["Ours."]


def test_a_profile_s_own_event_is_counted_and_nudged(world):
    participant = world.join()
    own = replace(ready_profiles()["webshop"], product="Fjord")
    participant.shown_profile.choose(link_of(own), for_everyone=False)
    participant.definitions.publish(participant.plan)
    assert eventually(lambda: participant.is_live and world.snowplow.streams == 1)
    complete(participant, 5)
    assert has_counted(participant, 5)
    assert eventually(lambda: participant.is_nudged)
    assert participant.last_event.schema.startswith("iglu:com.fjordandfell/product_added/")


def test_participants_of_an_account_share_one_token(world):
    one, other = world.join(), world.join()
    assert has_recovered(one) and has_recovered(other)
    one.definitions.publish(world.plan)
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

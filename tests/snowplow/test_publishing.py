"""Publishing: versions go up only when what is computed changes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from snowplow_signals import SignalsSandbox, domain_userid
from snowplow_signals.models.model import VersionedLinkAttributeGroup

from lib.connection.backend import new_token
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.definitions import COUNT, Plan, attribute_group
from lib.snowplow.definitions import intervention as intervention_of
from lib.snowplow.publishing import (
    Published,
    clean_up,
    next_version,
    plan_of,
    publish,
    published,
    unpublish,
)
from tests.support.sandbox import criterion, every, intervention, none, some

PLAN = Plan(owner="you@example.com", vendor="com.example")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    yield server
    server.stop()


@pytest.fixture
def signals(server: EmbeddedServer) -> SignalsSandbox:
    return SignalsSandbox(api_url=server.url, sandbox_token=new_token())


def versions(seen: Published) -> tuple[int, int]:
    assert seen.group is not None and seen.intervention is not None
    return seen.group.version, seen.intervention.version


def test_nothing_is_published_at_first(signals):
    assert published(signals) == Published(None, None, None)


def test_all_three_are_published_at_once(signals):
    seen = publish(signals, PLAN)
    assert (seen.is_complete, seen.threshold, versions(seen)) == (True, 5.0, (1, 1))


def test_publishing_the_same_again_keeps_the_versions(signals):
    publish(signals, PLAN)
    assert versions(publish(signals, PLAN)) == (1, 1)


def test_another_owner_keeps_the_versions(signals):
    publish(signals, PLAN)
    seen = publish(signals, replace(PLAN, owner="other@example.com"))
    assert (versions(seen), seen.group.owner) == ((1, 1), "other@example.com")


def test_another_threshold_is_the_next_version_of_the_intervention_only(signals):
    publish(signals, PLAN)
    seen = publish(signals, replace(PLAN, threshold=3))
    assert (versions(seen), seen.threshold) == ((1, 2), 3.0)


def test_another_period_is_the_next_version_of_the_group_only(signals):
    publish(signals, PLAN)
    seen = publish(signals, replace(PLAN, period=timedelta(days=1)))
    assert versions(seen) == (2, 1)
    assert [link.version for link in seen.service.attribute_groups] == [2]


@pytest.mark.parametrize("change", [{"ttl": timedelta(days=30)}, {"attribute_key": domain_userid}])
def test_group_with_another_key_or_lifetime_is_replaced_by_the_next_version(signals, change):
    group = attribute_group(PLAN)
    signals.publish([type(group).model_validate(group.model_dump() | change)])
    seen = publish(signals, PLAN)
    assert (seen.is_complete, versions(seen)) == (True, (2, 1))


def test_intervention_with_another_payload_is_replaced_by_the_next_version(signals):
    publish(signals, PLAN)
    signals.unpublish([intervention_of(PLAN)])
    more = VersionedLinkAttributeGroup(name="project_engagement", version=1)
    signals.publish(
        [intervention_of(PLAN, 2).model_copy(update={"payload_attribute_groups": [more]})]
    )
    seen = publish(signals, PLAN)
    assert (seen.is_complete, versions(seen)) == (True, (1, 3))


def test_another_event_is_the_next_version_and_reported_until_it_is_published(signals):
    shop = replace(PLAN, event="product_added", event_vendor="com.fjordandfell")
    assert publish(signals, PLAN).counted_instead(PLAN.completed) == ""
    assert published(signals).counted_instead(shop.completed) == "com.example/task_completed"

    seen = publish(signals, shop)
    assert (versions(seen), seen.counted_instead(shop.completed)) == ((2, 1), "")
    assert seen.counted_instead(PLAN.completed) == "com.fjordandfell/product_added"
    assert unpublish(signals).counted_instead(PLAN.completed) == ""


def test_version_whose_values_another_intervention_sends_stays_published(signals):
    publish(signals, PLAN)
    payload = [{"name": "project_engagement", "version": 1}]
    rule = criterion(f"project_engagement:{COUNT}", "is not null")
    signals.publish([intervention(rule, "sender", payload_attribute_groups=payload)])

    assert versions(publish(signals, replace(PLAN, period=timedelta(days=1)))) == (2, 1)
    assert signals.get_attribute_group("project_engagement", 1).is_published
    assert signals.interventions.get("sender").is_published


def test_what_is_replaced_is_unpublished(signals):
    publish(signals, PLAN)
    publish(signals, replace(PLAN, threshold=3, period=timedelta(days=1)))
    assert signals.interventions.get("power_user_nudge", version=1).is_published is False
    assert signals.get_attribute_group("project_engagement", 1).is_published is False


def keep(signals, *drafts):
    signals.registry.create_or_update(
        [each.model_copy(update={"is_published": False}) for each in drafts]
    )


def test_what_is_published_is_seen_below_a_kept_draft(signals):
    publish(signals, PLAN)
    daily = replace(PLAN, threshold=3, period=timedelta(days=1))
    keep(signals, attribute_group(daily, 2), intervention_of(daily, 2))
    seen = published(signals)
    assert (seen.is_complete, seen.threshold, versions(seen)) == (True, 5.0, (1, 1))


def test_publishing_over_a_kept_draft_leaves_one_version_published(signals):
    publish(signals, PLAN)
    keep(signals, intervention_of(replace(PLAN, threshold=3), 2))
    assert publish(signals, replace(PLAN, threshold=4)).threshold == 4.0
    listed = signals.interventions.list()
    assert [each.version for each in listed if each.is_published] == [2]


def test_unpublishing_below_a_kept_draft_leaves_nothing_published(signals):
    publish(signals, PLAN)
    keep(signals, attribute_group(replace(PLAN, period=timedelta(days=1)), 2))
    unpublish(signals)
    assert signals.get_attribute_group("project_engagement", 1).is_published is False


def test_cleaning_up_deletes_a_kept_draft_too(signals):
    publish(signals, PLAN)
    keep(signals, intervention_of(replace(PLAN, threshold=3), 2))
    assert clean_up(signals) == []
    assert signals.interventions.list() == []


def test_unpublishing_unpublishes_all_three(signals):
    publish(signals, PLAN)
    seen = unpublish(signals)
    assert (seen.is_any, seen.group.is_published, seen.threshold) == (False, False, None)


def test_unpublishing_what_was_never_published_is_no_error(signals):
    assert unpublish(signals) == Published(None, None, None)


def test_publishing_again_after_unpublishing_goes_on_with_the_same_version(signals):
    publish(signals, PLAN)
    unpublish(signals)
    assert versions(publish(signals, PLAN)) == (1, 1)


@pytest.mark.parametrize("owner", [None, "", "Data team"])
def test_version_stays_the_same_whoever_the_api_says_owns_it(signals, owner):
    group = publish(signals, PLAN).group.model_copy(update={"owner": owner})
    assert next_version(group, attribute_group(PLAN)) == 1
    daily = replace(PLAN, period=timedelta(days=1))
    assert next_version(group, attribute_group(daily)) == 2


@pytest.mark.parametrize("owner", [None, ""])
def test_plan_of_a_group_without_an_owner_has_the_default_one(signals, owner):
    seen = publish(signals, replace(PLAN, owner="other@example.com"))
    assert plan_of(seen, PLAN).owner == "other@example.com"
    without = replace(seen, group=seen.group.model_copy(update={"owner": owner}))
    assert plan_of(without, PLAN).owner == PLAN.owner


def test_the_first_version_is_one():
    assert next_version(None, attribute_group(PLAN)) == 1


MANY = criterion(f"things:{COUNT}", ">=", 3)
HIGH = criterion("things:priority", "=", "high")


@pytest.mark.parametrize(
    ("criteria", "threshold"),
    [
        (some(MANY), 3),
        (every(MANY), 3),
        (some(MANY, HIGH), 3),
        (every(MANY, HIGH), None),
        (none(MANY), None),
        (some(criterion(f"things:{COUNT}", "<", 3)), None),
        (some(HIGH), None),
    ],
)
def test_threshold_is_a_count_that_is_enough(criteria, threshold):
    seen = Published(intervention=intervention(criteria, is_published=True))
    assert seen.threshold == threshold

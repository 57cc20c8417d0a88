"""How a published rule stands for a user, in words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from snowplow_signals import InterventionInstance, domain_sessionid

from lib.snowplow.interventions import SENDER
from lib.studio.rule_state import RuleState, rule_states
from lib.world.inbox import Missed, Received
from tests.support.sandbox import attribute, criterion, group, intervention

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GROUPS = [group(attribute("n", "counter"))]
RULE = criterion("things:n", ">=", 3)


def came(version: int = 1, **attributes: str) -> Received:
    instance = InterventionInstance(
        name="nudge", version=version, intervention_id="i", attributes=attributes
    )
    return Received(NOW, instance, None)


def state(
    n: Any = None,
    received: tuple[Received, ...] = (),
    missed: tuple[Missed, ...] = (),
    groups: list[Any] = GROUPS,
    **options: Any,
) -> RuleState:
    rule = intervention(RULE, **options)
    (found,) = rule_states([rule], groups, {"things:n": n}, received, missed)
    return found


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (state(2), "Not yet. It fires with the event that makes it true, once for you."),
        (state(3), "The rule is true, but nothing arrived."),
        (state(2, received=(came(),)), "It arrived at 2026-03-01 12:00:00 UTC. It is not sent to"),
        (state(2, missed=(Missed("nudge", 1, NOW),)), "It probably fired while nobody listened"),
    ],
)
def test_what_is_next_is_said(found: RuleState, said: str) -> None:
    assert found.verdict.startswith(said)


@pytest.mark.parametrize("other", [came(version=2), came(**SENDER)])
def test_another_version_and_a_test_did_not_fire(other: Received) -> None:
    assert state(2, received=(other,)).fired is None


def test_what_this_app_does_not_listen_for_is_said() -> None:
    (trap,) = state(2, target_attribute_keys=[{"name": "domain_sessionid"}]).traps
    assert trap.startswith("It is sent to `domain_sessionid`, but this app listens for `user_id`")


def test_without_targets_the_keys_of_the_groups_count() -> None:
    groups = [group(attribute("n", "counter"), attribute_key=domain_sessionid)]
    found = state(2, groups=groups, target_attribute_keys=None)
    assert (found.targets, found.is_heard) == (["domain_sessionid"], False)


def test_a_rule_whose_group_is_not_published_is_unknown() -> None:
    (found,) = rule_states([intervention(RULE)], [], {}, [], [])
    assert found.is_met is None
    assert found.verdict.startswith("These values do not show whether it is true.")

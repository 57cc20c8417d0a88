"""When an event triggers interventions, for whom and with what."""

from collections.abc import Iterator
from typing import Any

import pytest
from snowplow_signals.models.model import VersionedLinkAttributeGroup

from lib.sandbox.limits import PAYLOAD_BYTES, TEXT_IN_VALUE, VALUES_OF_EVENT_BYTES
from lib.sandbox.signals.attributes import ComputedGroup
from lib.sandbox.signals.event_profiles import EventProfiles
from lib.sandbox.signals.interventions import Target
from tests.support.engine_bench import (
    BOTH_KEYS,
    BY_USER,
    OTHER_SESSION,
    OTHER_USER,
    SESSION,
    USER,
    Bench,
)
from tests.support.sandbox import attribute, criterion, every, group, intervention, none, some

DAY = 86_400_000


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


# When they trigger


def test_triggers_on_the_event_that_crosses_the_threshold(bench: Bench) -> None:
    bench.publish(intervention(criterion("user:count", ">=", 3)))
    assert bench.firings([None] * 5) == [0, 0, 1, 0, 0]


def test_crossing_the_threshold_again_does_not_trigger_again(bench: Bench) -> None:
    bench.publish(intervention(criterion("user:last", ">", 10)))
    assert bench.firings([1, 20, 1, 20, 1, 20]) == [0, 1, 0, 0, 0, 0]


def test_each_target_triggers_once(bench: Bench) -> None:
    bench.publish(intervention(criterion("user:last", ">", 10)))
    fired = [len(bench.see(20, user)) for user in (USER, OTHER_USER, USER, OTHER_USER)]
    assert fired == [1, 1, 0, 0]


def test_each_version_triggers_once(bench: Bench) -> None:
    rule = criterion("user:last", ">", 10)
    bench.publish(intervention(rule), intervention(rule, version=2))
    assert bench.firings([20, 1, 20]) == [2, 0, 0]


def test_criteria_met_before_publishing_do_not_trigger(bench: Bench) -> None:
    bench.see(20)
    bench.publish(intervention(criterion("user:last", ">", 10)))
    assert bench.firings([30]) == [0]


def test_attribute_that_did_not_change_does_not_trigger(bench: Bench) -> None:
    bench.publish(intervention(none(criterion("user:last", ">", 10))))
    assert bench.firings([None, None]) == [0, 0]


def test_time_passing_alone_never_triggers(bench: Bench) -> None:
    few_recently = every(criterion("user:recent", "<", 3), criterion("user:count", ">", 3))
    bench.publish(intervention(few_recently))
    assert bench.firings([1, 1, 1]) == [0, 0, 0]
    bench.now += DAY // 2
    assert bench.firings([1]) == [0]
    bench.now += DAY // 2  # three leave the window: now the criteria are met
    assert bench.firings([1]) == [0]


def test_threshold_can_be_crossed_once_the_window_is_empty(bench: Bench) -> None:
    bench.publish(intervention(criterion("user:recent", "=", 2)))
    bench.see()
    bench.now += DAY
    assert bench.firings([None, None]) == [0, 1]


@pytest.mark.parametrize("operator", ["=", "!=", "<", ">", "<=", ">=", "in", "not in"])
def test_comparison_with_null_does_not_hold(bench: Bench, operator: str) -> None:
    value: Any = [1] if operator.endswith("in") else 1
    null = criterion("user:never", operator, value)
    bench.publish(intervention(every(null, criterion("user:count", ">", 0))))
    assert bench.firings([1, 1]) == [0, 0]


def test_is_null_holds_for_null(bench: Bench) -> None:
    null = criterion("user:never", "is null")
    bench.publish(intervention(every(null, criterion("user:count", ">", 1))))
    assert bench.firings([1, 1]) == [0, 1]


def test_is_not_null_triggers_on_the_first_value(bench: Bench) -> None:
    bench.publish(intervention(criterion("user:last", "is not null")))
    assert bench.firings([None, 5, 6]) == [0, 1, 0]


def test_changed_triggers_each_time_the_value_differs(bench: Bench) -> None:
    bench.publish(intervention(criterion("user:last", "changed")))
    assert bench.firings([1, 1, 2, None, 2, 1]) == [1, 0, 1, 0, 0, 1]


def test_changed_in_an_all_triggers_while_the_rest_holds(bench: Bench) -> None:
    rule = every(criterion("user:last", "changed"), criterion("user:count", ">=", 3))
    bench.publish(intervention(rule))
    assert bench.firings([1, 2, 3, 3, 4]) == [0, 0, 1, 0, 1]


def test_intervention_follows_the_latest_published_version_of_its_group(bench: Bench) -> None:
    bench.publish(intervention(criterion("user:count", ">=", 2)))
    bench.see()
    bench.publish_group(BY_USER.model_copy(update={"version": 2}))
    assert bench.firings([None, None]) == [0, 1]


# Targets


def test_targets_of_one_trigger_share_its_id(bench: Bench) -> None:
    rule = intervention(criterion("user:count", ">=", 1), target_attribute_keys=BOTH_KEYS)
    bench.publish(rule)
    [trigger] = bench.see(1, USER, SESSION)
    assert len({each.intervention_id for each in trigger.values()}) == 1


def test_every_target_key_in_the_event_is_a_target(bench: Bench) -> None:
    rule = intervention(criterion("user:count", ">=", 1), target_attribute_keys=BOTH_KEYS)
    bench.publish(rule)
    [trigger] = bench.see(1, USER, SESSION)
    assert set(trigger) == {Target("user_id", USER), Target("domain_sessionid", SESSION)}


def test_target_key_missing_in_the_event_is_not_a_target(bench: Bench) -> None:
    rule = intervention(criterion("user:count", ">=", 1), target_attribute_keys=BOTH_KEYS)
    bench.publish(rule)
    [trigger] = bench.see(1, USER)
    assert set(trigger) == {Target("user_id", USER)}


def test_without_target_keys_those_of_the_groups_are_targets(bench: Bench) -> None:
    rule = some(criterion("user:count", ">=", 1), criterion("session:count", ">=", 1))
    bench.publish(intervention(rule, target_attribute_keys=None))
    [trigger] = bench.see(1, USER, SESSION)
    assert set(trigger) == {Target("user_id", USER), Target("domain_sessionid", SESSION)}


def test_target_that_fired_is_left_out_of_the_next_trigger(bench: Bench) -> None:
    rule = criterion("session:count", "=", 1)
    bench.publish(intervention(rule, target_attribute_keys=BOTH_KEYS))
    triggers = [bench.see(1, USER, session) for session in (SESSION, OTHER_SESSION)]
    assert [set(trigger) for [trigger] in triggers] == [
        {Target("user_id", USER), Target("domain_sessionid", SESSION)},
        {Target("domain_sessionid", OTHER_SESSION)},
    ]


# Payload


def test_payload_holds_every_value_of_its_groups_as_a_string(bench: Bench) -> None:
    bench.publish(intervention(criterion("user:count", ">=", 2)))
    bench.see(7)
    [trigger] = bench.see(8)
    [received] = trigger.values()
    assert received.model_dump(exclude={"intervention_id"}) == {
        "name": "nudge",
        "version": 1,
        "target_attribute_key": {"name": "user_id", "id": USER},
        "attributes": {"count": "2", "last": "8", "recent": "2", "values": "[7,8]"},
    }


def test_payload_groups_add_their_values(bench: Bench) -> None:
    rule = intervention(
        criterion("session:count", ">=", 2),
        payload_attribute_groups=[VersionedLinkAttributeGroup(name="user", version=1)],
    )
    bench.publish(rule)
    bench.see(7, USER, SESSION)
    [trigger] = bench.see(8, USER, SESSION)
    [received] = trigger.values()
    assert received.attributes == {"count": "2", "last": "8", "recent": "2", "values": "[7,8]"}


# What does not count


def test_event_that_waited_while_a_group_was_published_says_so(bench: Bench) -> None:
    """Its clock, and that of the machine, are right."""
    bench.now += 5
    bench.publish_group(group())
    assert bench.effects(session=SESSION, waited=5).ignored == [
        "things version 1 was published after this event was collected, while it waited to be"
        " processed. Only events that are collected from then on count"
    ]
    assert bench.effects(session=SESSION).ignored == []


# Values that are too large


def test_text_that_is_too_long_is_reported_and_changes_no_attribute(bench: Bench) -> None:
    bench.publish_group(group(attribute("text"), attribute("seen", "counter"), name="texts"))
    bench.effects("short")
    effects = bench.effects("x" * (TEXT_IN_VALUE + 1))
    changed = {each.attribute: each.after for each in effects.changes if each.group == "texts"}
    assert changed == {"seen": 2}
    assert (
        "texts:text keeps its value, as the new one has more than 10,000 characters"
        in effects.too_large
    )
    changes = bench.effects("x" * TEXT_IN_VALUE).changes
    assert any(
        (each.attribute, len(str(each.after))) == ("text", TEXT_IN_VALUE) for each in changes
    )


def test_event_gives_only_so_much_to_all_groups(bench: Bench) -> None:
    many = [attribute(f"text_{number}") for number in range(8)]
    for number in range(4):
        bench.publish_group(group(*many, name=f"texts_{number}"))
    effects = bench.effects("x" * TEXT_IN_VALUE)
    assert {each.group for each in effects.changes} == {"user", "texts_0", "texts_1"}
    assert 160_000 < effects.stored_bytes <= VALUES_OF_EVENT_BYTES
    assert [each.partition(" ")[0] for each in effects.too_large] == ["texts_2", "texts_3"]


def test_full_profile_is_reported_and_keeps_its_values(bench: Bench) -> None:
    lists = [attribute(f"list_{number}", "unique_list", type="string_list") for number in range(9)]
    bench.publish_group(group(*lists, name="lists"))
    told = [bench.effects(f"{number:05}" + "x" * 9_990).too_large for number in range(15)]
    assert told[0] == [] and "lists keeps its values, as there are" in told[-1][0]
    other = bench.effects("y" * 9_000, OTHER_USER)
    assert other.too_large == []


def test_payload_leaves_out_what_is_too_large(bench: Bench) -> None:
    lists = [attribute(f"list_{number}", "unique_list", type="string_list") for number in range(9)]
    bench.publish_group(group(attribute("count", "counter"), *lists, name="lists"))
    bench.publish(intervention(criterion("lists:count", "changed")))
    for number in range(5):
        [trigger] = bench.effects(f"{number:05}" + "x" * 9_990).triggers
    [instance] = trigger.values()
    assert instance.attributes is not None and instance.attributes["count"] == "5"
    assert 40_000 < sum(map(len, instance.attributes.values())) <= PAYLOAD_BYTES


def test_values_of_a_payload_are_read_once_for_all_interventions(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.publish(
        *(
            intervention(criterion("user:count", "changed"), name=f"nudge_{number}")
            for number in range(50)
        )
    )
    read: list[int] = []
    value = EventProfiles.value

    def counted(self: EventProfiles, group: ComputedGroup, index: int) -> Any:
        read.append(index)
        return value(self, group, index)

    monkeypatch.setattr(EventProfiles, "value", counted)
    assert len(bench.effects(1).triggers) == 50
    assert len(read) <= 4 * len(BY_USER.attributes or [])

"""When an event triggers interventions, for whom and with what; and a model that agrees."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from snowplow_signals import (
    InterventionCriteriaAll,
    InterventionCriteriaAny,
    InterventionCriteriaNone,
    LinkAttributeKey,
    domain_sessionid,
)
from snowplow_signals.models.model import (
    AttributeGroupInput,
    RuleInterventionInput,
    VersionedLinkAttributeGroup,
)

from lib.sandbox.limits import PAYLOAD_BYTES, TEXT_IN_VALUE, VALUES_OF_EVENT_BYTES
from lib.sandbox.pipeline.events import Event
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.signals.attributes import ComputedGroup
from lib.sandbox.signals.engine import Effects, Trigger
from lib.sandbox.signals.event_profiles import EventProfiles
from lib.sandbox.signals.interventions import Target
from lib.sandbox.signals.kinds import GROUP, INTERVENTION, Kind
from lib.sandbox.storage.store import Store
from tests.support.sandbox import (
    NOW,
    attribute,
    criterion,
    every,
    group,
    intervention,
    new_id,
    none,
    some,
)
from tests.support.size import HISTORIES

USER = "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01"
OTHER_USER = "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e02"
SESSION = "0b7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e03"
OTHER_SESSION = "0b7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e04"
DAY = 86_400_000

BY_USER = group(
    attribute("count", "counter"),
    attribute("last", "last", type="int64"),
    attribute("recent", "counter", period="P1D"),
    attribute("values", "unique_list", type="int64_list"),
    attribute("never", "last", type="string", property={"type": "atomic", "name": "tr_city"}),
    name="user",
)
BY_SESSION = group(
    attribute("count", "counter"),
    attribute("last", "last", type="int64"),
    name="session",
    attribute_key=domain_sessionid,
)
BOTH_KEYS = [LinkAttributeKey(name="user_id"), LinkAttributeKey(name="domain_sessionid")]


class Bench:
    """A sandbox without a server: events go directly to the engine."""

    def __init__(self, *definitions: RuleInterventionInput) -> None:
        self.sandbox = Sandbox("bench", Store(":memory:"), Iglu(), lambda: self.now)
        self.numbers = itertools.count()
        self.now = NOW
        self._create(GROUP, BY_USER, BY_SESSION)
        self.publish(*definitions)

    def publish(self, *definitions: RuleInterventionInput) -> None:
        self._create(INTERVENTION, *definitions)

    def publish_group(self, definition: AttributeGroupInput) -> None:
        self._create(GROUP, definition)

    def _create(self, kind: Kind, *definitions: BaseModel) -> None:
        for each in definitions:  # parsed again, as a route would
            dumped = each.model_dump(mode="json", exclude_none=True) | {"is_published": True}
            self.sandbox.registry.create(kind, kind.model.model_validate(dumped))

    def see(
        self, value: Any = None, user: str | None = USER, session: str | None = None
    ) -> list[Trigger]:
        """What one event triggers."""
        ids = {"user_id": user, "domain_sessionid": session}
        event = Event(
            event_id=new_id(),
            collector_tstamp=self.now,
            derived_tstamp=self.now,
            vendor="org.example",
            name="seen",
            version="1-0-0",
            atomic={name: each for name, each in ids.items() if each is not None},
            data={"value": value},
        )
        return self.sandbox.engine.process(event, next(self.numbers), self.now).triggers

    def firings(self, values: Sequence[Any]) -> list[int]:
        """How many interventions each value triggers, one event after another."""
        return [len(self.see(value)) for value in values]

    def close(self) -> None:
        self.sandbox.store.close()


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


# A model that recomputes all values from all events and evaluates all criteria again

Seen = tuple[str | None, str | None, int | None]
LEAVES = st.builds(
    criterion,
    st.sampled_from(["user:count", "user:last", "session:count", "session:last"]),
    st.sampled_from(["=", "!=", "<", ">", "<=", ">="]),
    st.integers(0, 3),
) | st.builds(
    criterion,
    st.sampled_from(["user:last", "session:last"]),
    st.sampled_from(["is null", "is not null"]),
)
CRITERIA = st.recursive(
    LEAVES,
    lambda inner: st.tuples(
        st.sampled_from([every, some, none]), st.lists(inner, min_size=1, max_size=3)
    ).map(lambda pair: pair[0](*pair[1])),
    max_leaves=6,
)
EVENTS: st.SearchStrategy[list[Seen]] = st.lists(
    st.tuples(
        st.sampled_from([USER, OTHER_USER, None, "no-uuid"]),
        st.sampled_from([SESSION, OTHER_SESSION, None]),
        st.integers(0, 3) | st.none(),
    ),
    max_size=15,
)
TARGETS = st.sampled_from([None, BOTH_KEYS, BOTH_KEYS[:1], BOTH_KEYS[1:]])
COMPARISONS = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def naive_values(history: Sequence[Seen], user: str | None, session: str | None) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, position, identifier in (("user", 0, user), ("session", 1, session)):
        own = [
            value
            for *ids, value in history
            if identifier in (USER, OTHER_USER, SESSION, OTHER_SESSION)
            and ids[position] == identifier
        ]
        values[f"{name}:count"] = len(own) or None
        values[f"{name}:last"] = next((v for v in reversed(own) if v is not None), None)
    return values


def naive_met(criteria: Any, values: dict[str, Any]) -> bool:
    if isinstance(criteria, InterventionCriteriaAll):
        return all(naive_met(each, values) for each in criteria.all)
    if isinstance(criteria, InterventionCriteriaAny):
        return any(naive_met(each, values) for each in criteria.any)
    if isinstance(criteria, InterventionCriteriaNone):
        return not any(naive_met(each, values) for each in criteria.none)
    value = values[criteria.attribute]
    if criteria.operator.startswith("is"):
        return (value is None) == (criteria.operator == "is null")
    return value is not None and COMPARISONS[criteria.operator](value, criteria.value)


def leaves(criteria: Any) -> Iterator[str]:
    for name in ("all", "any", "none"):
        for child in getattr(criteria, name, []):
            yield from leaves(child)
    if hasattr(criteria, "attribute"):
        yield criteria.attribute


def naive_firings(rule: Any, events: Sequence[Seen]) -> list[set[tuple[str, str]]]:
    """The targets that fire on each event, by the definition of triggering alone."""
    named = {attribute.split(":")[0] for attribute in leaves(rule.criteria)}
    keys = [link.name for link in rule.target_attribute_keys or []] or [
        {"user": "user_id", "session": "domain_sessionid"}[each] for each in named
    ]
    fired: set[tuple[str, str]] = set()
    result = []
    for index, (user, session, _) in enumerate(events):
        before = naive_values(events[:index], user, session)
        after = naive_values(events[: index + 1], user, session)
        candidates = {("user_id", user), ("domain_sessionid", session)}
        present = {
            (key, identifier)
            for key, identifier in candidates
            if key in keys and identifier not in (None, "no-uuid")
        }
        crosses = naive_met(rule.criteria, after) and not naive_met(rule.criteria, before)
        result.append({(key, str(each)) for key, each in present} - fired if crosses else set())
        fired |= result[-1]
    return result


@settings(max_examples=HISTORIES, deadline=None)
@given(criteria=CRITERIA, events=EVENTS, keys=TARGETS)
def test_the_same_targets_fire_as_in_the_model(criteria: Any, events: Any, keys: Any) -> None:
    rule = intervention(criteria, target_attribute_keys=keys)
    bench = Bench(rule)
    fired = [
        {
            (target.key, target.identifier)
            for trigger in bench.see(value, user, session)
            for target in trigger
        }
        for user, session, value in events
    ]
    bench.close()
    assert fired == naive_firings(rule, events)


# Values that are too large


def effects_of(bench: Bench, value: Any, user: str = USER) -> Effects:
    event = Event(
        event_id=new_id(),
        collector_tstamp=NOW,
        derived_tstamp=NOW,
        vendor="org.example",
        name="seen",
        version="1-0-0",
        atomic={"user_id": user},
        data={"value": value},
    )
    return bench.sandbox.engine.process(event, next(bench.numbers), NOW)


def test_text_that_is_too_long_changes_no_attribute_and_is_told(bench: Bench) -> None:
    bench.publish_group(group(attribute("text"), attribute("seen", "counter"), name="texts"))
    effects_of(bench, "short")
    effects = effects_of(bench, "x" * (TEXT_IN_VALUE + 1))
    changed = {each.attribute: each.after for each in effects.changes if each.group == "texts"}
    assert changed == {"seen": 2}
    assert (
        "texts:text keeps its value, as the new one has more than 10,000 characters"
        in effects.too_large
    )
    changes = effects_of(bench, "x" * TEXT_IN_VALUE).changes
    assert any(
        (each.attribute, len(str(each.after))) == ("text", TEXT_IN_VALUE) for each in changes
    )


def test_event_gives_only_so_much_to_all_groups(bench: Bench) -> None:
    many = [attribute(f"text_{number}") for number in range(8)]
    for number in range(4):
        bench.publish_group(group(*many, name=f"texts_{number}"))
    effects = effects_of(bench, "x" * TEXT_IN_VALUE)
    assert {each.group for each in effects.changes} == {"user", "texts_0", "texts_1"}
    assert 160_000 < effects.stored_bytes <= VALUES_OF_EVENT_BYTES
    assert [each.partition(" ")[0] for each in effects.too_large] == ["texts_2", "texts_3"]


def test_full_profile_is_told_and_keeps_its_values(bench: Bench) -> None:
    lists = [attribute(f"list_{number}", "unique_list", type="string_list") for number in range(9)]
    bench.publish_group(group(*lists, name="lists"))
    told = [effects_of(bench, f"{number:05}" + "x" * 9_990).too_large for number in range(15)]
    assert told[0] == [] and "lists keeps its values, as there are" in told[-1][0]
    other = effects_of(bench, "y" * 9_000, OTHER_USER)
    assert other.too_large == []


def test_payload_leaves_out_what_is_too_large(bench: Bench) -> None:
    lists = [attribute(f"list_{number}", "unique_list", type="string_list") for number in range(9)]
    bench.publish_group(group(attribute("count", "counter"), *lists, name="lists"))
    bench.publish(intervention(criterion("lists:count", "changed")))
    for number in range(5):
        [trigger] = effects_of(bench, f"{number:05}" + "x" * 9_990).triggers
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
    assert len(effects_of(bench, 1).triggers) == 50
    assert len(read) <= 4 * len(BY_USER.attributes or [])

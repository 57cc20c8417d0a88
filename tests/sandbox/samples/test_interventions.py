"""The samples of docs/signals on interventions and agentic contexts, in our own words.

Sources: https://docs.snowplow.io/docs/signals/interventions/,
https://docs.snowplow.io/docs/signals/applications/subscribe/ and
https://docs.snowplow.io/docs/signals/agentic-contexts/
"""

from queue import Empty
from typing import Any

import pytest
from snowplow_signals import (
    Attribute,
    AttributeKeyIdentifiers,
    EventLog,
    EventLogAtomicProperty,
    EventLogEvent,
    EventLogEventProperty,
    EventSelection,
    InterventionCriteriaAll,
    InterventionCriteriaAny,
    InterventionCriteriaNone,
    InterventionCriterion,
    InterventionInstance,
    LinkAttributeKey,
    PageView,
    RuleIntervention,
    SignalsAPIError,
    domain_sessionid,
    domain_userid,
)

from tests.support.samples import described, page_view
from tests.support.sandbox import (
    OWNER,
    HandClock,
    World,
    attribute,
    group,
    listening,
    new_id,
    seen,
    targets,
)
from tests.support.waiting import PATIENCE_SECONDS, eventually

HOME = "https://shop.example.com/"
VIEWS = Attribute(name="views", type="int32", events=[PageView()], aggregation="counter")


def criterion(name: str, operator: Any, value: Any = None) -> InterventionCriterion:
    return InterventionCriterion(attribute=f"shop:{name}", operator=operator, value=value)


def is_pushed(world: World, to: AttributeKeyIdentifiers, name: str) -> bool:
    """Pushes an intervention; whether somebody was subscribed."""
    answer = world.signals.push_intervention(to, InterventionInstance(name=name, version=1))
    return bool(answer == "success")


def test_the_shortest_intervention_greets_once_a_value_is_there(world: World):
    """Without a version and without targets: those of the group in the criteria."""
    someone = new_id()
    world.publish(group(attribute("word"), name="shop", attribute_key=domain_userid))
    hello = RuleIntervention(name="hello", owner=OWNER, criteria=criterion("word", "is not null"))
    world.signals.publish([hello])
    world.signals.publish([hello])  # nothing changed
    with listening(world.signals, domain_userid=someone) as subscription:
        world.post(seen(None, {}, duid=someone))
        world.post(seen(None, {"value": "hi"}, duid=someone))
        got = subscription.get(timeout=PATIENCE_SECONDS)
    assert (got.name, got.version, got.attributes) == ("hello", 1, {"word": "hi"})
    assert got.target_attribute_key.model_dump() == {"name": "domain_userid", "id": someone}


def test_criteria_nest(world: World):
    someone = new_id()
    world.publish(group(VIEWS, attribute("word"), attribute("mood"), name="shop"))
    wanted = InterventionCriteriaAll(
        all=[
            criterion("views", ">=", 3),
            InterventionCriteriaAny(any=[criterion("word", "=", "hi"), criterion("views", ">", 9)]),
            InterventionCriteriaNone(none=[criterion("mood", "=", "bye")]),
        ]
    )
    world.signals.publish([RuleIntervention(name="nested", owner=OWNER, criteria=wanted)])
    with listening(world.signals, user_id=someone) as subscription:
        world.post(*(page_view(HOME, uid=someone) for _ in range(3)))
        with pytest.raises(Empty):
            subscription.get(timeout=0.2)
        world.post(seen(someone, {"value": "hi"}))
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "nested"


def test_time_alone_does_not_meet_the_criteria_of_an_abandoned_cart(world: World, clock: HandClock):
    """It takes an event that changes an attribute in the criteria, however late."""
    someone = new_id()
    value = attribute("cart_value", "max", type="double")
    idle = attribute("idle", "time_since_last", type="double", time_unit="min")
    idle = idle.model_copy(update={"events": [PageView()]})
    world.publish(group(value, idle, name="shop", attribute_key=domain_userid))
    abandoned = RuleIntervention(
        name="abandoned",
        owner=OWNER,
        description="A full cart, and then nothing",
        criteria=InterventionCriteriaAll(
            all=[criterion("cart_value", ">", 75.0), criterion("idle", ">=", 15)]
        ),
        target_attribute_keys=[LinkAttributeKey(name="domain_userid")],
    )
    world.signals.publish([abandoned])
    with listening(world.signals, domain_userid=someone) as subscription:
        world.post(page_view(HOME, duid=someone), seen(None, {"value": 70}, duid=someone))
        clock.forward(hours=1)
        with pytest.raises(Empty):
            subscription.get(timeout=0.2)
        world.post(seen(None, {"value": 80}, duid=someone))
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "abandoned"


def test_an_intervention_is_pushed_to_a_session(world: World):
    session = new_id()
    with listening(world.signals, domain_sessionid=session) as subscription:
        to = AttributeKeyIdentifiers({"domain_sessionid": [session]})
        assert eventually(lambda: is_pushed(world, to, "mine"))
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "mine"


def test_a_subscription_to_two_keys_hands_each_intervention_to_a_handler(world: World):
    session, user, handled = new_id(), new_id(), []
    subscription = world.signals.pull_interventions(
        AttributeKeyIdentifiers({"domain_sessionid": [session], "domain_userid": [user]})
    )
    subscription.add_handler(handled.append)
    subscription.start()
    to = {"one": targets(domain_sessionid=session), "two": targets(domain_userid=user)}
    for name, keys in to.items():
        assert eventually(lambda keys=keys, name=name: is_pushed(world, keys, name))
        assert subscription.get(timeout=PATIENCE_SECONDS).name == name
    subscription.stop()
    assert is_pushed(world, to["two"], "wake_up")  # the thread notices with the next line
    assert [each.name for each in handled[:2]] == ["one", "two"]


def agentic_context() -> EventLog:
    return EventLog(
        name="visit",
        attribute_key=domain_sessionid,
        max_events=50,
        max_age_seconds=1800,
        events=[
            EventSelection(
                event=EventLogEvent(
                    name="page_view", vendor="com.snowplowanalytics.snowplow", version="1-0-0"
                ),
                properties=[EventLogAtomicProperty(name="page_url")],
            ),
            EventSelection(
                event=EventLogEvent(name="asked", vendor="org.example", version="1-0-0"),
                properties=[
                    EventLogEventProperty(
                        vendor="org.example", name="asked", major_version=1, path="$.foo"
                    )
                ],
            ),
        ],
    )


def test_a_context_is_published_read_both_ways_unpublished_and_deleted(world: World):
    session = new_id()
    world.signals.publish([agentic_context()])
    asked = described("iglu:org.example/asked/jsonschema/1-0-0", {"foo": "bar"})
    world.post(page_view(HOME, sid=session), {**asked, "sid": session})
    context = world.signals.get_agentic_context(name="visit", identifier=session)
    selected = [each for event in context.events for each in event.values()]
    assert HOME in selected and "bar" in selected
    text = world.signals.get_agentic_context(name="visit", identifier=session, format="narrative")
    assert HOME in text and "bar" in text
    world.signals.unpublish([agentic_context()])
    world.signals.delete([agentic_context()])
    with pytest.raises(SignalsAPIError, match="404"):
        world.signals.get_event_log("visit")


def test_a_session_that_is_no_uuid_has_an_empty_context(world: World):
    world.signals.publish([agentic_context()])
    context = world.signals.get_agentic_context(name="visit", identifier="session-123")
    assert context.events == []

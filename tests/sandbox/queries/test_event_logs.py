"""Event logs: published with the SDK, read as an agentic context in JSON.

Source: https://docs.snowplow.io/docs/signals/applications/agentic-contexts/ (response format)
"""

import json

import pytest
from snowplow_signals import (
    EventLog,
    EventLogAtomicProperty,
    EventLogEntityProperty,
    EventLogEvent,
    EventLogEventProperty,
    EventSelection,
    SignalsAPIError,
    domain_sessionid,
)

from tests.support.samples import CONTEXTS, page_view
from tests.support.sandbox import NOW, HandClock, World, new_id, seen


def event_log(**options) -> EventLog:
    defaults = {
        "name": "activity",
        "attribute_key": domain_sessionid,
        "max_events": 3,
        "max_age_seconds": 600,
        "prompt": "Help this person.",
        "events": [
            EventSelection(
                event=EventLogEvent(vendor="org.example", name="seen", version="1-0-0"),
                properties=[
                    EventLogEventProperty(
                        vendor="org.example", name="seen", major_version=1, path="value"
                    ),
                    EventLogAtomicProperty(name="app_id", output_name="app"),
                ],
            )
        ],
    }
    return EventLog(**{**defaults, **options})


def values(world: World, session: str) -> list[object]:
    context = world.signals.get_agentic_context(name="activity", identifier=session)
    return [event["value"] for event in context.events]


def entries(world: World, session: str) -> list[dict[str, object]]:
    return world.signals.get_agentic_context(name="activity", identifier=session).events


def test_context_has_the_events_of_the_session_and_the_prompt(world, clock: HandClock):
    session = new_id()
    world.signals.publish([event_log()])
    world.post(seen(None, {"value": "home"}, sid=session, aid="web"))
    context = world.signals.get_agentic_context(name="activity", identifier=session)
    assert context.model_dump(exclude_none=True) == {
        "attribute_key": "domain_sessionid",
        "identifier": session,
        "name": "activity",
        "version": 1,
        "prompt": "Help this person.",
        "started_at_ms": NOW,
        "summary": "0 seconds on the current page. Session started 0 seconds ago."
        " Based on last 3 recorded events for the last 600 seconds.",
        "events": [{"value": "home", "app": "web"}],
    }


def test_an_entry_has_nothing_but_what_was_selected(world):
    """Of the columns, the data and an entity; what has no value is left out."""
    session = new_id()
    atomic = [EventLogAtomicProperty(name=name) for name in ("event_name", "derived_tstamp")]
    entity = {"vendor": "org.example", "name": "thing", "major_version": 1}
    properties = [
        *atomic,
        EventLogAtomicProperty(name="user_id"),
        EventLogEventProperty(
            vendor="org.example", name="seen", major_version=1, path="$.deep.list[1].leaf"
        ),
        EventLogEntityProperty(**entity, path="$.value"),
        EventLogEntityProperty(**entity, path="$.value", index=1, output_name="second"),
    ]
    event = EventLogEvent(vendor="org.example", name="seen")
    selection = EventSelection(event=event, properties=properties)
    world.signals.publish([event_log(events=[selection])])
    thing = "iglu:org.example/thing/jsonschema/1-0-0"
    things = [{"schema": thing, "data": {"value": value}} for value in "ab"]
    co = json.dumps({"schema": CONTEXTS, "data": things})
    deep = {"deep": {"list": [0, {"leaf": [1, None]}]}, "not": "selected"}
    world.post(seen(None, deep, sid=session, co=co), seen(None, {}, sid=session))
    assert entries(world, session) == [
        {
            "event_name": "seen",
            "derived_tstamp": NOW,
            "leaf": [1, None],
            "value": "a",
            "second": "b",
        },
        {"event_name": "seen", "derived_tstamp": NOW},
    ]


def test_an_event_without_a_selected_value_is_an_empty_entry(world):
    session = new_id()
    world.signals.publish([event_log()])
    world.post(seen(None, {"other": 1}, sid=session))
    assert entries(world, session) == [{}]


def test_events_are_in_the_order_in_which_they_happened(world, clock: HandClock):
    """And not in that in which they were collected."""
    session = new_id()
    world.signals.publish([event_log()])
    clock.forward(seconds=60)
    late = {"dtm": str(NOW + 10_000), "stm": str(clock.now)}
    world.post(seen(None, {"value": "second"}, sid=session))
    world.post(seen(None, {"value": "first"}, sid=session, **late))
    context = world.signals.get_agentic_context(name="activity", identifier=session)
    assert context.events == [{"value": "first"}, {"value": "second"}]
    assert context.started_at_ms == NOW + 10_000


def test_session_starts_with_its_first_event_even_if_that_is_no_longer_kept(
    world, clock: HandClock
):
    session = new_id()
    world.signals.publish([event_log(max_age_seconds=60)])
    world.post(page_view("https://shop.example.com/", sid=session))
    for value in "abcd":
        clock.forward(seconds=50)
        world.post(seen(None, {"value": value}, sid=session))
    context = world.signals.get_agentic_context(name="activity", identifier=session)
    assert context.started_at_ms == NOW
    assert context.events == [{"value": "c"}, {"value": "d"}]
    assert "Session started 200 seconds ago" in context.summary


@pytest.mark.parametrize(
    ("pages", "seconds"),
    [
        (["/a", "/b", None], 60),  # since /b, whatever happened there
        (["/a", "/b", "/b"], 60),
        (["/a", "/b", "/a"], 30),  # back again
        (["/a", "/a", "/a"], 90),
        ([None, None, None], 0),  # no page at all
    ],
)
def test_time_on_the_current_page_is_since_it_was_opened(world, clock, pages, seconds):
    session = new_id()
    world.signals.publish([event_log()])
    for page in pages:
        url = {} if page is None else {"url": f"https://shop.example.com{page}"}
        world.post(seen(None, {"value": "x"}, sid=session, **url))
        clock.forward(seconds=30)
    summary = world.signals.get_agentic_context(name="activity", identifier=session).summary
    assert summary.startswith(f"{seconds} seconds on the current page. Session started 90 ")


def test_a_session_that_nothing_is_known_of_starts_now(world):
    world.signals.publish([event_log()])
    context = world.signals.get_agentic_context(name="activity", identifier=new_id())
    assert (context.started_at_ms, context.events) == (NOW, [])
    assert context.summary.startswith("0 seconds on the current page. Session started 0 seconds")


def test_the_newest_events_are_kept_oldest_first(world, clock: HandClock):
    session = new_id()
    world.signals.publish([event_log()])
    for value in "abcd":
        clock.forward(seconds=1)
        world.post(seen(None, {"value": value}, sid=session))
    assert values(world, session) == ["b", "c", "d"]


def test_events_older_than_the_maximum_age_are_left_out(world, clock: HandClock):
    session = new_id()
    world.signals.publish([event_log()])
    world.post(seen(None, {"value": "old"}, sid=session))
    clock.forward(seconds=601)
    world.post(seen(None, {"value": "new"}, sid=session))
    assert values(world, session) == ["new"]


def test_events_of_another_session_are_left_out(world):
    world.signals.publish([event_log()])
    world.post(seen(None, {"value": "theirs"}, sid=new_id()))
    assert values(world, new_id()) == []


def test_events_that_are_not_selected_are_left_out(world):
    session = new_id()
    world.signals.publish([event_log()])
    world.post({"e": "pv", "eid": new_id(), "sid": session})
    assert values(world, session) == []


def test_events_from_before_publishing_are_left_out(world, clock: HandClock):
    session = new_id()
    world.post(seen(None, {"value": "before"}, sid=session))
    clock.forward(seconds=1)
    world.signals.publish([event_log()])
    assert values(world, session) == []


def test_publishing_again_keeps_earlier_events(world, clock: HandClock):
    session = new_id()
    world.signals.publish([event_log()])
    world.post(seen(None, {"value": "kept"}, sid=session))
    clock.forward(seconds=1)
    world.signals.publish([event_log()])
    assert values(world, session) == ["kept"]


def test_an_unpublished_log_cannot_be_read(world):
    world.signals.publish([event_log()])
    world.signals.unpublish([event_log()])
    with pytest.raises(SignalsAPIError) as error:
        values(world, new_id())
    assert (error.value.status_code, "not published" in str(error.value)) == (404, True)


def test_a_deleted_log_is_unknown(world):
    world.signals.publish([event_log()])
    world.signals.unpublish([event_log()])
    world.signals.delete([event_log()])
    with pytest.raises(SignalsAPIError) as error:
        world.signals.get_event_log("activity")
    assert error.value.status_code == 404


def test_event_log_requires_the_session_as_its_key(world):
    body = event_log().model_dump(mode="json", exclude_none=True) | {
        "attribute_key": {"name": "user_id"}
    }
    answer = world.api("POST", "registry/event_logs/", body)
    assert (answer.status_code, answer.json()["detail"][0]["msg"]) == (
        422,
        "an event log needs the key domain_sessionid",
    )


def test_publishing_an_unknown_log_is_refused(world):
    answer = world.api("POST", "engines/publish", {"event_logs": [{"name": "missing"}]})
    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": "Event log 'missing' does not exist"},
    )


def test_publishing_nothing_says_so(world):
    answer = world.api("POST", "engines/publish", {})
    assert answer.json() == {"status": "nothing to publish"}

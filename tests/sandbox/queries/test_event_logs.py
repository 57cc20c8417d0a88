"""Event logs: published with the SDK, read as an agentic context in JSON and as text."""

import pytest
from snowplow_signals import (
    EventLog,
    EventLogAtomicProperty,
    EventLogEvent,
    EventLogEventProperty,
    EventSelection,
    SignalsAPIError,
    domain_sessionid,
)

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
        "summary": "1 seen",
        "events": [{"event_name": "seen", "tstamp_ms": NOW, "value": "home", "app": "web"}],
    }


def test_the_narrative_is_plain_text(world):
    session = new_id()
    world.signals.publish([event_log()])
    world.post(seen(None, {"value": "home"}, sid=session))
    text = world.signals.get_agentic_context(
        name="activity", identifier=session, format="narrative"
    )
    assert text.splitlines() == [
        "Help this person.",
        f"Recent activity of domain_sessionid {session}:",
        "- 20:26:40 seen (value: home)",
    ]


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


def test_registry_shows_that_the_log_is_published(world):
    world.signals.publish([event_log()])
    read = world.signals.get_event_log("activity")
    assert (read.is_published, read.has_published_version, read.max_events) == (True, True, 3)


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

"""Event logs are edited as drafts: what is published stays live until the draft is published.

The SDK saves and publishes in one call, Console in two; so drafts are saved in plain HTTP here.

Sources: https://docs.snowplow.io/docs/signals/agentic-contexts/ (publishing, deleting), the SDK's
model of `has_published_version`
"""

from typing import Any

import pytest
from snowplow_signals import (
    EventLog,
    EventLogAtomicProperty,
    EventLogEvent,
    EventSelection,
    SignalsAPIError,
    domain_sessionid,
)

from tests.support.known import as_json
from tests.support.sandbox import HandClock, World, new_id, seen

LOG, LOGS = "registry/event_logs/activity", "registry/event_logs/"
PUBLISHED, PENDING, DRAFT = (True, True), (False, True), (False, False)


def event_log(*columns: Any, **options: Any) -> EventLog:
    properties = [EventLogAtomicProperty(name=name) for name in columns or ("user_id",)]
    defaults = {"max_events": 3, "max_age_seconds": 600, "prompt": "Help this person."}
    return EventLog(
        name="activity",
        attribute_key=domain_sessionid,
        events=[EventSelection(event=EventLogEvent(name="seen"), properties=properties)],
        **defaults | options,
    )


def save(world: World, log: EventLog, method: str = "PUT", **fields: Any) -> dict[str, Any]:
    body = as_json(log)
    del body["is_published"]  # as the SDK does
    answer = world.api(method, LOG if method == "PUT" else LOGS, body | fields)
    assert answer.is_success
    return dict(answer.json())


def to_engines(world: World, action: str) -> None:
    named = {"event_logs": [{"name": "activity"}]}
    assert world.api("POST", f"engines/{action}", named).is_success


def state(world: World) -> tuple[bool | None, bool | None]:
    """Whether the newest state is what is live, and whether anything is."""
    log = world.signals.get_event_log("activity")
    return log.is_published, log.has_published_version


def prompt(world: World) -> str:
    """The prompt of what is live."""
    context = world.signals.get_agentic_context(name="activity", identifier=new_id())
    return str(context.prompt)


def is_live(world: World) -> bool:
    query = {"name": "activity", "identifier": new_id()}
    return world.api("GET", "event_log", params=query).is_success


def test_a_log_is_a_draft_until_it_is_published(world: World):
    answer = save(world, event_log(), "POST", is_published=True)
    assert (answer["is_published"], answer["has_published_version"]) == DRAFT
    assert (state(world), is_live(world)) == (DRAFT, False)
    to_engines(world, "publish")
    assert (state(world), is_live(world)) == (PUBLISHED, True)


def test_a_published_log_stays_live_while_its_draft_changes(world: World):
    world.signals.publish([event_log()])
    for words in ("Be brief.", "Be kind."):
        answer = save(world, event_log(prompt=words))
        assert (answer["prompt"], "draft" in answer) == (words, False)
        assert (answer["is_published"], answer["has_published_version"]) == PENDING
        read = world.signals.get_event_log("activity")
        assert (read.prompt, state(world)) == (words, PENDING)
        assert world.api("GET", LOGS).json() == [answer]
        assert prompt(world) == "Help this person."
    to_engines(world, "publish")
    assert (prompt(world), state(world)) == ("Be kind.", PUBLISHED)


def test_selection_and_limits_of_a_draft_wait_too(world: World, clock: HandClock):
    session, user = new_id(), new_id()
    world.signals.publish([event_log("user_id")])
    for _ in range(2):
        world.post(seen(user, {"value": 1}, sid=session))
        clock.forward(seconds=10)
    save(world, event_log("event_name", max_events=1, max_age_seconds=15))
    read = {"name": "activity", "identifier": session}
    before = world.signals.get_agentic_context(**read)
    assert before.events == [{"user_id": user}] * 2
    assert "last 3 recorded events for the last 600 seconds" in before.summary
    to_engines(world, "publish")
    after = world.signals.get_agentic_context(**read)
    assert after.events == [{"event_name": "seen"}]  # of before the draft was published
    assert "last 1 recorded events for the last 15 seconds" in after.summary


def test_the_sdk_publishes_a_changed_log_at_once(world: World):
    world.signals.publish([event_log()])
    world.signals.publish([event_log(prompt="Be brief.")])
    assert (prompt(world), state(world)) == ("Be brief.", PUBLISHED)


def test_saving_what_is_live_discards_the_draft(world: World):
    world.signals.publish([event_log()])
    save(world, event_log(prompt="Be brief."))
    answer = save(world, event_log())
    assert (answer["is_published"], answer["has_published_version"]) == PUBLISHED
    to_engines(world, "publish")
    assert prompt(world) == "Help this person."


def test_unpublishing_keeps_the_draft(world: World):
    world.signals.publish([event_log()])
    save(world, event_log(prompt="Be brief."))
    to_engines(world, "unpublish")
    assert (state(world), is_live(world)) == (DRAFT, False)
    assert world.signals.get_event_log("activity").prompt == "Be brief."
    to_engines(world, "publish")
    assert (prompt(world), state(world)) == ("Be brief.", PUBLISHED)


def test_the_sdk_unpublishes_with_a_draft_of_its_own(world: World):
    world.signals.publish([event_log()])
    world.signals.unpublish([event_log(prompt="Be brief.")])
    assert (state(world), is_live(world)) == (DRAFT, False)
    assert world.signals.get_event_log("activity").prompt == "Be brief."


def test_a_log_that_is_live_cannot_be_deleted_whatever_its_draft(world: World):
    world.signals.publish([event_log()])
    save(world, event_log(prompt="Be brief."))
    with pytest.raises(SignalsAPIError, match="Unpublish it before deleting it") as error:
        world.signals.delete([event_log()])
    assert (error.value.status_code, is_live(world)) == (409, True)


def test_a_draft_that_is_wrong_is_refused_and_changes_nothing(world: World):
    world.signals.publish([event_log()])
    body = as_json(event_log(prompt="Be brief."))
    for wrong in ({"attribute_key": {"name": "user_id"}}, {"name": "other"}, {"max_events": 101}):
        assert world.api("PUT", LOG, body | wrong).status_code == 422
    assert (prompt(world), state(world)) == ("Help this person.", PUBLISHED)
    assert world.api("PUT", LOGS + "missing", body | {"name": "missing"}).status_code == 404


def test_what_a_request_says_of_its_own_state_counts_for_nothing(world: World):
    world.signals.publish([event_log()])
    fields = {"is_published": True, "has_published_version": False, "draft": as_json(event_log())}
    answer = save(world, event_log(prompt="Be brief."), **fields)
    assert (answer["is_published"], answer["has_published_version"]) == PENDING
    assert (prompt(world), "draft" in answer) == ("Help this person.", False)

"""What only the sandbox has: a clock to move, traces, statistics, a reset."""

from datetime import timedelta

import pytest
from snowplow_signals import InterventionInstance

from tests.support.sandbox import (
    HTTP,
    NOW,
    World,
    attribute,
    criterion,
    group,
    intervention,
    listening,
    new_id,
    seen,
    service,
    targets,
)
from tests.support.waiting import PATIENCE_SECONDS, eventually

WEEK = timedelta(days=7)
COUNTS = group(attribute("count", "counter", period=WEEK))
NUDGE = intervention(criterion("things:count", ">=", 1))
DAY_SECONDS = 86_400


def inside(world: World, method: str, path: str, **options):
    return HTTP.request(method, f"{world.collector}/{path}", **options)


def count(world: World, user: str):
    return world.read("user_id", user)["count"]


def stages(world: World, event: dict[str, str]) -> dict[str, dict]:
    answer = inside(world, "GET", f"trace/{event['eid']}")
    assert answer.status_code == 200, answer.text
    return {stage["stage"]: stage for stage in answer.json()["stages"]}


# The clock


def test_clock_starts_at_now(world):
    assert inside(world, "GET", "clock").json() == {"now": NOW, "ahead_seconds": 0.0}


def test_moving_the_clock_past_the_window_empties_it(world):
    user = new_id()
    world.signals.publish([COUNTS, service(COUNTS)])
    world.post(seen(user))
    assert count(world, user) == [1]
    inside(world, "POST", "clock", json={"seconds": 8 * DAY_SECONDS})
    assert count(world, user) == [None]


def test_events_after_a_move_carry_the_moved_time(world):
    user = new_id()
    last_seen = attribute("hours", "time_since_last", type="double", time_unit="h")
    since = group(last_seen)
    world.signals.publish([since, service(since)])
    inside(world, "POST", "clock", json={"seconds": DAY_SECONDS})
    world.post(seen(user))
    assert world.read("user_id", user)["hours"] == [0.0]
    inside(world, "POST", "clock", json={"seconds": 3600})
    assert world.read("user_id", user)["hours"] == [1.0]


def test_other_sandboxes_keep_their_time(world):
    inside(world, "POST", "clock", json={"seconds": DAY_SECONDS})
    other = World(world.url)
    assert inside(other, "GET", "clock").json()["now"] == NOW


def test_clock_does_not_move_back(world):
    answer = inside(world, "POST", "clock", json={"seconds": -1})
    assert answer.status_code == 422
    assert inside(world, "GET", "clock").json()["ahead_seconds"] == 0


def test_back_to_now_empties_the_values_and_keeps_the_definitions(world):
    user = new_id()
    world.signals.publish([COUNTS, service(COUNTS)])
    inside(world, "POST", "clock", json={"seconds": DAY_SECONDS})
    world.post(seen(user))
    assert inside(world, "DELETE", "clock").json() == {"now": NOW, "ahead_seconds": 0.0}
    assert count(world, user) == [None]


# Traces


def test_trace_has_what_changed_and_what_was_triggered(world):
    user = new_id()
    world.signals.publish([COUNTS, NUDGE])
    event = seen(user)
    with listening(world.signals, user_id=user) as subscription:
        world.post(event)
        subscription.get(timeout=PATIENCE_SECONDS)
    seen_stages = stages(world, event)
    assert list(seen_stages) == ["received", "validated", "attributes", "criteria", "triggered"]
    assert seen_stages["attributes"]["changes"] == [
        {
            "group": "things",
            "version": 1,
            "identifier": user,
            "attribute": "count",
            "before": None,
            "after": 1,
        }
    ]
    assert seen_stages["criteria"]["evaluations"] == [
        {
            "name": "nudge",
            "version": 1,
            "has_changed": True,
            "was_met": False,
            "is_met": True,
        }
    ]
    assert (seen_stages["triggered"]["targets"], seen_stages["triggered"]["fate"]) == (
        [f"user_id:{user}"],
        "delivered",
    )


def test_trace_says_that_an_intervention_waits_for_a_listener(world):
    user = new_id()
    world.signals.publish([COUNTS, NUDGE])
    event = seen(user)
    world.post(event)
    assert stages(world, event)["triggered"]["fate"] == "held"


def test_trace_says_that_a_user_id_is_not_a_uuid(world):
    world.signals.publish([COUNTS])
    event = seen("alice")
    world.post(event)
    assert stages(world, event)["attributes"]["ignored"] == [
        "user_id is not a UUID, and Signals ignores values that are not"
    ]


def test_trace_says_that_there_is_no_user_id(world):
    world.signals.publish([COUNTS])
    event = seen(None)
    world.post(event)
    assert stages(world, event)["attributes"]["ignored"] == ["the event has no user_id"]


def test_trace_of_a_failed_event_has_the_reasons(world):
    event = {"e": "pv", "eid": new_id(), "dtm": "yesterday"}
    world.post(event)
    assert [failure["path"] for failure in stages(world, event)["failed"]["failures"]] == ["$.dtm"]


def test_times_of_the_stages_ascend(world):
    event = seen(new_id())
    world.post(event)
    times = [stage["tstamp"] for stage in stages(world, event).values()]
    assert times == sorted(times)


def test_unknown_event_has_no_trace(world):
    answer = inside(world, "GET", f"trace/{new_id()}")
    assert answer.status_code == 404


def test_trace_is_not_seen_from_another_sandbox(world):
    event = seen(new_id())
    world.post(event)
    assert inside(World(world.url), "GET", f"trace/{event['eid']}").status_code == 404


# What fired


def fired(world: World, **of: str) -> list[dict]:
    answer = inside(world, "GET", "fired", params=of)
    assert answer.status_code == 200, answer.text
    return answer.json()["fired"]


def test_fired_interventions_are_listed_with_target_and_fate(world):
    user = new_id()
    world.signals.publish([COUNTS, NUDGE])
    with listening(world.signals, user_id=user) as subscription:
        world.post(seen(user))
        subscription.get(timeout=PATIENCE_SECONDS)
    assert fired(world) == [
        {
            "name": "nudge",
            "version": 1,
            "attribute_key": "user_id",
            "identifier": user,
            "fate": "delivered",
        }
    ]


def test_what_fired_unheard_is_held(world):
    user = new_id()
    world.signals.publish([COUNTS, NUDGE])
    world.post(seen(user))
    assert [each["fate"] for each in fired(world)] == ["held"]


def test_fired_interventions_can_be_listed_for_one_identifier(world):
    ann, bob = new_id(), new_id()
    world.signals.publish([COUNTS, NUDGE])
    world.post(seen(ann), seen(bob))
    assert [each["identifier"] for each in fired(world, identifier=ann)] == [ann]
    assert {each["identifier"] for each in fired(world)} == {ann, bob}


def test_a_push_has_not_fired(world):
    user = new_id()
    with listening(world.signals, user_id=user) as subscription:
        assert eventually(lambda: inside(world, "GET", "stats").json()["subscriptions"] == 1)
        world.signals.push_intervention(
            targets(user_id=user), InterventionInstance(name="nudge", version=1)
        )
        subscription.get(timeout=PATIENCE_SECONDS)
    assert fired(world) == []


def test_a_reset_forgets_what_fired(world):
    user = new_id()
    world.signals.publish([COUNTS, NUDGE])
    world.post(seen(user))
    inside(world, "POST", "reset", params={"user_id": user})
    assert fired(world) == []


@pytest.mark.parametrize(
    ("method", "path", "is_of_user"),
    [("POST", "reset", False), ("POST", "reset", True), ("DELETE", "clock", False)],
)
def test_what_fired_before_a_reset_is_not_delivered_after_it(world, method, path, is_of_user):
    user = new_id()
    world.signals.publish([COUNTS, NUDGE])
    world.post(seen(user))
    assert [each["fate"] for each in fired(world)] == ["held"]
    inside(world, method, path, params={"user_id": user} if is_of_user else {})
    with listening(world.signals, user_id=user) as subscription:
        assert eventually(lambda: inside(world, "GET", "stats").json()["subscriptions"] == 1)
        world.signals.push_intervention(
            targets(user_id=user), InterventionInstance(name="later", version=1)
        )
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "later"


# Statistics and reset


def test_statistics_count_events_definitions_and_subscriptions(world):
    world.signals.publish([COUNTS])
    world.post(seen(new_id()))
    stats = inside(world, "GET", "stats").json()
    assert (stats["events"], stats["subscriptions"]) == ({"total": 1, "good": 1, "bad": 0}, 0)
    assert stats["definitions"]["attribute_group"] == {"all": 1, "published": 1}


def test_reset_leaves_nothing(world):
    user = new_id()
    world.signals.publish([COUNTS, service(COUNTS), NUDGE])
    world.post(seen(user))
    inside(world, "POST", "clock", json={"seconds": 5})
    assert inside(world, "POST", "reset").json() == {"ok": True}
    stats = inside(world, "GET", "stats").json()
    assert (stats["events"]["total"], stats["clock"]["ahead_seconds"]) == (0, 0)
    assert {each["all"] for each in stats["definitions"].values()} == {0}


def test_after_a_reset_an_intervention_fires_again(world):
    user = new_id()
    for _ in range(2):
        world.signals.publish([COUNTS, NUDGE])
        with listening(world.signals, user_id=user) as subscription:
            world.post(seen(user))
            assert subscription.get(timeout=PATIENCE_SECONDS).name == "nudge"
        inside(world, "POST", "reset")


def test_reset_leaves_other_sandboxes_alone(world):
    other = World(world.url)
    other.signals.publish([COUNTS])
    inside(world, "POST", "reset")
    assert other.signals.get_attribute_group("things").is_published


def test_subscription_survives_a_reset(world):
    user = new_id()
    with listening(world.signals, user_id=user) as subscription:
        assert targets(user_id=user)
        inside(world, "POST", "reset")
        world.signals.publish([COUNTS, NUDGE])
        world.post(seen(user))
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "nudge"


def test_reset_of_one_user_leaves_the_others_and_the_definitions(world):
    user, other = new_id(), new_id()
    world.signals.publish([COUNTS, service(COUNTS), NUDGE])
    events = [seen(user), seen(other), {"e": "pv", "eid": new_id(), "uid": user, "dtm": "bad"}]
    for event in events:
        world.post(event)

    assert inside(world, "POST", "reset", params={"user_id": user}).json() == {"ok": True}

    assert (count(world, user), count(world, other)) == ([None], [1])
    assert inside(world, "GET", "stats").json()["events"] == {"total": 1, "good": 1, "bad": 0}
    known = [inside(world, "GET", f"trace/{each['eid']}").status_code for each in events]
    assert known == [404, 200, 404]
    for each, fires in ((other, False), (user, True)):
        event = seen(each)
        world.post(event)
        assert ("triggered" in stages(world, event)) is fires


def test_reset_of_an_empty_user_is_refused(world):
    world.signals.publish([COUNTS])
    assert inside(world, "POST", "reset", params={"user_id": ""}).status_code == 422
    assert world.signals.get_attribute_group("things").is_published


# The events


def listed(world: World, **parameters) -> list[dict]:
    answer = inside(world, "GET", "events", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_accepted_and_failed_events_are_in_one_list_newest_first(world):
    user = new_id()
    good, bad = seen(user), seen(user) | {"se_va": "much"}
    for event in (good, bad, later := seen(user)):
        world.post(event)
        inside(world, "POST", "clock", json={"seconds": 1})
    assert [(each["event_id"], each["status"]) for each in listed(world)] == [
        (later["eid"], "accepted"),
        (bad["eid"], "failed"),
        (good["eid"], "accepted"),
    ]


def test_failed_event_has_its_reasons_and_every_event_its_payload(world):
    world.post(seen(new_id()) | {"se_va": "much"})
    world.post(sent := seen(new_id()))
    good, bad = listed(world)
    assert bad["failures"][0]["path"] == "$.se_va"
    assert bad["raw"]["se_va"] == "much"
    assert (good["failures"], good["raw"]["eid"]) == ([], sent["eid"])


def test_events_can_be_asked_for_by_user(world):
    one, other = new_id(), new_id()
    world.post(seen(one))
    world.post(seen(other))
    world.post(seen(one) | {"se_va": "much"})
    assert {each["user_id"] for each in listed(world, user_id=one)} == {one}
    assert len(listed(world, user_id=one)) == 2


def test_events_are_limited_to_the_number_asked_for(world):
    for _ in range(5):
        world.post(seen(new_id()))
    assert len(listed(world, limit=3)) == 3
    assert inside(world, "GET", "events", params={"limit": 0}).status_code == 422

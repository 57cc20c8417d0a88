"""`testing/attribute_groups`: a preview of a group, with the SDK's `test`."""

from datetime import timedelta
from typing import Any

import pytest
from snowplow_signals import SignalsAPIError

from lib.sandbox.queries import pauses, preview, stored_events
from lib.sandbox.signals.profile import Profile
from tests.support.known import as_json
from tests.support.sandbox import HandClock, World, attribute, group, new_id, seen

HOUR = timedelta(hours=1)


def rows(world: World, *, ids: tuple[str, ...] = (), window: timedelta = HOUR, **options):
    """The rows that `signals.test` returns, as dicts."""
    tested = group(attribute("count", "counter"), attribute("value", "last"), **options)
    frame = world.signals.test(tested, attribute_key_ids=list(ids), window=window)
    return frame.to_dict("records")


def test_a_row_has_the_key_and_a_column_for_each_attribute(world):
    user = new_id()
    world.post(seen(user, {"value": "a"}), seen(user, {"value": "b"}))
    assert rows(world) == [{"user_id": user, "count": 2, "value": "b"}]


def test_nothing_is_published_by_testing(world):
    world.post(seen(new_id()))
    rows(world)
    with pytest.raises(SignalsAPIError) as error:
        world.signals.get_attribute_group("things")
    assert error.value.status_code == 404


def test_events_from_before_the_window_are_left_out(world, clock: HandClock):
    user = new_id()
    world.post(seen(user, {"value": "old"}))
    clock.forward(hours=2)
    world.post(seen(user, {"value": "new"}))
    assert rows(world) == [{"user_id": user, "count": 1, "value": "new"}]
    assert rows(world, window=timedelta(hours=3))[0]["count"] == 2


def test_rows_are_in_the_order_of_the_requested_identifiers(world):
    one, other, stranger = new_id(), new_id(), new_id()
    world.post(seen(one, {"value": "a"}), seen(other, {"value": "b"}))
    asked = rows(world, ids=(other, stranger, one))
    assert [(row["user_id"], row["value"]) for row in asked] == [
        (other, "b"),
        (stranger, None),
        (one, "a"),
    ]


def test_without_identifiers_the_ten_most_recently_active_are_answered(world):
    users = [new_id() for _ in range(12)]
    world.post(*[seen(user, {"value": "x"}) for user in users])
    assert [row["user_id"] for row in rows(world)] == users[:1:-1]


def test_only_events_of_the_requested_app_count(world):
    user = new_id()
    world.post(seen(user, aid="one"), seen(user, aid="other"), seen(user, aid="one"))
    tested = group(attribute("count", "counter"))
    frame = world.signals.test(tested, attribute_key_ids=[user], app_ids=["one"], window=HOUR)
    assert frame.to_dict("records") == [{"user_id": user, "count": 2}]


def test_invalid_group_is_refused_as_when_published(world):
    with pytest.raises(SignalsAPIError) as error:
        world.signals.test(group(attribute("value", "last", property=None)))
    assert error.value.status_code == 422
    assert "last aggregation requires a property to be set" in str(error.value)


def test_users_whose_id_is_not_a_uuid_have_no_row(world):
    world.post(seen("alice"))
    assert rows(world) == []


def test_without_a_window_the_last_hour_counts(world, clock: HandClock):
    world.post(seen(new_id()))
    clock.forward(hours=1.1)
    user = new_id()
    world.post(seen(user))
    answer = world.api("POST", "testing/attribute_groups/", {"attribute_group": as_json(group())})
    assert (answer.status_code, answer.json()) == (200, [{"user_id": user, "count": 1}])


def test_preview_reads_a_few_events_at_a_time(world, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stored_events, "EVENTS_AT_ONCE", 3)
    user = new_id()
    world.post(*(seen(user) for _ in range(10)))
    assert [row["count"] for row in rows(world)] == [10]


def test_preview_that_takes_too_long_says_what_to_narrow(world, monkeypatch: pytest.MonkeyPatch):
    world.post(*(seen(new_id()) for _ in range(10)))
    monkeypatch.setattr(pauses, "COMPUTING_SECONDS", 0)
    monkeypatch.setattr(pauses, "TURN_SECONDS", 0)
    answer = world.api("POST", "testing/attribute_groups/", {"attribute_group": as_json(group())})
    assert answer.status_code == 422
    assert "a shorter window" in answer.json()["detail"][0]["msg"]


def test_preview_keeps_the_profiles_that_it_answers_only(world, monkeypatch: pytest.MonkeyPatch):
    changed: list[Profile] = []
    change = Profile.change

    def counted(self: Profile, *values: Any) -> None:
        changed.append(self)
        change(self, *values)

    monkeypatch.setattr(Profile, "change", counted)
    world.post(*(seen(new_id()) for _ in range(50)))
    assert len(rows(world)) == len(changed) == 10


def test_preview_of_very_large_values_is_refused(world, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(preview, "MAX_BYTES", 20_000)
    user = new_id()
    world.post(*(seen(user, {"value": "x" * 9_000}) for _ in range(3)))
    body = {"attribute_group": as_json(group(attribute("text"))), "attribute_key_ids": [user]}
    answer = world.api("POST", "testing/attribute_groups/", body)
    assert answer.status_code == 422 and "narrow it" in answer.json()["detail"][0]["msg"]

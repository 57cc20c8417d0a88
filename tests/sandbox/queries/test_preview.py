"""`testing/attribute_groups`: a preview of a group, with the SDK's `test`."""

from datetime import timedelta

import pytest
from snowplow_signals import SignalsAPIError

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

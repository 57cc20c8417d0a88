"""What belongs to another sandbox, used in one's own, changes nothing there and tells nothing."""

from queue import Empty

import pytest

from lib.sandbox.server.serving import EmbeddedServer
from tests.support.isolation import API, Answer, Other, ask, definitions, listening_raw, push
from tests.support.sandbox import (
    HTTP,
    World,
    criterion,
    group,
    intervention,
    listening,
    new_id,
    seen,
    service,
)

THINGS = group()
DEFINITIONS = [THINGS, service(THINGS)]


def test_values_of_another_sandboxs_user_are_null(other: Other, intruder: World) -> None:
    nothing = {"user_id": [other.user], "count": [None], "value": [None]}
    assert intruder.read("user_id", other.user) == nothing


def test_trace_of_another_sandboxs_event_is_404(other: Other, intruder: World) -> None:
    answer = ask(intruder.url, "GET", f"/sandbox/{intruder.token}/trace/{other.event_id}")
    detail = f"No trace of the event {other.event_id}. It never arrived, or is too old."
    assert answer == Answer(404, f'{{"detail":"{detail}"}}')


def test_events_of_another_sandboxs_user_are_not_listed(other: Other, intruder: World) -> None:
    path = f"/sandbox/{intruder.token}/events?user_id={other.user}"
    assert ask(intruder.url, "GET", path) == Answer(200, "[]")


def test_event_with_the_same_ids_counts_only_where_it_was_sent(
    other: Other, intruder: World
) -> None:
    before = other.state
    intruder.post(seen(other.user, {"value": "mine"}, eid=other.event_id))

    assert intruder.read("user_id", other.user)["value"] == ["mine"]
    assert other.state == before


def test_intervention_is_delivered_only_in_the_sandbox_where_it_fired(
    other: Other, intruder: World
) -> None:
    user = new_id()
    path = f"{API}/interventions?user_id={user}"
    with (
        listening_raw(intruder, path, intruder.token) as here,
        listening_raw(other.world, path, other.world.token) as there,
    ):
        intruder.post(seen(user))
        here.names_until("nudge")
        push(other.world, user, "own", other.world.token)
        assert there.names_until("own") == ["own"]


def test_intervention_that_fired_here_still_fires_there(other: Other, intruder: World) -> None:
    user = new_id()
    intruder.post(seen(user))
    path = f"{API}/interventions?user_id={user}"
    with listening_raw(other.world, path, other.world.token) as there:
        other.world.post(seen(user))
        assert there.next()["name"] == "nudge"


def test_push_with_another_sandboxs_intervention_id_changes_nothing_there(
    other: Other, intruder: World
) -> None:
    before = other.state
    body = {"name": "forged", "version": 1, "intervention_id": other.intervention_id}
    path = f"{API}/interventions?user_id={other.user}"
    answer = ask(intruder.url, "POST", path, body, intruder.token)

    assert answer == Answer(200, '{"status":"undelivered"}')
    assert other.state == before


def test_reset_of_another_sandboxs_user_changes_nothing_there(
    other: Other, intruder: World
) -> None:
    before = other.state
    ask(intruder.url, "POST", f"/sandbox/{intruder.token}/reset?user_id={other.user}")
    assert other.state == before


def test_publishing_the_same_names_here_changes_nothing_there(
    other: Other, intruder: World
) -> None:
    before = other.state
    intruder.signals.publish([*definitions("changed"), group(name="more")])
    assert other.state == before


def test_deleting_the_same_names_here_changes_nothing_there(other: Other, intruder: World) -> None:
    before = other.state
    for each in reversed(definitions("mine")):
        intruder.signals.unpublish([each])
        intruder.signals.delete([each])
    assert other.state == before


def test_tokens_do_not_see_each_others_definitions(shared_server: EmbeddedServer) -> None:
    mine, theirs = World(shared_server.url), World(shared_server.url)
    mine.signals.publish(DEFINITIONS)
    assert theirs.api("GET", "registry/attribute_groups/").json() == []


def test_tokens_do_not_see_each_others_values(shared_server: EmbeddedServer) -> None:
    mine, theirs = World(shared_server.url), World(shared_server.url)
    user = new_id()
    for world in (mine, theirs):
        world.signals.publish(DEFINITIONS)
    mine.post(seen(user))
    assert [world.read("user_id", user)["count"] for world in (mine, theirs)] == [[1], [None]]


def test_tokens_do_not_get_each_others_interventions(shared_server: EmbeddedServer) -> None:
    mine, theirs = World(shared_server.url), World(shared_server.url)
    user = new_id()
    mine.signals.publish([THINGS, intervention(criterion("things:count", ">=", 1))])
    with listening(theirs.signals, user_id=user) as subscription:
        mine.post(seen(user))
        with pytest.raises(Empty):
            subscription.get(timeout=0.2)


def test_event_id_of_another_token_is_new_here(shared_server: EmbeddedServer) -> None:
    event = seen(new_id())
    worlds = World(shared_server.url), World(shared_server.url)
    for world in worlds:
        world.post(event)
    counted = [HTTP.get(f"{world.collector}/micro/all").json() for world in worlds]
    assert counted == [{"total": 1, "good": 1, "bad": 0}] * 2

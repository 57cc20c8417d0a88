"""What only the sandbox tells of itself, asked over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from lib.connection.backend import sandbox_collector
from lib.connection.sandbox_inspector import ClockLimit, SandboxInspector, SchemaRefused
from lib.diagnosis.schema_draft import composed
from lib.sandbox.server.serving import EmbeddedServer
from tests.support.sandbox import World, attribute, group, new_id, seen

TASK_COMPLETED = "iglu:com.example/task_completed/jsonschema/1-0-0"
ROW = {"field": "amount", "type": "integer", "required": True}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("sandbox") / "sandbox.db")
    yield server
    server.stop()


@pytest.fixture
def sandbox(server: EmbeddedServer) -> World:
    return World(server.url)


@pytest.fixture
def inspector(sandbox: World) -> Iterator[SandboxInspector]:
    inspector = SandboxInspector(sandbox_collector(sandbox.url, sandbox.token))
    yield inspector
    inspector.close()


def count(sandbox: World, user: str) -> object:
    return sandbox.read("user_id", user)["count"][0]


def test_the_trace_of_an_event_has_its_stages_in_order(sandbox, inspector):
    event = seen(new_id())
    sandbox.post(event)
    stages = inspector.stages(event["eid"])
    assert stages is not None
    assert [each["stage"] for each in stages][:2] == ["received", "validated"]


def test_an_event_that_the_sandbox_does_not_know_has_no_trace(inspector):
    assert inspector.stages(new_id()) is None


def test_a_schema_is_known_with_or_without_its_scheme(inspector):
    assert inspector.has_schema(TASK_COMPLETED)
    assert inspector.has_schema(TASK_COMPLETED.removeprefix("iglu:"))
    assert not inspector.has_schema(TASK_COMPLETED.replace("1-0-0", "9-9-9"))


def test_events_are_newest_first_and_of_one_user_if_one_is_named(sandbox, inspector):
    ann, bob = new_id(), new_id()
    events = [seen(ann), seen(bob), seen(ann)]
    for each in events:
        sandbox.post(each)
    ids = [each["eid"] for each in events]
    assert [each["event_id"] for each in inspector.events()] == ids[::-1]
    assert [each["event_id"] for each in inspector.events(ann)] == [ids[2], ids[0]]
    assert [each["event_id"] for each in inspector.events(limit=1)] == [ids[2]]


def test_forgetting_the_events_leaves_what_was_computed_from_them(sandbox, inspector):
    user = new_id()
    sandbox.publish(group(attribute("count", "counter")))
    sandbox.post(seen(user))
    inspector.forget_events()
    assert inspector.events() == []
    assert count(sandbox, user) == 1


def test_resetting_a_user_forgets_their_events_and_values_and_nobody_else_s(sandbox, inspector):
    ann, bob = new_id(), new_id()
    sandbox.publish(group(attribute("count", "counter")))
    sandbox.post(seen(ann), seen(bob))
    inspector.reset_user(ann)
    assert (inspector.events(ann), count(sandbox, ann)) == ([], None)
    assert (len(inspector.events(bob)), count(sandbox, bob)) == (1, 1)


def test_the_stats_count_definitions_and_subscriptions(sandbox, inspector):
    before = inspector.stats()
    sandbox.publish(group(attribute("count", "counter")))
    after = inspector.stats()
    assert after["subscriptions"] == before["subscriptions"] == 0
    assert after != before


def test_the_clock_is_real_time_until_it_is_moved_and_after_it_is_set_back(inspector):
    clock = inspector.clock()
    assert clock.ahead == timedelta(0)
    assert abs(clock.now - datetime.now(UTC)) < timedelta(minutes=5)
    assert inspector.forward(timedelta(hours=1)).ahead == timedelta(hours=1)
    assert inspector.forward(timedelta(days=1)).ahead == timedelta(days=1, hours=1)
    assert inspector.clock().ahead == timedelta(days=1, hours=1)
    assert inspector.back_to_now().ahead == timedelta(0)


def test_the_clock_goes_ten_years_ahead_at_most(inspector):
    with pytest.raises(ClockLimit, match="at most ten years ahead"):
        inspector.forward(timedelta(days=4000))
    assert inspector.clock().ahead == timedelta(0)


def test_an_answer_that_is_no_success_is_an_error_without_the_token(inspector, sandbox):
    with pytest.raises(httpx.HTTPError, match=r"^The sandbox answered 422\.$") as caught:
        inspector.reset_user("")
    assert sandbox.token not in repr(caught.value)


def test_a_sandbox_that_cannot_read_its_file_is_an_error_and_not_empty(inspector, server):
    server.app.state.sandboxes.store.file.trouble = "the file is gone"
    try:
        for ask in (inspector.events, inspector.fired, inspector.stats):
            with pytest.raises(httpx.HTTPError, match=r"^The sandbox answered 503\.$"):
                ask()
    finally:
        server.app.state.sandboxes.store.file.trouble = ""


def test_a_closed_inspector_asks_no_more(inspector):
    inspector.clock()
    inspector.close()
    with pytest.raises(httpx.ConnectError, match="closed"):
        inspector.clock()


def test_a_sandbox_that_is_not_there_is_an_error(tmp_path):
    gone = EmbeddedServer(tmp_path / "sandbox.db")
    gone.stop()
    inspector = SandboxInspector(sandbox_collector(gone.url, "token"))
    for ask in (inspector.events, inspector.stats, inspector.clock, inspector.forget_events):
        with pytest.raises(httpx.ConnectError):
            ask()
    inspector.close()


def test_a_schema_is_added_listed_checked_and_deleted(inspector):
    uri = inspector.add_schema(composed("com.acme", "order", "1-0-0", "", [ROW]))
    assert [each["uri"] for each in inspector.schemas() if each["is_own"]] == [uri]
    assert inspector.wrong_in(uri, {"amount": 1}) == []
    assert inspector.wrong_in(uri, {"amount": "a"}) == ['amount: "a" is not of type "integer"']
    assert inspector.wrong_in(uri, {}) == ['"amount" is a required property']
    inspector.delete_schema(uri)
    assert not inspector.has_schema(uri)


def test_a_schema_that_is_refused_says_where(inspector):
    words = r"^self\.version: the first version is 1-0-0, not 2-0-0$"
    with pytest.raises(SchemaRefused, match=words):
        inspector.add_schema(composed("com.acme", "order", "2-0-0", "", [ROW]))
    with pytest.raises(SchemaRefused, match="is not one of this sandbox's own schemas$"):
        inspector.delete_schema("iglu:com.acme/order/jsonschema/1-0-0")

"""Tracking: the events of the tracking plan, as the sandbox's own enrichment reads them."""

import uuid
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from snowplow_signals import InterventionInstance
from snowplow_tracker import Emitter

from lib.project import Project
from lib.sandbox.pipeline.enrich import Collected, enrich
from lib.sandbox.pipeline.events import Event
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.pipeline.payload import payload_events
from lib.sandbox.server.serving import SCHEMAS
from lib.snowplow.tracking import SIGNALS_VENDOR, EventName, ProjectTracking
from tests.support.servers import Collector, collector

USER = str(uuid.uuid4())
SESSION = str(uuid.uuid4())


@pytest.fixture
def server() -> Iterator[Collector]:
    with collector() as server:
        yield server


@pytest.fixture
def tracking(server: Collector) -> ProjectTracking:
    return ProjectTracking(Emitter(server.url, batch_size=1), USER, "com.example", lambda: SESSION)


def received(server: Collector) -> list[Event]:
    """The events that arrived, every one of them valid."""
    fields = [each for body in server.bodies for each in payload_events(body, {})[0]]
    events = [enrich(each, Collected(1_700_000_000_000), Iglu(SCHEMAS)) for each in fields]
    assert all(isinstance(event, Event) for event in events), events
    return events  # type: ignore[return-value]


def test_a_completed_task_carries_its_project(tracking, server):
    project = Project.fresh()
    task = project.complete("task-1")
    tracking.task_completed(task, project)
    (event,) = received(server)
    assert (event.vendor, event.name, event.version, event.data) == (
        "com.example",
        "task_completed",
        "1-0-0",
        {"task_id": "task-1", "priority": "high"},
    )
    assert [(entity.name, entity.data) for entity in event.entities] == [
        ("project", {"project_id": "website-relaunch", "plan": "growth"})
    ]


def test_a_demo_s_event_has_its_own_name_and_the_app_s_project(server):
    tracking = ProjectTracking(
        Emitter(server.url, batch_size=1),
        USER,
        "com.example",
        lambda: SESSION,
        lambda: EventName("com.fjordandfell", "product_added"),
    )
    project = Project.fresh()
    tracking.task_completed(project.tasks[0], project)
    tracking.task_added(project.tasks[0], project)
    completed, added = received(server)
    assert (completed.vendor, completed.name) == ("com.fjordandfell", "product_added")
    assert completed.data == {"task_id": "task-1", "priority": "high"}
    assert [(each.vendor, each.name) for each in completed.entities] == [("com.example", "project")]
    assert (added.vendor, added.name) == ("com.example", "task_added")


@pytest.mark.parametrize("gesture", ["added", "started", "reopened"])
def test_what_is_done_with_a_task_is_valid_against_its_schema(tracking, server, gesture):
    project = Project.fresh()
    getattr(tracking, f"task_{gesture}")(project.tasks[0], project)
    (event,) = received(server)
    assert (event.name, event.data) == (
        f"task_{gesture}",
        {"task_id": "task-1", "priority": "high"},
    )
    assert [entity.name for entity in event.entities] == ["project"]
    assert event.unvalidated == []


def test_logged_time_is_a_number_of_minutes(tracking, server):
    project = Project.fresh()
    tracking.time_logged(project.tasks[0], project, 12.5)
    (event,) = received(server)
    assert (event.name, event.data) == ("time_logged", {"task_id": "task-1", "minutes": 12.5})
    assert event.unvalidated == []


def test_a_comment_says_how_long_it_is_and_whom_it_mentions(tracking, server):
    project = Project.fresh()
    tracking.comment_added(project.tasks[0], project, 33, ["ana", "ben"])
    (event,) = received(server)
    assert (event.name, event.data) == (
        "comment_added",
        {"task_id": "task-1", "length": 33, "mentions": ["ana", "ben"]},
    )
    assert event.unvalidated == []


def test_every_event_says_whose_it_is(tracking, server):
    tracking.board_opened("https://example.com/")
    tracking.tasks_filtered("done")
    tracking.nudge_answered("i", "nudge", 1, "accepted")
    events = received(server)
    assert {event.atomic["user_id"] for event in events} == {USER}
    assert {event.atomic["domain_sessionid"] for event in events} == {SESSION}
    assert {(event.atomic["name_tracker"], event.atomic["app_id"]) for event in events} == {
        ("project-app", "project-app-backend")
    }


def test_opening_the_board_is_a_page_view_and_a_screen_view(tracking, server):
    tracking.board_opened("https://example.com/")
    events = received(server)
    assert [event.name for event in events] == ["page_view", "screen_view"]
    assert events[0].atomic["page_url"] == "https://example.com/"


def test_a_filter_is_a_structured_event(tracking, server):
    tracking.tasks_filtered("in_progress")
    (event,) = received(server)
    fields: dict[str, Any] = {
        name: event.atomic[name] for name in ("se_category", "se_action", "se_property")
    }
    assert fields == {"se_category": "board", "se_action": "filter", "se_property": "in_progress"}


def test_an_answered_nudge_is_valid_against_its_schema(tracking, server):
    tracking.nudge_answered("abc", "power_user_nudge", 1, "dismissed")
    (event,) = received(server)
    assert orjson.loads(orjson.dumps(event.data)) == {
        "intervention_id": "abc",
        "name": "power_user_nudge",
        "version": 1,
        "action": "dismissed",
    }
    assert event.unvalidated == []


def test_two_trackers_of_one_process_do_not_interfere(server):
    one, other = [
        ProjectTracking(Emitter(server.url, batch_size=1), user, "com.example", lambda: SESSION)
        for user in (USER, str(uuid.uuid4()))
    ]
    one.tasks_filtered("done")
    other.tasks_filtered("done")
    users = {each["uid"] for body in server.bodies for each in orjson.loads(body)["data"]}
    assert len(users) == 2


def test_the_trackers_subject_has_the_fields_that_it_sends(tracking):
    assert tracking.subject_user_id == USER, (
        "snowplow_tracker's Subject no longer has its fields in standard_nv_pairs, where"
        " ProjectTracking.subject_user_id looks for the user id."
    )


INTERVENTION = InterventionInstance(
    intervention_id=str(uuid.uuid4()),
    name="power_user_nudge",
    version=2,
    target_attribute_key={"name": "user_id", "id": USER},
    attributes={"tasks_completed_count": "5"},
)


def test_what_became_of_an_intervention_is_valid_against_signals_schemas(tracking, server):
    tracking.intervention_received(INTERVENTION)
    tracking.intervention_handled(INTERVENTION)
    tracking.intervention_failed(INTERVENTION, "why")
    events = received(server)
    assert [(event.vendor, event.name, event.data) for event in events] == [
        (SIGNALS_VENDOR, "intervention_receive", {"handlers": ["nudge"]}),
        (SIGNALS_VENDOR, "intervention_handle", {"handler": "nudge"}),
        (SIGNALS_VENDOR, "intervention_handle_error", {"handler": "nudge", "error": "why"}),
    ]
    assert [event.unvalidated for event in events] == [[], [], []]


def test_signals_events_carry_the_intervention(tracking, server):
    tracking.intervention_received(INTERVENTION)
    (event,) = received(server)
    assert [(entity.vendor, entity.name, entity.data) for entity in event.entities] == [
        (
            SIGNALS_VENDOR,
            "intervention_instance",
            {
                "intervention_id": INTERVENTION.intervention_id,
                "name": "power_user_nudge",
                "version": 2,
                "attributeKey": {"name": "user_id", "id": USER},
                "attributes": [{"attribute": "tasks_completed_count", "value": "5"}],
            },
        )
    ]


@pytest.mark.parametrize(
    "attributes",
    [None, {}, {"a": "1"}, {"a" * 300: "1"}, {"long": "1" * 2_000_000}],
    ids=["none", "empty", "short name", "long name", "long value"],
)
def test_signals_events_are_valid_whatever_an_intervention_brings(tracking, server, attributes):
    tracking.intervention_received(
        INTERVENTION.model_copy(
            update={"attributes": attributes, "target_attribute_key": None, "version": 0}
        )
    )
    (event,) = received(server)
    assert event.entities[0].data["attributes"] == []


def test_an_error_of_any_length_is_tracked(tracking, server):
    tracking.intervention_failed(INTERVENTION, "x" * 5_000)
    (event,) = received(server)
    assert event.data["error"] == "x" * 1_024

"""A user's events: the list, the search, the way each went, and broken ones."""

import shlex
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import orjson
import pytest

from lib.charts.journey_chart import journey_chart, journey_summary, minutes_chart, minutes_summary
from lib.charts.style import DARK, LIGHT
from lib.connection.backend import Backend, new_token
from lib.connection.settings import load_settings
from lib.diagnosis.broken_events import MISTAKES, Fate, send_broken
from lib.diagnosis.journey import JourneyStep, Stop, journey, milliseconds, stops
from lib.diagnosis.pipeline import Station, stations
from lib.people.participants import Participants
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.definitions import Plan
from lib.world import event_feed, settling
from lib.world.app_state import AppState
from lib.world.emitter import Delivery
from lib.world.event_feed import EventFeed
from lib.world.events import (
    UserEvent,
    curl_command,
    failure_in_words,
    matching,
    newest_task,
    per_minute,
)
from lib.world.participant import Participant
from tests.support.waiting import eventually

PLAN = Plan(owner="you@example.com", vendor="com.example")
TASK_SCHEMA = "iglu:com.example/task_completed/jsonschema/1-0-0"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class World:
    backend: Backend
    participants: Participants
    database: Path

    def join(self) -> Participant:
        return self.participants.join(str(uuid.uuid4()), new_token())

    def stop_sandbox(self) -> None:
        assert self.backend.sandbox is not None
        self.backend.sandbox.stop()

    def start_sandbox(self) -> None:
        assert self.backend.sandbox is not None
        port = int(self.backend.sandbox.url.rsplit(":", 1)[1])
        self.backend.sandbox = EmbeddedServer(self.database, port=port)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "SETTLE_SECONDS", 5.0)  # however busy the machine is
    monkeypatch.setattr("lib.world.event_feed.PAGE_WAITS_SECONDS", 5.0)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for all tests; each participant has a sandbox of their own."""
    with running_world(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest.fixture
def own_world(tmp_path: Path) -> Iterator[World]:
    """A world whose sandbox the test may stop."""
    with running_world(tmp_path) as running:
        yield running


@contextmanager
def running_world(folder: Path) -> Iterator[World]:
    database = folder / "sandbox.db"
    backend = Backend(load_settings({"SANDBOX_DB": str(database)}, {}, None))
    state = AppState(backend.settings.app_db)
    participants = Participants(backend, state, PLAN)
    yield World(backend, participants, database)
    participants.close()
    backend.close()
    state.close()


def complete(participant: Participant, tasks: int) -> None:
    for _ in range(tasks):
        task = participant.project.next_open
        assert task is not None
        participant.complete_task(task.id)


def broken(participant: Participant, kind: str) -> Fate:
    return send_broken(
        kind, participant.tracking, participant.emitter, participant.connection.inspector
    )


def read(participant: Participant) -> list[UserEvent]:
    participant.events.refresh()
    return participant.events.events


def an_event(number: int = 0, **fields: Any) -> UserEvent:
    known = {
        "event_id": f"event-{number}",
        "tstamp": NOON + timedelta(minutes=number),
        "name": "task_completed",
        "status": "accepted",
        "schema": TASK_SCHEMA,
        "user_id": "u",
        "raw": {"e": "ue"},
    }
    return UserEvent(**(known | fields))


# The list


def test_an_accepted_event_is_listed_with_all_that_is_in_it(world):
    participant = world.join()
    complete(participant, 1)
    (event,) = read(participant)
    assert (event.name, event.status, event.schema, event.user_id) == (
        "task_completed",
        "accepted",
        TASK_SCHEMA,
        participant.user_id,
    )
    assert event.data == {"task_id": "task-1", "priority": "high"}
    assert event.entities == [
        {
            "schema": "iglu:com.example/project/jsonschema/1-0-0",
            "data": {"project_id": "website-relaunch", "plan": "growth"},
        }
    ]
    assert event.atomic["app_id"] == "project-app-backend"
    assert event.raw["eid"] == event.event_id


def test_a_failed_event_is_listed_with_the_schema_the_field_and_the_reason(world):
    participant = world.join()
    fate = broken(participant, "wrong_enum")
    (event,) = read(participant)
    assert (event.event_id, event.status, event.data) == (
        fate.event_id,
        "failed",
        {"task_id": "broken-1", "priority": "urgent"},
    )
    assert [failure_in_words(each) for each in event.failures] == [
        f'{TASK_SCHEMA} $.priority: "urgent" is not one of "low", "medium" or "high"'
    ]


def test_events_of_others_are_not_listed(world):
    token = new_token()
    one, other = (world.participants.join(str(uuid.uuid4()), token) for _ in range(2))
    complete(one, 1)
    broken(one, "no_user_id")
    assert (len(read(one)), read(other)) == (2, [])


def test_events_are_listed_newest_first(world):
    participant = world.join()
    complete(participant, 3)
    times = [each.tstamp for each in read(participant)]
    assert times == sorted(times, reverse=True)
    assert read(participant)[-1].data["task_id"] == "task-1"


def test_with_the_sandbox_stopped_the_last_list_stays_and_what_waits_comes_first(own_world):
    participant = own_world.join()
    complete(participant, 1)
    before = read(participant)
    own_world.stop_sandbox()
    complete(participant, 1)
    waiting, *rest = read(participant)
    assert participant.events.problem is not None
    assert participant.events.problem.message == "The sandbox does not answer."
    assert (waiting.status, waiting.outcome, rest) == ("waiting", "on its way", before)
    assert waiting.data["priority"] in ("low", "medium", "high")

    own_world.start_sandbox()
    assert eventually(lambda: [each.status for each in read(participant)] == ["accepted"] * 2)
    assert participant.events.problem is None


def test_forgotten_events_are_gone_and_values_stay(world):
    participant = world.join()
    participant.publish(PLAN)
    complete(participant, 2)
    assert len(read(participant)) == 2
    participant.events.forget()
    assert participant.events.events == []
    participant.refresh()
    assert participant.seen.current["tasks_completed_count"] == 2


def test_reading_the_same_again_is_no_news(world):
    participant = world.join()
    complete(participant, 1)
    read(participant)
    before = participant.revision
    read(participant)
    assert participant.revision == before


def test_events_that_no_page_shows_any_more_leave_the_memory_and_come_back(world, monkeypatch):
    participant = world.join()
    complete(participant, 1)
    listed = read(participant)
    now = monotonic()
    monkeypatch.setattr(event_feed, "monotonic", lambda: now + event_feed.UNSEEN_SECONDS - 1)
    participant.events.let_go()
    assert participant.events.events == listed

    monkeypatch.setattr(event_feed, "monotonic", lambda: now + event_feed.UNSEEN_SECONDS + 1)
    participant.events.let_go()
    assert participant.events.events == []
    assert read(participant) == listed


def test_on_snowplow_the_list_has_what_the_app_tracked(world):
    participant = world.join()
    complete(participant, 1)
    delivery = participant.emitter.delivery
    feed = EventFeed(None, participant.user_id, lambda: delivery, lambda: None)
    feed.look()
    (event,) = feed.events
    assert (event.status, event.data, event.failures) == (
        "sent",
        {"task_id": "task-1", "priority": "high"},
        [],
    )
    assert (feed.trace(event.event_id), feed.problem) == ([], None)
    steps = journey(event, [], participant.inbox, None, delivery.events[0].sent_at)
    assert [each.name for each in steps] == ["tracked", "taken"]


# Filter, search, counts


@pytest.mark.parametrize(
    ("outcomes", "names", "words", "found"),
    [
        ([], [], "", [0, 1, 2, 3]),
        (["accepted"], [], "", [0]),
        (["failed"], [], "", [1, 3]),
        (["on its way", "accepted"], [], "", [0, 2]),
        ([], ["page_view"], "", [2]),
        (["accepted"], ["page_view"], "", []),
        ([], [], "WEBSITE", [0]),
        ([], [], "website growth", [0]),
        ([], [], "website nonsense", []),
        ([], [], "not one of", [1]),
        ([], [], "https://a.example", [2]),
        ([], [], "event-3", [3]),
        ([], [], 'say "hi"', [3]),
        ([], [], "c:\\temp", [3]),
    ],
)
def test_events_are_found_by_outcome_name_and_anything_in_them(outcomes, names, words, found):
    events = [
        an_event(0, entities=[{"data": {"project_id": "website", "plan": "growth"}}]),
        an_event(
            1,
            status="failed",
            failures=[{"schema": TASK_SCHEMA, "path": "$.p", "message": "not one of them"}],
        ),
        an_event(2, status="waiting", name="page_view", raw={"url": "https://a.example/"}),
        an_event(3, status="refused", reason='too many say "Hi" in C:\\temp'),
    ]
    assert matching(events, outcomes, names, words) == [events[each] for each in found]


def test_events_are_counted_in_the_half_hour_before_the_newest():
    events = [an_event(0), an_event(1), an_event(30), an_event(30, status="failed"), an_event(30)]
    assert per_minute(events) == {
        (NOON + timedelta(minutes=1), "accepted"): 1,
        (NOON + timedelta(minutes=30), "accepted"): 2,
        (NOON + timedelta(minutes=30), "failed"): 1,
    }
    assert per_minute([]) == {}


def test_the_event_to_follow_is_the_users_newest_completed_task():
    failed = an_event(3, status="failed")
    stranger, task, page_view = (
        an_event(2, user_id=None),
        an_event(1),
        an_event(4, name="page_view"),
    )
    assert newest_task([page_view, failed, stranger, task], "u") is task
    assert newest_task([page_view, failed], "u") is page_view
    assert newest_task([], "u") is None


# Posting it again


def test_the_curl_command_posts_the_very_event_with_a_new_id(world):
    participant = world.join()
    complete(participant, 1)
    (event,) = read(participant)
    new_id = str(uuid.uuid4())
    command = curl_command(event, participant.connection.collector_url, new_id)
    curl, url, _, header, _, body = shlex.split(command.replace("\\\n", ""))
    name, _, value = header.partition(": ")
    answer = httpx.post(url, content=body, headers={name: value}, trust_env=False)
    assert (curl, answer.status_code) == ("curl", 200)
    again = next(each for each in read(participant) if each.event_id == new_id)
    assert (again.status, again.data, again.entities, again.user_id) == (
        "accepted",
        event.data,
        event.entities,
        event.user_id,
    )


def test_quotes_in_an_event_cannot_end_the_curl_command():
    event = an_event(raw={"e": "pv", "url": "https://a.example/'; rm -rf ~; '$(date)`id`"})
    *_, body = shlex.split(curl_command(event, "https://c.example", "new").replace("\\\n", ""))
    assert orjson.loads(body)["data"] == [event.raw | {"eid": "new"}]


def test_what_could_not_be_read_has_no_curl_command():
    assert curl_command(an_event(raw="no json"), "https://c.example", "new") == ""


# Broken events

STOPS = {
    "wrong_enum": (
        "validation",
        "priority",
        f'"urgent" is not one of "low", "medium" or "high" ({TASK_SCHEMA})',
    ),
    "missing_field": (
        "validation",
        "priority",
        f'"priority" is a required property ({TASK_SCHEMA})',
    ),
    "unknown_schema": (
        "validation",
        "schema",
        "task_finished is not in this Iglu, which holds of com.example: nudge_interaction, project,"
        " task_completed (iglu:com.example/task_finished/jsonschema/1-0-0)",
    ),
    "no_user_id": ("attributes", "user_id", "the event has no user_id"),
    "user_id_no_uuid": (
        "attributes",
        "user_id",
        "user_id is not a UUID, and Signals ignores values that are not",
    ),
}


def test_every_mistake_is_tested():
    assert list(STOPS) == list(MISTAKES)


@pytest.mark.parametrize("kind", STOPS)
def test_a_broken_event_stops_at_its_stage_for_its_field_and_reason(world, kind):
    participant = world.join()
    participant.publish(PLAN)
    fate = broken(participant, kind)
    assert (fate.state, fate.stops) == ("stopped", (Stop(*STOPS[kind]),))
    (event,) = read(participant)
    assert (event.event_id, event.outcome) == (
        fate.event_id,
        "failed" if STOPS[kind][0] == "validation" else "accepted",
    )
    participant.refresh()
    assert participant.seen.current["tasks_completed_count"] is None


def test_before_anything_is_published_a_wrong_user_is_not_what_stops_an_event(world):
    reason = "no published attribute is computed from it: publish the definitions first"
    assert broken(world.join(), "no_user_id").stops == (Stop("attributes", "", reason),)


def test_a_broken_event_waits_while_the_sandbox_is_stopped(own_world):
    participant = own_world.join()
    own_world.stop_sandbox()
    fate = broken(participant, "wrong_enum")
    assert (fate.state, fate.stops) == ("waits", ())


def test_on_snowplow_nobody_knows_where_a_broken_event_stopped(world):
    participant = world.join()
    assert (
        send_broken("wrong_enum", participant.tracking, participant.emitter, None).state
        == "unknown"
    )


# The journey


def test_the_journey_of_the_fifth_task_goes_from_the_tracker_to_the_page(world):
    participant = world.join()
    participant.publish(PLAN)
    assert eventually(lambda: participant.is_live)
    complete(participant, 5)
    event = newest_task(read(participant), participant.user_id)
    assert event is not None
    nudge = participant.seen.published.intervention
    assert participant.inbox[0].shown is None
    participant.note_shown(participant.inbox[0])
    steps = journey(event, participant.events.trace(event.event_id), participant.inbox, nudge)
    criteria = "power_user_nudge v1: false → true, by tasks_completed_count >= 5"
    assert [(each.name, each.detail) for each in steps] == [
        ("tracked", "on the device, by the tracker's clock"),
        ("received", "by the collector"),
        ("validated", "against its schemas"),
        ("attributes", "tasks_completed_count: 4 → 5"),
        ("criteria", criteria),
        ("delivered", "power_user_nudge v1 to 1 listener"),
        ("in the app", "the app received power_user_nudge"),
        ("shown", "a page was drawn with power_user_nudge"),
    ]
    times = milliseconds(steps)
    assert times[0] == 0
    assert times == sorted(times)


def test_the_journey_of_an_earlier_task_ends_where_the_criteria_are_not_met(world):
    participant = world.join()
    participant.publish(PLAN)
    complete(participant, 1)
    (event,) = read(participant)
    steps = journey(event, participant.events.trace(event.event_id), participant.inbox)
    assert [each.detail for each in steps[3:]] == [
        "tasks_completed_count: none → 1, last_completed_task_priority: none → high",
        "power_user_nudge v1: false → false",
    ]


def test_the_journey_of_a_failed_event_ends_with_the_reason(world):
    participant = world.join()
    fate = broken(participant, "missing_field")
    (event,) = read(participant)
    steps = journey(event, participant.events.trace(fate.event_id))
    assert (steps[-1].name, steps[-1].detail) == (
        "failed",
        f'priority: "priority" is a required property ({TASK_SCHEMA})',
    )


def test_with_the_clock_moved_the_collectors_time_is_taken_from_the_trace():
    now = NOON.timestamp()
    stage = {"stage": "received", "tstamp": now, "collector_tstamp": int(1000 * now) + 86_400_000}
    (step,) = journey(an_event(), [stage])
    assert step.tstamp == NOON


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        ("delivered", "nudge v1 to 2 listeners"),
        ("held", "nudge v1 to 2 listeners, held until somebody listens"),
        ("lost", "nudge v1 to 2 listeners, lost because nobody listened"),
    ],
)
def test_what_became_of_an_intervention_is_said(fate, words):
    stage = {
        "stage": "triggered",
        "tstamp": 0.0,
        "intervention_id": "i",
        "name": "nudge",
        "version": 1,
        "connections": 2,
        "fate": fate,
    }
    assert [each.detail for each in journey(an_event(), [stage])] == [words]


def test_an_event_that_changed_nothing_says_so():
    changes = [{"attribute": "a", "before": 1, "after": 1}]
    stage = {"stage": "attributes", "tstamp": 0.0, "changes": changes, "ignored": []}
    assert [each.detail for each in journey(an_event(), [stage])] == ["the values did not change"]
    assert stops([stage]) == []


# The pipeline


def test_the_pipeline_counts_from_the_tracker_to_the_app(world):
    participant = world.join()
    participant.publish(PLAN)
    assert eventually(lambda: participant.is_live)
    complete(participant, 5)
    broken(participant, "wrong_enum")
    found = pipeline(participant, is_sandbox=True)
    assert [(each.name, each.count) for each in found] == [
        ("Tracked", 6),
        ("Waiting", 0),
        ("Sent", 6),
        ("Accepted", 5),
        ("Failed", 1),
        ("Values changed", 5),
        ("Interventions fired", 1),
        ("Received", 1),
    ]
    assert found[5].meaning == "3 of 3 definitions published"


def test_on_snowplow_the_pipeline_leaves_out_what_cannot_be_known():
    unknown = "not visible from here: see Console"
    found = stations(Delivery(sent=2, waiting=1), [], [], None, [], [], is_sandbox=False)
    assert found[:5] == [
        Station("Tracked", 3, "since the app opened"),
        Station("Waiting", 1, "to be sent, or sent again"),
        Station("Sent", 2, "and accepted by the collector"),
        Station("Accepted", None, unknown),
        Station("Failed", None, unknown),
    ]
    assert found[5].meaning == "definitions not read yet"


def pipeline(participant: Participant, *, is_sandbox: bool) -> list[Station]:
    return stations(
        participant.emitter.delivery,
        read(participant),
        participant.history,
        participant.seen.published,
        participant.inbox,
        participant.missed,
        is_sandbox=is_sandbox,
    )


# The charts

STEPS = [
    JourneyStep("tracked", NOON, "by <b>x</b>"),
    JourneyStep("received", NOON + timedelta(milliseconds=2), "by the collector"),
    JourneyStep("failed", NOON + timedelta(milliseconds=3.5), "why"),
]


@pytest.mark.parametrize(("dark", "colors"), [(False, LIGHT), (True, DARK)])
def test_the_journey_is_drawn_on_an_axis_of_milliseconds(dark, colors):
    figure = journey_chart(STEPS, dark=dark).to_dict()
    (trace,) = figure["data"]
    assert (trace["x"], trace["y"]) == ([0, 2, 3.5], [0, 1, 2])
    assert trace["marker"]["color"] == [colors.line, colors.line, colors.threshold]
    assert trace["customdata"][0] == "by &lt;b&gt;x&lt;/b&gt;"
    assert figure["layout"]["yaxis"]["ticktext"] == ["tracked", "received", "failed"]
    assert figure["layout"]["font"]["color"] == colors.text


def test_the_journey_is_told_in_a_sentence():
    assert journey_summary(STEPS) == (
        "The journey of the event: tracked at 0 ms, received at 2 ms, failed at 3.5 ms."
    )


def test_each_minute_has_a_bar_for_each_outcome():
    counts = per_minute([an_event(0), an_event(0), an_event(0, status="failed")])
    figure = minutes_chart(counts).to_dict()
    assert [(each["name"], each["y"], each["x"]) for each in figure["data"]] == [
        ("accepted", [2], ["2026-03-02 12:00:00.000000"]),
        ("failed", [1], ["2026-03-02 12:00:00.000000"]),
    ]
    assert figure["layout"]["xaxis"]["range"] == [
        "2026-03-02 11:50:30.000000",
        "2026-03-02 12:00:30.000000",
    ]
    assert minutes_summary(counts) == "Events per minute: 3 events, 1 minute with any."

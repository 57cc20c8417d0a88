"""What the app remembers: per world, bounded, across a restart."""

import sqlite3
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lib.world import app_state as app_state_module
from lib.world.app_state import AppState
from lib.world.history import Mark, Reading

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.db"


@pytest.fixture
def state(path):
    state = AppState(path)
    yield state
    state.close()


def test_a_user_keeps_the_first_sandbox(state):
    user = str(uuid.uuid4())
    assert [state.home(user, "first"), state.home(user, "second")] == ["first", "first"]


def test_what_was_saved_is_there_after_a_restart(state, path):
    reading, mark = Reading(NOW, {"n": 1, "list": ["a"]}), Mark(NOW, "event", "done")
    state.save_project("w", "{}")
    state.add_reading("w", reading)
    state.add_mark("w", mark)
    state.add_intervention("w", "i", NOW, {"name": "nudge"})
    state.close()
    again = AppState(path)
    assert again.project("w") == "{}"
    assert again.readings("w") == [reading]
    assert again.marks("w") == [mark]
    assert again.inbox("w") == [(NOW, {"name": "nudge"}, None, timedelta(0))]
    again.close()


def test_worlds_do_not_see_each_other(state):
    state.save_project("one", "{}")
    state.add_reading("one", Reading(NOW, {}))
    state.add_mark("one", Mark(NOW, "event", "a"))
    state.add_intervention("one", "i", NOW, {})
    assert (
        state.project("two"),
        state.readings("two"),
        state.marks("two"),
        state.inbox("two"),
    ) == (None, [], [], [])


def test_the_oldest_readings_leave_first(state, monkeypatch):
    monkeypatch.setattr(app_state_module, "READINGS_AT_MOST", 2)
    for number in range(4):
        state.add_reading("w", Reading(NOW + timedelta(seconds=number), {"n": number}))
    state.add_reading("other", Reading(NOW, {"n": 9}))
    assert [reading.values["n"] for reading in state.readings("w")] == [2, 3]


def test_readings_and_interventions_that_are_large_together_leave_too_but_never_the_newest(
    state, monkeypatch
):
    monkeypatch.setattr(app_state_module, "BODIES_BYTES", 1_000)
    for number in range(4):
        state.add_reading("w", Reading(NOW, {"n": number, "list": ["x"] * 100}))
        state.add_intervention("w", str(number), NOW, {"n": number, "list": ["x"] * 300})
    state.add_reading("other", Reading(NOW, {"n": 9}))
    assert [reading.values["n"] for reading in state.readings("w")] == [2, 3]
    assert [body["n"] for _, body, *_ in state.inbox("w")] == [3]


def test_an_intervention_is_put_into_the_inbox_once(state):
    added = [state.add_intervention("w", "i", NOW, {"n": n}) for n in range(2)]
    assert (added, state.inbox("w")) == ([True, False], [(NOW, {"n": 0}, None, timedelta(0))])


def test_the_newest_intervention_comes_first(state):
    state.add_intervention("w", "old", NOW, {"id": "old"})
    state.add_intervention("w", "new", NOW + timedelta(seconds=1), {"id": "new"})
    assert [body["id"] for _, body, *_ in state.inbox("w")] == ["new", "old"]


def test_only_the_first_answer_counts(state):
    state.add_intervention("w", "i", NOW, {})
    answered = [state.answer_intervention("w", "i", each) for each in ("accepted", "dismissed")]
    assert (answered, state.inbox("w")[0][2]) == ([True, False], "accepted")


def test_answering_what_is_not_there_is_no_answer(state):
    assert state.answer_intervention("w", "missing", "accepted") is False


def test_what_happened_keeps_how_far_the_clock_was_ahead(state):
    reading = Reading(NOW, {"n": 1}, ahead=timedelta(days=8))
    mark = Mark(NOW, "event", "done", ahead=timedelta(days=9))
    state.add_reading("w", reading)
    state.add_mark("w", mark)
    state.add_intervention("w", "i", NOW, {}, timedelta(days=10))
    state.add_missed("w", "nudge", 1, NOW, timedelta(days=7))

    assert (state.readings("w"), state.marks("w")) == ([reading], [mark])
    assert state.inbox("w") == [(NOW, {}, None, timedelta(days=10))]
    assert state.missed("w") == [("nudge", 1, NOW, timedelta(days=7))]
    assert (state.ahead("w"), state.ahead("other")) == (timedelta(days=10), timedelta(0))


def test_forgetting_what_happened_leaves_the_project_the_outbox_and_other_worlds(state):
    for world in ("w", "other"):
        state.save_project(world, "{}")
        state.outboxes.add(world, "e", {"eid": "e"})
        state.add_reading(world, Reading(NOW, {}))
        state.add_mark(world, Mark(NOW, "event", "done"))
        state.add_intervention(world, "i", NOW, {})
        state.add_missed(world, "nudge", 1, NOW)

    state.forget_what_happened("w")

    kept = [state.readings("w"), state.marks("w"), state.inbox("w"), state.missed("w")]
    assert kept == [[], [], [], []]
    assert (state.project("w"), state.outboxes.size("w")) == ("{}", 1)
    assert (len(state.readings("other")), len(state.inbox("other"))) == (1, 1)


def test_an_older_file_without_clock_offsets_is_migrated(tmp_path):
    path = tmp_path / "old.db"
    old = sqlite3.connect(path)
    old.executescript(
        "CREATE TABLE reading (seq INTEGER PRIMARY KEY, world TEXT, tstamp REAL, body BLOB);"
        "INSERT INTO reading (world, tstamp, body) VALUES ('w', 0, '{}');"
    )
    old.close()

    state = AppState(path)
    assert state.readings("w") == [Reading(datetime(1970, 1, 1, tzinfo=UTC), {})]
    state.close()

"""What the app remembers: per world, bounded, across a restart."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lib import app_state as app_state_module
from lib.app_state import AppState
from lib.history import Mark, Reading

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
    assert again.inbox("w") == [(NOW, {"name": "nudge"}, None)]
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


def test_an_intervention_is_put_into_the_inbox_once(state):
    added = [state.add_intervention("w", "i", NOW, {"n": n}) for n in range(2)]
    assert (added, state.inbox("w")) == ([True, False], [(NOW, {"n": 0}, None)])


def test_the_newest_intervention_comes_first(state):
    state.add_intervention("w", "old", NOW, {"id": "old"})
    state.add_intervention("w", "new", NOW + timedelta(seconds=1), {"id": "new"})
    assert [body["id"] for _, body, _ in state.inbox("w")] == ["new", "old"]


def test_only_the_first_answer_counts(state):
    state.add_intervention("w", "i", NOW, {})
    answered = [state.answer_intervention("w", "i", each) for each in ("accepted", "dismissed")]
    assert (answered, state.inbox("w")[0][2]) == ([True, False], "accepted")


def test_answering_what_is_not_there_is_no_answer(state):
    assert state.answer_intervention("w", "missing", "accepted") is False

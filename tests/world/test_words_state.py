"""The words of interventions in the app's file: by place, bounded, across a restart."""

from pathlib import Path

import pytest

from lib.demo.own_words import OwnWords
from lib.world import words_state
from lib.world.app_state import AppState

WORDS = OwnWords("Well done", "{tasks} tasks", "Go on")


@pytest.fixture
def state(tmp_path: Path):
    state = AppState(tmp_path / "app.db")
    yield state
    state.close()


def test_what_was_written_outlives_the_process(tmp_path: Path) -> None:
    state = AppState(tmp_path / "app.db")
    state.words.keep("p", "my_nudge", WORDS)
    state.close()

    state = AppState(tmp_path / "app.db")
    assert state.words.of("p", "my_nudge") == WORDS
    state.close()


def test_places_and_interventions_have_words_of_their_own(state) -> None:
    state.words.keep("p", "my_nudge", WORDS)
    assert state.words.of("p", "other") == state.words.of("q", "my_nudge") == OwnWords()


def test_empty_words_forget_those_before(state) -> None:
    state.words.keep("p", "my_nudge", WORDS)
    state.words.keep("p", "my_nudge", OwnWords())
    assert state.words.of("p", "my_nudge").is_empty


def test_the_newest_words_are_kept(state, monkeypatch) -> None:
    monkeypatch.setattr(words_state, "WORDS_AT_MOST", 2)
    for name in ("first", "second", "third"):
        state.words.keep("p", name, WORDS)
    assert [state.words.of("p", each) == WORDS for each in ("first", "second", "third")] == [
        False,
        True,
        True,
    ]


def test_words_are_forgotten_with_the_place(state) -> None:
    state.words.keep("own-1", "my_nudge", WORDS)
    state.forget("own-*:*")
    assert state.words.of("own-1", "my_nudge").is_empty


def test_what_cannot_be_read_is_no_words(state) -> None:
    for kept in ("nonsense", "[]", '{"headline": 1, "color": 2}'):
        query = "INSERT OR REPLACE INTO words (world, name, body) VALUES (?, ?, ?)"
        state._file.write([(query, ("p:everyone", "n", kept))], ("words", "p:everyone"))
        assert state.words.of("p", "n").is_empty

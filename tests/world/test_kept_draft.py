"""The studio's draft is kept for each world, and goes with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.world.app_state import AppState
from lib.world.kept_draft import CHARACTERS_AT_MOST, KeptDraft

WORLD = "sandbox:ada"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[AppState]:
    state = AppState(tmp_path / "app.db")
    yield state
    state.close()


def test_without_a_draft_there_is_nothing(state: AppState) -> None:
    assert KeptDraft(state.drafts, WORLD).source == ""


def test_a_draft_outlives_the_process(state: AppState, tmp_path: Path) -> None:
    KeptDraft(state.drafts, WORLD).keep("x = 1")
    state.close()
    again = AppState(tmp_path / "app.db")
    assert KeptDraft(again.drafts, WORLD).source == "x = 1"
    again.close()


def test_everybody_has_a_draft_of_their_own(state: AppState) -> None:
    KeptDraft(state.drafts, WORLD).keep("x = 1")
    assert KeptDraft(state.drafts, "sandbox:ben").source == ""


def test_what_is_too_long_to_be_read_is_not_kept(state: AppState) -> None:
    kept = KeptDraft(state.drafts, WORLD)
    kept.keep("x = 1")
    kept.keep("#" * (CHARACTERS_AT_MOST + 1))
    assert kept.source == "x = 1"


def test_a_world_that_is_forgotten_takes_its_draft_along(state: AppState) -> None:
    KeptDraft(state.drafts, WORLD).keep("x = 1")
    state.forget(WORLD)
    assert KeptDraft(state.drafts, WORLD).source == ""

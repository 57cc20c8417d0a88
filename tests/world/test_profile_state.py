"""Chosen profiles in the app's file: they outlive the process."""

from pathlib import Path

from lib.world.app_state import AppState


def test_what_was_chosen_outlives_the_process(tmp_path: Path) -> None:
    state = AppState(tmp_path / "app.db")
    state.profiles.save("webshop", "p")
    state.profiles.save("media", "p", "ana")
    state.close()

    state = AppState(tmp_path / "app.db")
    assert (state.profiles.link("p"), state.profiles.link("p", "ana")) == ("webshop", "media")
    assert state.profiles.link("p", "ben") is None
    state.close()

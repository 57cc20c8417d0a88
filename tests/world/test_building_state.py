"""Guests who build, in the app's file."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lib.world.app_state import AppState
from lib.world.building_state import BuildingState


@pytest.fixture
def building(tmp_path: Path) -> Iterator[BuildingState]:
    with closing(AppState(tmp_path / "app.db")) as state:
        yield state.building


def test_guests_of_a_room_are_let_and_no_longer(building: BuildingState) -> None:
    assert not building.lets_guests("p")
    building.let_guests("p", True)
    assert (building.lets_guests("p"), building.lets_guests("q")) == (True, False)
    building.let_guests("p", False)
    assert not building.lets_guests("p")


def test_each_guest_of_a_room_has_a_number_that_stays(building: BuildingState) -> None:
    numbers = [building.number("p", each) for each in ("one", "two", "one")]

    assert (numbers, building.number("q", "two")) == ([1, 2, 1], 1)


def test_new_user_of_a_guest_keeps_the_number(building: BuildingState) -> None:
    building.number("p", "one")
    building.number("p", "two")
    building.follow("p", "two", "three")

    assert (building.number("p", "three"), building.number("p", "four")) == (2, 3)

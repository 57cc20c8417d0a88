"""The chart of a room: those who are farthest come first."""

from lib.charts.room_chart import SHOWN_AT_MOST, room_chart, room_summary
from lib.people.room import Rooms
from lib.snowplow.definitions import COUNT
from lib.world.app_state import AppState
from lib.world.history import Reading
from tests.support.rooms import (
    NOW,
    TOKEN_OF_ROOM,
    rooms,  # noqa: F401 (a fixture)
    state,  # noqa: F401 (a fixture)
)


def test_chart_shows_those_who_are_farthest_first(state: AppState, rooms: Rooms) -> None:
    for number in range(SHOWN_AT_MOST + 2):
        world = f"{TOKEN_OF_ROOM}:user-{number}"
        rooms.member(TOKEN_OF_ROOM, f"user-{number}")
        state.add_reading(world, Reading(NOW, {COUNT: number}))
    rooms.rename(TOKEN_OF_ROOM, "user-11", "<b>Ana</b>")
    standings = rooms.standings(TOKEN_OF_ROOM, (), None)

    figure = room_chart(standings, 5)

    assert list(figure.data[0].x) == list(range(2, 12))
    assert figure.layout.yaxis.ticktext[-1] == "&lt;b&gt;Ana&lt;/b&gt;"
    assert figure.layout.shapes[0].x0 == 5
    assert room_summary(standings, 5).startswith("Tasks completed: <b>Ana</b> 11, Guest 11 10,")
    assert not room_chart([], None).layout.shapes

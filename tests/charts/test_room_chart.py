"""The drawing of a room: the farthest first, everybody on one scale, and the line of the nudge."""

from datetime import UTC, datetime

from lib.charts.room_chart import ROWS_ABOVE_COLUMNS, ROWS_AT_MOST, Everybody, room_chart
from lib.people.room import Member, Standing

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def standing(name: str, tasks: float | None, nudged_at: datetime | None = None) -> Standing:
    return Standing(Member(f"id of {name}", name, True), 0, tasks, nudged_at, is_here=True)


def people(count: int) -> tuple[Standing, ...]:
    return tuple(standing(f"Guest {number}", number) for number in range(count))


def test_those_who_are_farthest_come_first() -> None:
    shown = room_chart(Everybody((standing("Ana", 2), standing("Bo", 5, NOW))), 5)
    assert [(row["name"], row["tasks"], row["nudged"]) for row in shown["rows"]] == [
        ("Bo", "5", True),
        ("Ana", "2", False),
    ]
    assert shown["columns"] == []


def test_row_crosses_the_line_with_the_task_that_brings_the_nudge() -> None:
    shown = room_chart(Everybody((standing("Ana", 4), standing("Bo", 5))), 4.5)
    ends = {row["name"]: shown["zero"] + row["share"] for row in shown["rows"]}
    assert ends["Ana"] < shown["line"]["at"] < ends["Bo"]


def test_simulated_users_stand_in_columns_on_the_scale_of_the_rows() -> None:
    shown = room_chart(Everybody((standing("Ana", 1),), (0, 0, 5)), 5)
    first, second, *_, last = shown["columns"]
    assert [each["height"] for each in (first, second, last)] == [1, 0.5, 0.5]
    assert [each["people"] for each in (first, second, last)] == [0, 1, 0]
    assert second["at"] < shown["zero"] + shown["rows"][0]["share"] < second["at"] + second["width"]
    assert last["at"] > shown["line"]["at"]
    assert [each["text"] for each in shown["legend"]] == ["1 person", "3 simulated users"]


def test_more_people_than_rows_are_all_in_the_columns() -> None:
    assert len(room_chart(Everybody(people(ROWS_AT_MOST)), 5)["rows"]) == ROWS_AT_MOST
    shown = room_chart(Everybody(people(ROWS_AT_MOST + 1)), 5)
    assert len(shown["rows"]) == ROWS_ABOVE_COLUMNS
    assert len(shown["columns"]) == ROWS_AT_MOST + 1
    assert shown["legend"][0]["text"] == "11 people, the farthest 6 by name"


def test_simulated_users_far_ahead_share_the_last_column() -> None:
    shown = room_chart(Everybody((standing("Ana", 2),), (1, 40, 90)), 5)
    assert [each["label"] for each in shown["columns"] if each["label"]] == ["0", "5", "15+"]
    assert shown["columns"][-1]["height"] == 1


def test_room_of_nobody_says_how_its_names_get_there() -> None:
    shown = room_chart(Everybody(()), None)
    assert shown["empty"] == "Nobody has joined yet. Your name appears here."
    assert (shown["rows"], shown["columns"], shown["line"]) == ([], [], None)


def test_drawing_is_told_in_words() -> None:
    everybody = Everybody((standing("Ana", 2), standing("Bo", None)), (1, 7))
    assert room_chart(everybody, 5)["summary"] == (
        "Completed: Ana 2, Bo 0. The nudge comes at 5. 2 simulated users, 1 of them at the nudge."
    )

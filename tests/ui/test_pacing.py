"""Whatever one tab sends in a row, others are served: each of its gestures waits for its turn."""

import pytest
from streamlit.testing.v1 import AppTest

from lib.world.pace import PACES, Pace
from tests.support.pages import OpenApp
from tests.support.steps import click, go_to, publish


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was held, in order."""
    kinds: list[str] = []

    def hold(self: Pace, kind: str) -> None:
        kinds.append(kind)

    monkeypatch.setattr(Pace, "hold", hold)
    return kinds


def new_user(at: AppTest) -> None:
    click(at, "new_user")


def start_over(at: AppTest) -> None:
    click(at, "start_over")


def become(at: AppTest) -> None:
    click(at, "persona_ana")


def check(at: AppTest) -> None:
    click(go_to(at, "connection"), "check_connection")


def preview(at: AppTest) -> None:
    click(go_to(at, "definitions"), "preview")


def push(at: AppTest) -> None:
    click(go_to(at, "interventions"), "push_intervention")


def join(at: AppTest) -> None:
    at.text_input(key="room_code").input("zero zero zero 000")
    click(at, "join_room")


def reset_board(at: AppTest) -> None:
    click(at, "reset_board")


def filter_tasks(at: AppTest) -> None:
    at.radio(key="status_filter").set_value("done").run()


def complete(at: AppTest) -> None:
    click(at, "complete_task")


@pytest.mark.parametrize(
    ("gesture", "kind"),
    [
        (new_user, "person"),
        (start_over, "person"),
        (become, "person"),
        (publish, "job"),
        (check, "job"),
        (preview, "job"),
        (push, "job"),
        (join, "try"),
        (complete, "task"),
        (reset_board, "run"),
        (filter_tasks, "run"),
    ],
)
def test_gesture_waits_for_its_turn(open_app: OpenApp, held: list[str], gesture, kind: str) -> None:
    at = open_app()
    held.clear()
    gesture(at)

    assert not at.exception
    assert {kind, "run"} <= set(held) <= set(PACES)

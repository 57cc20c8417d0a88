"""What else can be done with a task: time, comments, and reopening it."""

import pytest
from streamlit.testing.v1 import AppTest

from lib.world.participant import Participant
from tests.support.steps import click, has
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.worlds import World, world  # noqa: F401 (a fixture)


def show(participant: object) -> None:
    from lib.ui.task_details import show_details_button, show_task_details

    show_details_button()
    show_task_details(participant)  # type: ignore[arg-type]


@pytest.fixture
def someone(world: World) -> Participant:
    return world.join()


@pytest.fixture
def details(someone: Participant) -> AppTest:
    """The details, open, with the first task chosen."""
    at = AppTest.from_function(show, args=(someone,), default_timeout=PATIENCE_SECONDS).run()
    assert not has(at, "task_details")
    return click(at, "open_details")


def tracked(participant: Participant) -> list[str]:
    return [each.name for each in participant.emitter.delivery.events]


def outcome(at: AppTest) -> str:
    (said,) = (each.value for each in at.caption)
    return str(said)


def test_time_is_logged_on_the_chosen_task(details: AppTest, someone: Participant) -> None:
    details.get_by_key("detailed_task").set_value("task-4").run()
    details.get_by_key("logged_minutes").set_value(45.0)
    click(details, "log_time")

    assert not details.exception
    assert outcome(details) == "45 minutes logged, 0 comments. Tracked as `time_logged`."
    assert someone.project.tasks[3].minutes == 45
    assert tracked(someone) == ["time_logged"]


def test_comment_is_counted_and_its_field_emptied(
    details: AppTest,
    someone: Participant,
) -> None:
    details.get_by_key("comment_text").set_value("@ana: **done**")
    click(details, "add_comment")

    assert not details.exception
    assert outcome(details) == "0 minutes logged, 1 comment. Tracked as `comment_added`."
    assert details.get_by_key("comment_text").value == ""


@pytest.mark.parametrize(
    ("key", "value", "button", "message"),
    [
        ("logged_minutes", 0.0, "log_time", "Log more than 0"),
        ("comment_text", "  ", "add_comment", "A comment needs text"),
    ],
)
def test_what_will_not_do_is_explained_and_tracks_nothing(
    details: AppTest,
    someone: Participant,
    key: str,
    value: object,
    button: str,
    message: str,
) -> None:
    details.get_by_key(key).set_value(value)
    click(details, button)

    assert not details.exception
    assert [each.value for each in details.error][0].startswith(message)
    assert tracked(someone) == []
    assert outcome(details) == "0 minutes logged, 0 comments."


def test_only_a_task_that_is_done_can_be_reopened(details: AppTest, someone: Participant) -> None:
    assert not has(details, "reopen_task")
    someone.own_project.complete("task-1")
    click(details.run(), "reopen_task")

    assert not details.exception
    assert someone.project.tasks[0].status == "todo"
    assert tracked(someone) == ["task_completed", "task_reopened"]
    assert not has(details, "reopen_task")


def test_details_close_again(details: AppTest) -> None:
    assert not has(click(details, "open_details"), "task_details")


def test_cards_with_one_title_are_chosen_each(details: AppTest, someone: Participant) -> None:
    someone.own_project.add("Write the home page", "low")
    chooser = details.run().get_by_key("detailed_task")
    assert [each for each in chooser.options if "home page" in each] == [
        "Write the home page",
        "Write the home page (2)",
    ]

    click(chooser.select_index(1).run(), "log_time")

    assert not details.exception
    assert [each.id for each in someone.project.tasks if each.minutes] == ["task-2"]


@pytest.mark.parametrize(
    ("button", "event"), [("log_time", "time_logged"), ("add_comment", "comment_added")]
)
def test_card_that_was_chosen_just_before_is_meant(
    details: AppTest, someone: Participant, button: str, event: str
) -> None:
    details.get_by_key("comment_text").set_value("Done").run()
    details.get_by_key("detailed_task").set_value("task-4")
    click(details, button)

    assert not details.exception
    (task,) = (each for each in someone.project.tasks if each.minutes or each.comments)
    assert (task.id, tracked(someone)) == ("task-4", [event])


def test_of_two_done_cards_the_one_that_was_chosen_just_before_is_reopened(
    details: AppTest, someone: Participant
) -> None:
    for each in ("task-1", "task-4"):
        someone.own_project.complete(each)
    details.run().get_by_key("detailed_task").set_value("task-4")
    click(details, "reopen_task")

    assert not details.exception
    assert [each.id for each in someone.project.tasks if each.status == "done"] == ["task-1"]


def test_card_that_is_gone_gives_way_to_the_first(details: AppTest, someone: Participant) -> None:
    added = someone.own_project.add("Call the printer", "low").id
    details.run().get_by_key("detailed_task").set_value(added).run()
    someone.own_project.reset()
    click(details, "log_time")

    assert not details.exception
    assert details.get_by_key("detailed_task").value == "task-1"
    assert tracked(someone) == ["task_added"]

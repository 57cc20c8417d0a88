"""The board, as AppTest runs it: what a person sees and what the sandbox kept."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.project import Project
from lib.text import plain
from lib.ui import cards
from tests.support.steps import (
    alerts,
    click,
    complete,
    count,
    go_to,
    has,
    kept,
    metric,
    names,
    publish,
    texts,
    unescaped,
    world,
)
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]


def test_board_says_that_nothing_is_published_until_it_is(open_app: OpenApp) -> None:
    at = open_app()
    assert "Nothing is published for this board yet" in texts(at)

    publish(at)

    assert not at.exception
    assert "Nothing is published for this board yet" not in texts(at)
    assert not has(at, "publish")
    assert world(at).seen.published.is_complete  # type: ignore[union-attr]


def test_completed_tasks_are_counted_by_the_click_itself(open_app: OpenApp) -> None:
    at = publish(open_app())
    counts = [count(complete(at, 1)) for _ in range(3)]

    assert not at.exception
    assert counts == ["1", "2", "3"]
    assert metric(at, "Last priority") == "medium"
    assert at.progress[0].text == "3 of 5: 2 more to the nudge"
    assert not has(at, "nudge")


def test_fifth_task_brings_the_nudge_with_the_reason_why(open_app: OpenApp) -> None:
    at = complete(publish(open_app()), 5)

    assert not at.exception
    assert "Signals sent `power_user_nudge`, version 1." in texts(at)
    assert at.get_by_key("accept_nudge").label == "Invite a teammate"
    assert at.progress[0].text == "The nudge at 5 was sent. Each user gets it once"


def test_nudge_does_not_come_twice(open_app: OpenApp) -> None:
    at = complete(publish(open_app()), 5)
    click(at, "dismiss_nudge")
    complete(at, 2)

    assert not at.exception
    assert count(at) == "7"
    assert not has(at, "nudge")
    assert len(world(at).inbox) == 1


@pytest.mark.parametrize(
    ("button", "action"), [("accept_nudge", "accepted"), ("dismiss_nudge", "dismissed")]
)
def test_answer_to_the_nudge_is_tracked_once(open_app: OpenApp, button: str, action: str) -> None:
    at = complete(publish(open_app()), 5)
    click(at, button).run()

    assert not at.exception
    answers = [each.data for each in kept(at) if each.name == "nudge_interaction"]
    assert [(each["name"], each["version"], each["action"]) for each in answers] == [
        ("power_user_nudge", 1, action)
    ]
    assert not has(at, "nudge")


def test_completed_task_is_tracked_with_its_priority_and_project(open_app: OpenApp) -> None:
    at = open_app()
    click(at, "complete_task-5")

    (event,) = (each for each in kept(at) if each.name == "task_completed")
    (project,) = event.entities
    assert event.schema == "iglu:com.example/task_completed/jsonschema/1-0-0"
    assert event.data == {"task_id": "task-5", "priority": "low"}
    assert project == {
        "schema": "iglu:com.example/project/jsonschema/1-0-0",
        "data": {"project_id": "website-relaunch", "plan": "growth"},
    }
    tracker = {"name_tracker": "project-app", "app_id": "project-app-backend"}
    assert {name: event.columns[name] for name in tracker} == tracker


def test_what_is_completed_before_publishing_is_not_counted(open_app: OpenApp) -> None:
    at = complete(open_app(), 2)
    publish(at)

    assert not at.exception
    assert count(complete(at, 1)) == "1"


def test_started_task_moves_to_in_progress_and_is_tracked(open_app: OpenApp) -> None:
    at = open_app()
    click(at, "start_next")

    assert not at.exception
    assert "task-4" in {task.id for task in world(at).project.filtered("in_progress")}
    assert eventually(lambda: names(at) == ["page_view", "screen_view", "task_started"])


def test_filter_shows_one_status_and_tracks_a_structured_event(open_app: OpenApp) -> None:
    at = open_app()
    at.get_by_key("status_filter").set_value("in_progress").run()

    assert not at.exception
    assert not has(at, "complete_task-5")  # to do
    (event,) = (each for each in kept(at) if each.columns.get("se_action") == "filter")
    filtered = {"se_category": "board", "se_label": "status", "se_property": "in_progress"}
    assert {name: event.columns[name] for name in filtered} == filtered


def test_filter_taken_away_shows_everything_again(open_app: OpenApp) -> None:
    at = open_app()
    at.get_by_key("status_filter").set_value("done").run()
    at.get_by_key("status_filter").set_value("all").run()

    assert not at.exception
    assert has(at, "complete_task-5")
    assert [each.columns["se_property"] for each in kept(at)[2:]] == ["done", "all"]


def test_filter_stays_while_another_page_is_open_and_is_tracked_once(open_app: OpenApp) -> None:
    at = open_app()
    at.get_by_key("status_filter").set_value("done").run()
    go_to(go_to(at, "guide"), "board")

    assert not at.exception
    assert at.get_by_key("status_filter").value == "done" and not has(at, "start_next")
    assert len([each for each in kept(at) if each.columns.get("se_action") == "filter"]) == 1


def test_board_is_viewed_once_a_visit_however_often_it_runs(open_app: OpenApp) -> None:
    at = open_app()
    publish(at).run()
    at.run()

    assert not at.exception
    assert names(at) == ["page_view", "screen_view"]


def test_board_is_viewed_again_on_a_new_visit(open_app: OpenApp) -> None:
    at = open_app()
    go_to(at, "definitions")
    assert names(at) == ["page_view", "screen_view"]

    go_to(at, "board")

    assert not at.exception
    assert names(at) == ["page_view", "screen_view"] * 2


def test_added_task_is_on_the_board_and_can_be_completed(open_app: OpenApp) -> None:
    at = click(open_app(), "open_form")
    at.text_input(key="task_title").set_value("  Call the   printer ")
    at.get_by_key("task_priority").set_value("high")
    click(at, "add_task")

    assert not at.exception and not at.error
    assert world(at).project.tasks[-1].title == "Call the printer"
    click(at, f"complete_{world(at).project.tasks[-1].id}")
    assert kept(at)[-1].data["priority"] == "high"


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("", "A task needs a title."),
        (" \t ", "A task needs a title."),
        ("\x00\x07\x1b", "A task needs a title."),
    ],
)
def test_title_that_will_not_do_is_explained_and_nothing_is_lost(
    open_app: OpenApp, title: str, message: str
) -> None:
    at = click(open_app(), "open_form")
    at.text_input(key="task_title").set_value(title)
    click(at, "add_task")

    assert not at.exception
    assert alerts(at.error) == [("", message)]
    assert world(at).project == Project.fresh()


def test_title_of_121_characters_is_cut_by_the_field_itself(open_app: OpenApp) -> None:
    at = click(open_app(), "open_form")
    at.text_input(key="task_title").set_value("x" * 121)
    click(at, "add_task")

    assert not at.exception
    assert world(at).project.tasks[-1].title == "x" * 120


def test_message_about_a_title_goes_with_the_next_good_one(open_app: OpenApp) -> None:
    at = click(open_app(), "open_form")
    click(at, "add_task")
    at.text_input(key="task_title").set_value("Call the printer")
    click(at, "add_task")

    assert not at.exception and not at.error
    assert world(at).project.tasks[-1].title == "Call the printer"


def test_message_about_a_title_goes_with_its_form_its_page_and_its_user(open_app: OpenApp) -> None:
    at = click(click(open_app(), "open_form"), "add_task")
    assert alerts(at.error) == [("", "A task needs a title.")]
    click(click(at, "open_form"), "open_form")
    assert has(at, "task_title") and not at.error

    go_to(go_to(click(at, "add_task"), "guide"), "board")
    assert has(at, "task_title") and not at.error

    click(click(at, "add_task"), "new_user")
    assert has(at, "task_title") and not at.error and not at.exception


def test_what_was_tracked_of_a_card_is_said_to_the_one_who_did_it(open_app: OpenApp) -> None:
    at = click(click(open_app(), "open_details"), "log_time")
    assert "30 minutes logged, 0 comments. Tracked as `time_logged`." in texts(at)

    click(at, "new_user")

    assert not at.exception
    assert "0 minutes logged, 0 comments." in texts(at) and "Tracked as" not in texts(at)


def marked_as_next(at: AppTest) -> str:
    """What stands on the one card that is recommended next."""
    (found,) = (each.label for each in at.button if ":violet-badge[next]" in each.label)
    return found


def test_cards_are_those_of_one_moment_if_another_tab_completes_a_task_meanwhile(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = publish(open_app())
    user, before = world(at), (marked_as_next(at), titles_of_cards(at))
    assert user.project.next_open is not None
    first, words = user.project.next_open.id, cards.card_words

    def words_meanwhile(*arguments: Any, **options: Any) -> str:
        user.complete_task(first)
        return words(*arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(cards, "card_words", words_meanwhile)
        at.run()

    assert (marked_as_next(at), titles_of_cards(at)) == before
    at.run()
    assert len(titles_of_cards(at)) == len(before[1]) - 1


def test_markup_in_a_title_is_shown_as_it_was_typed(open_app: OpenApp) -> None:
    markup = "<b>x</b> **bold** :red[x] $y$ <script>alert(1)</script>"
    at = click(open_app(), "open_form")
    at.text_input(key="task_title").set_value(markup)
    at.get_by_key("task_priority").set_value("high")
    click(at, "add_task")
    assert any(each.label.startswith(plain(markup)) for each in at.button)

    complete(at, 5)  # those of high priority, until it is the next one

    assert not at.exception
    assert unescaped(marked_as_next(at)).startswith(markup)


def titles_of_cards(at: AppTest) -> list[str]:
    """What the open cards are called."""
    return [
        each.label.partition("\n\n")[0]
        for each in at.button
        if (each.key or "").startswith("complete_task-")
    ]


def words_of_cards(at: AppTest) -> list[str]:
    """What stands on the open cards below their titles."""
    return [
        each.label.partition("\n\n")[2]
        for each in at.button
        if (each.key or "").startswith("complete_task-")
    ]


def test_cards_say_when_they_are_due_and_which_are_the_users_own(open_app: OpenApp) -> None:
    before = datetime.now(UTC).date()
    at = open_app()
    first = world(at).project.tasks[0]
    assert first.due is not None and before < first.due <= before + timedelta(days=2)
    due = f":small[:gray[{plain(world(at).profile.due_words(first.due))}]]"
    mine = ":violet-badge[**You**]"

    assert f":red-badge[high] :violet-badge[next] {due} {mine}" in words_of_cards(at)
    assert sum(mine in each for each in words_of_cards(at)) == 3  # those in progress

    complete(at, 1)
    assert f"{plain(first.title)}\n\n  :red-badge[high] {due} {mine}" in texts(at)


def test_cards_of_a_shop_have_neither_a_day_nor_a_person(open_app: OpenApp) -> None:
    at = open_app(profile="webshop")
    assert {re.sub(r" :violet-badge\[next\]", "", each) for each in words_of_cards(at)} == {
        ":green-badge[under €25]",
        ":orange-badge[€25 to €100]",
        ":red-badge[over €100]",
    }


def test_finished_sprint_leads_to_the_next_one(open_app: OpenApp) -> None:
    at = complete(open_app(), 9)
    assert not at.exception
    assert not has(at, "complete_task")

    click(at, "new_sprint")

    assert not at.exception
    assert has(at, "complete_task") and not has(at, "new_sprint")
    assert len(world(at).project.filtered("done")) == 9


def test_reset_brings_back_the_first_tasks_and_keeps_the_count(open_app: OpenApp) -> None:
    at = complete(publish(open_app()), 3)
    click(at, "reset_board")

    assert not at.exception
    assert world(at).project == Project.fresh()
    assert count(at) == "3"


# What is read


def test_personalized_board_puts_first_what_is_like_the_last_task(open_app: OpenApp) -> None:
    at = publish(open_app())
    click(at, "complete_task-5")  # of low priority
    assert marked_as_next(at).startswith("Agree on the new sitemap")
    at.toggle(key="personalized").set_value(True).run()
    click(at, "complete_task-9")  # of medium priority

    assert not at.exception
    assert "because `last_completed_task_priority is medium`" in texts(at)
    assert marked_as_next(at).startswith("Write the home page")


def test_time_is_logged_on_a_task_and_tracked(open_app: OpenApp) -> None:
    at = click(open_app(), "open_details")
    at.selectbox(key="detailed_task").set_value("task-2").run()
    at.number_input(key="logged_minutes").set_value(25).run()
    click(at, "log_time")

    assert not at.exception
    assert eventually(lambda: kept(at)[-1].name == "time_logged")
    assert kept(at)[-1].data == {"task_id": "task-2", "minutes": 25}

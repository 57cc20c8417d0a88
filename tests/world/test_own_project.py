"""A user's project in the app's file: changed by one at a time, saved whole or not at all."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from lib.project import DEFAULT_TEMPLATE, Project, ProjectError, Task, Template
from lib.snowplow.tracking import EventName
from lib.world.app_state import AppState
from lib.world.news import News
from lib.world.own_project import OwnProject


@pytest.fixture
def state() -> Iterator[AppState]:
    state = AppState(":memory:")
    yield state
    state.close()


@pytest.fixture
def news() -> News:
    return News()


class Tracking:
    """Notes what is tracked; the tracker's outbox ends the transaction."""

    completed = EventName("com.example", "task_completed")

    def __init__(self, state: AppState) -> None:
        self.tracked: list[tuple[object, ...]] = []
        self._state = state

    def __getattr__(self, name: str) -> Callable[..., None]:
        def track(task: Task, project: Project, *details: object) -> None:
            assert task in project.tasks
            self.tracked.append((name, task.id, *details))
            self._state.outboxes.add("w", task.id + name, {})

        return track


@pytest.fixture
def tracking(state: AppState) -> Tracking:
    return Tracking(state)


def own_project(
    state: AppState,
    world: str,
    news: News,
    tracking: Tracking,
    template: Callable[[], Template] = lambda: DEFAULT_TEMPLATE,
    today: Callable[[], date] = lambda: date(2026, 11, 30),
) -> OwnProject:
    polling = SimpleNamespace(stir=lambda: None, seen=SimpleNamespace(ahead=timedelta()))
    return OwnProject(state, world, news, tracking, polling, template, today)  # type: ignore[arg-type]


@pytest.fixture
def own(state: AppState, news: News, tracking: Tracking) -> OwnProject:
    return own_project(state, "w", news, tracking)


def test_a_new_user_has_the_project_that_everyone_starts_with(own):
    assert own.current == Project.fresh()


def test_sprint_begins_on_the_day_that_it_is(state, news, tracking):
    days = [date(2026, 12, 30)]
    own = own_project(state, "w", news, tracking, today=lambda: days[-1])
    for task in own.current.tasks:
        own.complete(task.id)
    days.append(date(2027, 1, 10))
    own.new_sprint()

    assert own.current.tasks[0].due == date(2026, 12, 31)
    assert own.current.filtered("in_progress")[0].due == date(2027, 1, 11)


def test_a_change_is_saved_for_this_user_and_told(state, own, news, tracking):
    with own.changed() as project:
        task = project.add("Call the printer")
    assert (own.current.tasks[-1], news.revision) == (task, 1)
    assert own_project(state, "another", News(), tracking).current == Project.fresh()


def test_each_gesture_is_tracked_once_with_the_task_as_it_is_then(own, tracking, news):
    added = own.add("Call the printer", "low")
    started = own.start(added.id)
    completed = own.complete(added.id)
    assert [own.start(added.id), own.complete(added.id)] == [None, None]
    assert [each.status for each in (added, started, completed)] == ["todo", "in_progress", "done"]
    assert [each[0] for each in tracking.tracked] == [
        "task_added",
        "task_started",
        "task_completed",
    ]
    assert (own.current.tasks[-1], news.revision) == (completed, 3)


def test_a_task_is_reopened_once_and_can_be_completed_again(own, tracking):
    own.complete("task-1")
    reopened = own.reopen("task-1")
    assert reopened is not None and reopened.status == "todo"
    assert own.reopen("task-1") is None
    assert own.complete("task-1") is not None
    assert [each[0] for each in tracking.tracked] == [
        "task_completed",
        "task_reopened",
        "task_completed",
    ]


def test_time_and_comments_add_up_on_the_task_and_are_tracked(own, tracking):
    own.log_time("task-1", 30)
    own.log_time("task-1", 12.5)
    commented = own.comment("task-1", "Ask @ana and @ben, and @ana again")
    assert commented == own.current.tasks[0]
    assert (commented.minutes, commented.comments) == (42.5, 1)
    assert tracking.tracked == [
        ("time_logged", "task-1", 30),
        ("time_logged", "task-1", 12.5),
        ("comment_added", "task-1", 33, ["ana", "ben"]),
    ]


def test_a_task_that_is_gone_takes_neither_time_nor_comments(own, tracking, news):
    assert [own.log_time("task-99", 5), own.comment("task-99", "Hello"), own.reopen("task-99")] == [
        None
    ] * 3
    assert (own.current, tracking.tracked, news.revision) == (Project.fresh(), [], 0)


@pytest.mark.parametrize("minutes", [0, -1, 10_001, float("nan"), float("inf")])
def test_a_time_that_is_none_is_neither_kept_nor_tracked(own, tracking, minutes):
    with pytest.raises(ProjectError, match="at most 10,000 minutes"):
        own.log_time("task-1", minutes)
    assert (own.current, tracking.tracked) == (Project.fresh(), [])


def test_task_with_a_title_that_will_not_do_is_neither_added_nor_tracked(own, tracking):
    with pytest.raises(ProjectError):
        own.add(" ", "low")
    assert (own.current, tracking.tracked) == (Project.fresh(), [])


@pytest.mark.parametrize(
    "gesture",
    [
        lambda own: own.add("Call the printer", "low"),
        lambda own: own.start("task-4"),
        lambda own: own.complete("task-1"),
        lambda own: own.log_time("task-1", 5),
        lambda own: own.comment("task-1", "Hello"),
    ],
)
def test_nothing_is_kept_of_a_gesture_whose_event_was_not(own, state, monkeypatch, gesture):
    def fail(*event: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken, pytest.raises(ZeroDivisionError):
        broken.setattr(state.outboxes, "add", fail)
        gesture(own)
    assert (own.current, state.marks("w")) == (Project.fresh(), [])


def test_a_change_that_failed_leaves_the_project_as_it_was(own, news):
    with pytest.raises(ZeroDivisionError), own.changed() as project:
        project.add("Call the printer")
        raise ZeroDivisionError
    assert (own.current, news.revision) == (Project.fresh(), 0)


def test_changes_at_once_lose_none(own):
    def add(number: int) -> None:
        with own.changed() as project:
            project.add(f"Task {number}")

    threads = [threading.Thread(target=add, args=(number,)) for number in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {f"Task {number}" for number in range(20)} <= {each.title for each in own.current.tasks}


def test_resetting_restores_the_first_project_and_is_news(own, news):
    with own.changed() as project:
        project.add("Call the printer")
    own.reset()
    assert (own.current, news.revision) == (Project.fresh(), 2)


def test_with_another_template_the_project_begins_anew_and_only_then(state, news, tracking):
    templates = [DEFAULT_TEMPLATE]
    own = own_project(state, "w", news, tracking, lambda: templates[-1])
    with own.changed() as project:
        project.add("Call the printer")
    assert own.current.tasks[-1].title == "Call the printer"

    templates.append(replace(DEFAULT_TEMPLATE, name="Autumn hiking"))
    assert own.current == Project.fresh(templates[-1])

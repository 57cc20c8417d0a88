"""A user's project in the app's file: changed by one at a time, saved whole or not at all."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from lib.project import DEFAULT_TEMPLATE, Project, ProjectError, Task, Template
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

    def __init__(self, state: AppState) -> None:
        self.tracked: list[tuple[str, str]] = []
        self._state = state

    def __getattr__(self, name: str) -> Callable[[Task, Project], None]:
        def track(task: Task, project: Project) -> None:
            assert task in project.tasks
            self.tracked.append((name, task.id))
            self._state.add_to_outbox("w", task.id + name, {})

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
) -> OwnProject:
    polling = SimpleNamespace(stir=lambda: None, seen=SimpleNamespace(ahead=timedelta()))
    return OwnProject(state, world, news, tracking, polling, template)  # type: ignore[arg-type]


@pytest.fixture
def own(state: AppState, news: News, tracking: Tracking) -> OwnProject:
    return own_project(state, "w", news, tracking)


def test_a_new_user_has_the_project_that_everyone_starts_with(own):
    assert own.current == Project.fresh()


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
    assert [name for name, _ in tracking.tracked] == [
        "task_added",
        "task_started",
        "task_completed",
    ]
    assert (own.current.tasks[-1], news.revision) == (completed, 3)


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
    ],
)
def test_nothing_is_kept_of_a_gesture_whose_event_was_not(own, state, monkeypatch, gesture):
    def fail(*event: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken, pytest.raises(ZeroDivisionError):
        broken.setattr(state, "add_to_outbox", fail)
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

"""The project of one user, kept in the app's file, and what they do with it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TypeVar

from lib.project import DEFAULT_TEMPLATE, Priority, Project, Task, Template, mentions
from lib.snowplow.tracking import ProjectTracking
from lib.world.app_state import AppState
from lib.world.history import Mark
from lib.world.news import News
from lib.world.polling import Polling

T = TypeVar("T", bound=Task | None)


class OwnProject:
    """The project of one user. Several threads may change it: one after the other.

    A change and its event are kept in one transaction: there is no change without its event,
    whenever the process ends. `template` says what the project starts with; another template starts
    it over. `today` says which day it is when a sprint begins.
    """

    def __init__(
        self,
        state: AppState,
        world: str,
        news: News,
        tracking: ProjectTracking,
        polling: Polling,
        template: Callable[[], Template] = lambda: DEFAULT_TEMPLATE,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._state = state
        self._world = world
        self._news = news
        self._tracking = tracking
        self._polling = polling
        self._template = template
        self._today = today
        self.lock = threading.Lock()
        self._parsed: tuple[str | None, Template, Project] | None = None

    @property
    def current(self) -> Project:
        """The project as it is now."""
        text, template = self._state.project(self._world), self._template()
        if self._parsed is None or self._parsed[:2] != (text, template):
            project = Project.from_json(text, template, self._today())
            self._parsed = text, template, project
        return self._parsed[2].copy()

    @property
    def fresh(self) -> Project:
        """The project that this user starts with."""
        return Project.fresh(self._template(), self._today())

    def complete(self, task_id: str) -> Task | None:
        """Complete a task; None if it was already done or is gone."""

        def track(task: Task, project: Project) -> None:
            label = f"{self._tracking.completed.name}: {task.title} ({task.priority})"
            mark = Mark(datetime.now(UTC), "event", label, self._polling.seen.ahead)
            self._state.add_mark(self._world, mark)
            self._tracking.task_completed(task, project)

        return self._gesture(lambda project: project.complete(task_id), track)

    def start(self, task_id: str) -> Task | None:
        """Start a task; None if it was not to do."""
        return self._gesture(lambda project: project.start(task_id), self._tracking.task_started)

    def reopen(self, task_id: str) -> Task | None:
        """Reopen a task; None if it was not done."""
        return self._gesture(lambda project: project.reopen(task_id), self._tracking.task_reopened)

    def add(self, title: str, priority: Priority) -> Task:
        """Add a task. Raises `ProjectError` for an invalid title."""
        return self._gesture(
            lambda project: project.add(title, priority), self._tracking.task_added
        )

    def log_time(self, task_id: str, minutes: float) -> Task | None:
        """Log time on a task; None if it is gone. Raises `ProjectError` for an invalid time."""
        return self._gesture(
            lambda project: project.log_time(task_id, minutes),
            lambda task, project: self._tracking.time_logged(task, project, minutes),
        )

    def comment(self, task_id: str, text: str) -> Task | None:
        """Comment on a task; None if it is gone. The words are neither kept nor tracked. Raises
        `ProjectError` for an invalid text."""
        return self._gesture(
            lambda project: project.comment(task_id, text),
            lambda task, project: self._tracking.comment_added(
                task, project, len(text), mentions(text)
            ),
        )

    @contextmanager
    def changed(self) -> Iterator[Project]:
        """The project, saved with the changes made in the block, which are not tracked."""
        with self.lock:
            project = self.current
            yield project
            self._save(project)
        self._news.tell_of_user()

    def new_sprint(self) -> None:
        """Begin the next sprint, if all tasks are done."""
        with self.changed() as project:
            project.new_sprint(self._today())

    def reset(self) -> None:
        """Go back to the project that this user started with. What Signals counted stays."""
        with self.lock:
            self._save(self.fresh)
        self._news.tell_of_user()

    def _gesture(self, change: Callable[[Project], T], track: Callable[[Task, Project], None]) -> T:
        """Change the project and track it. What is saved before the event is written together with
        it. If no task changes, nothing is saved or tracked."""
        with self.lock, self._state.with_event():
            project = self.current
            task = change(project)
            if task is None:
                return task
            self._save(project)
            self._polling.stir()
            track(task, project)
        self._news.tell_of_user()
        return task

    def _save(self, project: Project) -> None:
        self._state.save_project(self._world, project.to_json())

"""One user's project, kept in the app's file."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lib.project import DEFAULT_TEMPLATE, Project, Template
from lib.world.app_state import AppState
from lib.world.news import News


class OwnProject:
    """The project of one user. Several threads may change it: one after the other.

    `template` says what it begins with. With another template it begins anew.
    """

    def __init__(
        self,
        state: AppState,
        world: str,
        news: News,
        template: Callable[[], Template] = lambda: DEFAULT_TEMPLATE,
    ) -> None:
        self._state = state
        self._world = world
        self._news = news
        self._template = template
        self.lock = threading.Lock()

    @property
    def current(self) -> Project:
        """The project as it is now."""
        return Project.from_json(self._state.project(self._world), self._template())

    @property
    def fresh(self) -> Project:
        """The project that this user starts with."""
        return Project.fresh(self._template())

    @contextmanager
    def changed(self) -> Iterator[Project]:
        """The project, saved with the changes made in the block."""
        with self.lock:
            project = self.current
            yield project
            self._state.save_project(self._world, project.to_json())
        self._news.tell()

    def reset(self) -> None:
        """Back to the project that this user started with. What Signals counted stays."""
        with self.lock:
            self._state.save_project(self._world, self.fresh.to_json())
        self._news.tell()

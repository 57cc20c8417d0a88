"""One user's project, kept in the app's file."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from lib.project import Project
from lib.world.app_state import AppState
from lib.world.news import News


class OwnProject:
    """The project of one user. Several threads may change it: one after the other."""

    def __init__(self, state: AppState, world: str, news: News) -> None:
        self._state = state
        self._world = world
        self._news = news
        self.lock = threading.Lock()

    @property
    def current(self) -> Project:
        """The project as it is now."""
        return Project.from_json(self._state.project(self._world))

    @contextmanager
    def changed(self) -> Iterator[Project]:
        """The project, saved with the changes made in the block."""
        with self.lock:
            project = self.current
            yield project
            self._state.save_project(self._world, project.to_json())
        self._news.tell()

    def reset(self) -> None:
        """Back to the project that everyone starts with. What Signals counted stays."""
        with self.lock:
            self._state.save_project(self._world, Project.fresh().to_json())
        self._news.tell()

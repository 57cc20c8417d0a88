"""Which steps of the guide a user has done. `lib/story` defines the steps."""

from collections.abc import Iterable
from datetime import UTC, datetime

from lib.world.app_state import AppState
from lib.world.news import News


class GuideSteps:
    """The steps that one user has done, kept after a reload or a restart."""

    def __init__(self, state: AppState, world: str, news: News) -> None:
        self._state = state
        self._world = world
        self._news = news

    @property
    def done(self) -> dict[str, datetime]:
        """The keys of the steps that are done, and when each was noticed (UTC)."""
        return self._state.guide_steps(self._world)

    def note(self, key: str) -> None:
        """Note that a step is done."""
        if self._state.add_guide_step(self._world, key, datetime.now(UTC)):
            self._news.tell_of_user()

    def forget(self, keys: Iterable[str]) -> None:
        """Forget that these steps were done."""
        self._state.remove_guide_steps(self._world, keys)
        self._news.tell_of_user()

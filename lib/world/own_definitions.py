"""A user's changes to the definitions. After each, everybody who sees them asks Signals again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from lib.connection.backend import Connection
from lib.connection.explanations import SDK_ERRORS
from lib.snowplow import contexts, publishing
from lib.snowplow.definitions import Plan
from lib.snowplow.publishing import Published
from lib.world.background import in_background
from lib.world.context_reader import ContextReader
from lib.world.news import News
from lib.world.polling import Polling


class OwnDefinitions:
    """Publishes, unpublishes and deletes. Each raises what the SDK raises. In an account, what
    others made is not touched: publishing raises `SomebodyElses`.

    `plan` returns the plan behind the definitions that Signals has now, and `on_changed` tells
    others who look at the same sandbox or account. `changes_heard` is how often others changed
    them.
    """

    def __init__(
        self,
        connection: Connection,
        plan: Callable[[], Plan],
        polling: Polling,
        context: ContextReader,
        news: News,
        on_changed: Callable[[], None],
    ) -> None:
        self.changes_heard = 0
        self._signals = connection.signals
        self._is_shared = connection.mode != "sandbox"
        self._plan = plan
        self._polling = polling
        self._context = context
        self._news = news
        self._on_changed = on_changed

    def publish(self, plan: Plan) -> Published:
        """Publish the definitions; returns what Signals then says."""
        with self.changing():
            return publishing.publish(self._signals, plan, is_shared=self._is_shared)

    def publish_all(self, plan: Plan) -> Published:
        """`publish`, and the agentic context if Signals supports it."""
        after = self.publish(plan)
        with suppress(*SDK_ERRORS):  # the assistant's page says what is wrong
            self.publish_context()
        return after

    def publish_context(self) -> None:
        """Publish the agentic context."""
        contexts.publish_context(self._signals, self._plan(), is_shared=self._is_shared)
        self._context.refresh()

    def unpublish(self) -> Published:
        """Unpublish the definitions; returns what Signals then says."""
        plan = self._plan()
        with self.changing():
            after = publishing.unpublish(self._signals, plan.names, is_shared=self._is_shared)
            contexts.unpublish_context(self._signals, plan, is_shared=self._is_shared)
        self._context.refresh_soon()
        return after

    def clean_up(self) -> list[str]:
        """Delete the definitions; returns the names of those that others use or made: they stay."""
        plan = self._plan()
        with self.changing():
            kept = publishing.clean_up(self._signals, plan.names)
            kept += contexts.delete_context(self._signals, plan)
        self._context.refresh_soon()
        return kept

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Ask Signals again afterwards: some may have changed even if the rest was refused."""
        try:
            yield
        finally:
            self._polling.ask_again()
            self._on_changed()

    def hear_of_change(self) -> None:
        """Somebody else changed the definitions here: find out what they are now."""
        self.changes_heard += 1
        self._news.tell()
        in_background("reader", self._polling.ask_again)

"""The id of a session, which ends after half an hour without activity.

Snowplow's browser and mobile trackers make session ids themselves. The Python tracker does not: an
application sets one, as `domain_sessionid`. Signals computes attributes and agentic contexts for a
session as it does for a user, and ignores ids that are not UUIDs.

Source: https://docs.snowplow.io/docs/signals/attributes/attribute-keys/
"""

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

QUIET = timedelta(minutes=30)  # as in Snowplow's browser tracker


class SessionId:
    """One user's session id. `now` is the clock; several threads may use it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._id = str(uuid.uuid4())
        self._active_at = now()

    def renew(self) -> None:
        """Begin a new session."""
        with self._lock:
            self._begin()

    @property
    def known(self) -> str:
        """The id of the session, without extending it."""
        return self._id

    def current(self) -> str:
        """The id for something that happens now: a new one after half an hour without activity."""
        with self._lock:
            if self._now() - self._active_at >= QUIET:
                self._begin()
            self._active_at = self._now()
            return self._id

    def _begin(self) -> None:
        self._id = str(uuid.uuid4())
        self._active_at = self._now()

"""The open worlds of this process: shared by the browser sessions that look at them.

Those that nobody looks at any more are closed, a moment later, because a reload comes back; the
rest are kept connected.
"""

import threading
import time

from lib.app_state import AppState
from lib.connection import Backend
from lib.definitions import Plan
from lib.participant import Participant

CLOSE_AFTER_SECONDS = 5.0
KEEP_EVERY_SECONDS = 1.0


class Participants:
    """All open worlds of this process, shared by the browser sessions that look at them."""

    def __init__(self, backend: Backend, state: AppState, plan: Plan) -> None:
        self._backend = backend
        self._state = state
        self._plan = plan
        self._lock = threading.Lock()
        self._open: dict[tuple[str, str], Participant] = {}
        self._users: dict[tuple[str, str], int] = {}
        self._left_at: dict[tuple[str, str], float] = {}
        self._is_closed = threading.Event()
        threading.Thread(target=self._keep, name="participants", daemon=True).start()

    def join(self, user_id: str, token: str) -> Participant:
        """The world of a user in a sandbox, opened if it is not; `leave` it once for each join."""
        key = (user_id, token)
        with self._lock:
            if key not in self._open:
                connection = self._backend.connect(token)
                self._open[key] = Participant(user_id, connection, self._state, self._plan)
            self._users[key] = self._users.get(key, 0) + 1
            self._left_at.pop(key, None)
            return self._open[key]

    def leave(self, user_id: str, token: str) -> None:
        """One session less looks at a world. A reload comes back before it is closed."""
        key = (user_id, token)
        with self._lock:
            self._users[key] = self._users.get(key, 0) - 1
            if self._users[key] <= 0:
                self._left_at[key] = time.monotonic()

    def close(self) -> None:
        """Close every world and stop keeping them."""
        self._is_closed.set()
        with self._lock:
            worlds = list(self._open.values())
            self._open.clear()
        for participant in worlds:
            participant.close()

    def _keep(self) -> None:
        while not self._is_closed.wait(KEEP_EVERY_SECONDS):
            for participant in self._deserted():
                participant.close()
            with self._lock:
                worlds = list(self._open.values())
            for participant in worlds:
                participant.keep_alive()

    def _deserted(self) -> list[Participant]:
        """The worlds that everybody left, once all that was tracked in them is sent."""
        until = time.monotonic() - CLOSE_AFTER_SECONDS
        with self._lock:
            gone = [
                key
                for key, left_at in self._left_at.items()
                if left_at <= until and not self._open[key].tracking.emitter.delivery.waiting
            ]
            for key in gone:
                del self._left_at[key]
                self._users.pop(key, None)
            return [self._open.pop(key) for key in gone]

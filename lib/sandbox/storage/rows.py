"""What is handed to the store to be kept, where it is more than a few values."""

from typing import NamedTuple


class NewFailedEvent(NamedTuple):
    """One failed event to store; `payload` and `failures` are JSON, `request` names its request."""

    event_id: str | None
    collector_tstamp: int
    user_id: str | None
    payload: bytes
    failures: bytes
    request: int | None = None

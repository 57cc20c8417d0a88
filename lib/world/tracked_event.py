"""A tracked event and its state on the way to the collector."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

State = Literal["sending", "waiting", "sent", "refused"]

# The tracker protocol's short names for events that have no schema of their own.
# https://docs.snowplow.io/docs/fundamentals/canonical-event/
NAMES = {"pv": "page_view", "pp": "page_ping", "se": "event"}


@dataclass(frozen=True)
class TrackedEvent:
    """One event and its state.

    `waiting` means that a try has failed, for this event or one before it, and another will follow.
    `status` is the collector's last answer, None if there was none, and `reason` says why it was
    not accepted. `sent_at` is when the collector accepted it. `packed` is what the tracker sends,
    as JSON: that takes a third of the memory, and hundreds are kept for each user.
    """

    event_id: str
    name: str
    schema: str | None
    user_id: str | None
    tstamp: datetime
    state: State = "sending"
    status: int | None = None
    reason: str = ""
    sent_at: datetime | None = None
    packed: bytes = field(default=b"{}", compare=False, repr=False)

    @property
    def payload(self) -> dict[str, Any]:
        """What the tracker sends."""
        payload: dict[str, Any] = orjson.loads(self.packed)
        return payload

    @property
    def is_final(self) -> bool:
        """Whether the collector accepted it, or refused it permanently."""
        return self.state in ("sent", "refused")


def tracked_event(payload: Mapping[str, Any]) -> TrackedEvent:
    """An event as the tracker hands it to its emitter, which has not been sent yet."""
    schema = _schema(payload)
    milliseconds = str(payload.get("dtm", ""))
    return TrackedEvent(
        event_id=str(payload.get("eid", "")),
        name=schema.split("/")[1] if schema else NAMES.get(str(payload.get("e")), "unknown"),
        schema=schema,
        user_id=payload.get("uid"),
        tstamp=(
            datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
            if milliseconds.isdigit()
            else datetime.now(UTC)
        ),
        packed=_packed(payload),
    )


def _packed(payload: Mapping[str, Any]) -> bytes:
    """A copy: what orjson returns holds four times the memory that it needs."""
    return bytes(memoryview(orjson.dumps(payload, default=str)))


def _schema(payload: Mapping[str, Any]) -> str | None:
    """The schema of a self-describing event; None for all others."""
    try:
        text = payload.get("ue_pr") or base64.urlsafe_b64decode(payload["ue_px"])
        schema = orjson.loads(text)["data"]["schema"]
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None
    is_iglu = isinstance(schema, str) and schema.startswith("iglu:") and schema.count("/") == 3
    return schema if is_iglu else None

"""A user's event, its content and its outcome; finding, counting and posting events again."""

import base64
import binascii
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import orjson

from lib.cached import cached_property
from lib.world.tracked_event import State, TrackedEvent

Status = Literal["accepted", "failed"] | State
Outcome = Literal["accepted", "failed", "sent", "on its way"]

MINUTES_SHOWN = 30
YOUR_COLLECTOR = "<your collector>"
PAYLOAD_DATA = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"

OUTCOMES: dict[Status, Outcome] = {
    "accepted": "accepted",
    "failed": "failed",
    "refused": "failed",
    "sent": "sent",
    "sending": "on its way",
    "waiting": "on its way",
}


@dataclass(frozen=True)
class UserEvent:
    """One event. `raw` has the tracker's fields as they were sent, `failures` why it failed, each
    with `schema`, `path` and `message`, and `reason` why it was not sent."""

    event_id: str
    tstamp: datetime
    name: str
    status: Status
    schema: str | None
    user_id: str | None
    raw: Any
    data: Any = None
    entities: list[Any] = field(default_factory=list)
    atomic: dict[str, Any] = field(default_factory=dict)
    unvalidated: list[str] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    reason: str = ""

    @property
    def key(self) -> str:
        """Identifies the event; failed events may have no id."""
        return self.event_id or f"without id, {self.tstamp.isoformat()}"

    @property
    def outcome(self) -> Outcome:
        """The outcome, as people search for it."""
        return OUTCOMES[self.status]

    @property
    def summary(self) -> str:
        """Why it failed, else its content."""
        if self.failures:
            return "; ".join(f"{each['path']} {each['message']}" for each in self.failures)
        return self.reason or ("" if self.data is None else orjson.dumps(self.data).decode())

    @cached_property
    def text(self) -> str:
        """All of its text, for searching."""
        parts = (
            *(self.event_id, self.name, self.status, self.schema, self.user_id, self.reason),
            *(self.data, self.entities, self.atomic, self.failures, self.raw),
        )
        return orjson.dumps(parts, default=str, option=orjson.OPT_NON_STR_KEYS).decode().lower()


def failure_in_words(failure: Mapping[str, Any]) -> str:
    """One reason why an event failed: the schema, the field and what is wrong with it."""
    place = " ".join(str(part) for part in (failure["schema"], failure["path"]) if part)
    return f"{place}: {failure['message']}" if place else str(failure["message"])


def collected_event(answer: Mapping[str, Any]) -> UserEvent:
    """An event as the sandbox reports it."""
    raw = answer["raw"]
    return UserEvent(
        event_id=answer["event_id"] or "",
        tstamp=datetime.fromtimestamp(answer["collector_tstamp"] / 1000, UTC),
        name=answer["name"],
        status=answer["status"],
        schema=answer["schema"],
        user_id=answer["user_id"],
        raw=raw,
        data=answer["data"] if answer["status"] == "accepted" else _data(raw),
        entities=answer["entities"] or _entities(raw),
        atomic=answer["atomic"],
        unvalidated=answer["unvalidated"],
        failures=answer["failures"],
    )


def tracked_user_event(event: TrackedEvent) -> UserEvent:
    """An event as the app's own tracker knows it."""
    return UserEvent(
        event_id=event.event_id,
        tstamp=event.tstamp,
        name=event.name,
        status=event.state,
        schema=event.schema,
        user_id=event.user_id,
        raw=event.payload,
        data=_data(event.payload),
        entities=_entities(event.payload),
        reason=event.reason,
    )


def _data(raw: Any) -> Any:
    described = _described(raw, "ue_pr", "ue_px")
    return described.get("data") if isinstance(described, dict) else None


def _entities(raw: Any) -> list[Any]:
    entities = _described(raw, "co", "cx")
    return entities if isinstance(entities, list) else []


def _described(raw: Any, plain: str, encoded: str) -> Any:
    """What is inside a self-describing field; None if it is not there or cannot be read."""
    fields = raw if isinstance(raw, Mapping) else {}
    try:
        text = fields.get(plain) or base64.urlsafe_b64decode(str(fields[encoded]) + "==")
        return orjson.loads(text)["data"]
    except (KeyError, TypeError, ValueError, binascii.Error):
        return None


def matching(
    events: Iterable[UserEvent], outcomes: Sequence[str], names: Sequence[str], words: str
) -> list[UserEvent]:
    """The events with one of the outcomes, one of the names and all the words; empty means any."""
    wanted = [orjson.dumps(word).decode()[1:-1] for word in words.lower().split()]
    return [
        each
        for each in events
        if (not outcomes or each.outcome in outcomes)
        and (not names or each.name in names)
        and all(word in each.text for word in wanted)
    ]


def per_minute(events: Sequence[UserEvent]) -> dict[tuple[datetime, Outcome], int]:
    """How many events there were in each of the minutes before the newest one, by outcome."""
    minutes = [(each.tstamp.replace(second=0, microsecond=0), each.outcome) for each in events]
    newest = max((minute for minute, _ in minutes), default=None)
    if newest is None:
        return {}
    first = newest - timedelta(minutes=MINUTES_SHOWN - 1)
    return dict(Counter(each for each in minutes if each[0] >= first))


def newest_task(events: Sequence[UserEvent], user_id: str, schema: str) -> UserEvent | None:
    """The user's newest completed task, by its schema, else the newest event; None without any."""
    tasks = (
        each
        for each in events
        if (each.schema, each.user_id) == (schema, user_id) and each.outcome != "failed"
    )
    return next(tasks, next(iter(events), None))


def curl_command(event: UserEvent, collector: str, event_id: str) -> str:
    """A command that posts the same event with a new event id; empty if it has no fields."""
    if not isinstance(event.raw, Mapping) or not event.raw:
        return ""
    fields = {name: str(value) for name, value in event.raw.items()} | {"eid": event_id}
    body = orjson.dumps({"schema": PAYLOAD_DATA, "data": [fields]}).decode()
    url = f"{collector}/com.snowplowanalytics.snowplow/tp2"
    return (
        f"curl {shlex.quote(url)} \\\n"
        "  -H 'Content-Type: application/json; charset=utf-8' \\\n"
        f"  -d {shlex.quote(body)}"
    )

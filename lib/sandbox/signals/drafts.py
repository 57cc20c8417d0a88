"""Event logs, which are edited as drafts while what was published stays live.

The registry keeps one definition: what is live, or was saved last if nothing is, and in `draft`
what has been saved since then. Publishing replaces what was live with the draft; earlier events
stay, as they were collected for a log of that name *(ours)*. Unpublishing keeps the draft as the
definition. Saving what is live once more discards the draft *(ours)*.

Source: https://docs.snowplow.io/docs/signals/agentic-contexts/ (publishing an agentic context), the
SDK's model of `has_published_version`
"""

from typing import Any

from snowplow_signals.models.model import EventLogResponse

PUBLISHED_STATE = {"is_published", "has_published_version"}


class EventLogWithDraft(EventLogResponse):
    """An event log as the registry keeps it."""

    draft: EventLogResponse | None = None


def latest(model: Any) -> Any:
    """The draft of an event log if it has one; otherwise the definition itself."""
    draft = model.draft if isinstance(model, EventLogWithDraft) else None
    return model if draft is None else draft


def unpublished(log: EventLogResponse) -> EventLogResponse:
    """A new event log: whatever it says about itself, only `engines/publish` publishes it."""
    return log.model_copy(update={"is_published": False})


def saved(old: EventLogWithDraft, log: EventLogResponse) -> EventLogResponse:
    """An event log with `log` saved: as its draft while it is published."""
    log = unpublished(log)
    if not old.is_published:
        return log
    draft = None if _content(log) == _content(old) else log
    return old.model_copy(update={"draft": draft})


def shown(log: EventLogResponse) -> dict[str, Any]:
    """What the API returns for an event log: its newest state, and whether that is live."""
    newest = latest(log)
    answer: dict[str, Any] = newest.model_dump(mode="json", exclude_none=True, by_alias=True)
    answer.pop("draft", None)
    return answer | {
        "is_published": bool(log.is_published) and newest is log,
        "has_published_version": bool(log.is_published),
    }


def _content(log: EventLogResponse) -> dict[str, Any]:
    return log.model_dump(mode="json", exclude_none=True, exclude=PUBLISHED_STATE | {"draft"})

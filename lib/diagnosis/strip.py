"""The last event in four stages, event, value, rule and nudge: what "Signals sees" of a click.

Each stage says what happened. In the sandbox it knows from the event's trace, on Snowplow from what
an application can see: its own tracker, the values that it reads and what arrives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from lib.diagnosis.journey import stops
from lib.snowplow.criteria import criteria_text, is_number
from lib.snowplow.definitions import COUNT
from lib.snowplow.publishing import Published
from lib.text import is_uuid
from lib.world.events import tracked_user_event
from lib.world.history import Change
from lib.world.inbox import Received
from lib.world.tracked_event import TrackedEvent

State = Literal["idle", "busy", "done", "stopped", "hit"]
PROPERTIES_SHOWN = 3
VALUE_AT_MOST = 24
SENT = {
    "sending": "being sent",
    "waiting": "waiting to be sent again",
    "sent": "accepted by the collector",
    "refused": "refused by the collector",
}


@dataclass(frozen=True)
class StripStage:
    """One stage: its name, its state, and what happened, in a title and a detail.

    `after` is when, in milliseconds since the event was tracked; None if unknown.
    """

    name: str
    state: State
    title: str
    detail: str
    after: int | None = None


@dataclass(frozen=True)
class Facts:
    """What is known: the last event, its trace (empty on Snowplow), the last change of the count
    that was read, the definitions, and the intervention that the event sent, else the newest of the
    story's rule."""

    event: TrackedEvent | None
    trace: Sequence[Mapping[str, Any]]
    change: Change | None
    count: float | None
    published: Published
    received: Received | None


def strip(facts: Facts) -> tuple[StripStage, StripStage, StripStage, StripStage]:
    """The four stages."""
    return _event(facts), _value(facts), _rule(facts), _nudge(facts)


def _event(facts: Facts) -> StripStage:
    event = facts.event
    if event is None and facts.count:  # from before this page was opened
        return StripStage("Event", "idle", "No new event", "What you do next shows here.")
    if event is None:
        return StripStage("Event", "idle", "No event yet", "What you do is tracked and shows here.")
    if stopped := [each for each in stops(facts.trace) if each.stage == "validation"]:
        first = stopped[0]
        return StripStage("Event", "stopped", event.name, f"failed: {first.field}: {first.reason}")
    data = tracked_user_event(event).data
    detail = ", ".join(_shown(data)) if isinstance(data, Mapping) else ""
    if validated := _stage(facts, "validated"):
        said = f"accepted: {detail}" if detail else "accepted"
        return StripStage("Event", "done", event.name, said, _after(event, validated["tstamp"]))
    state: State = "done" if event.state == "sent" else "busy"
    if event.state == "refused":
        state = "stopped"
    sent_at = event.sent_at.timestamp() if event.sent_at else None
    reason = f": {event.reason}" if event.reason else ""
    said = "; ".join(each for each in (detail, SENT[event.state] + reason) if each)
    return StripStage("Event", state, event.name, said, _after(event, sent_at))


def _shown(data: Mapping[str, Any]) -> list[str]:
    """The first properties that mean something to a person. An id alone does not."""
    told = [
        f"{name} {value}"
        for name, value in data.items()
        if not (name.endswith("_id") or is_uuid(str(value)))
    ]
    return told[:PROPERTIES_SHOWN]


def _value(facts: Facts) -> StripStage:
    event, attributes = facts.event, _stage(facts, "attributes")
    changed = _changed(attributes or {})
    if event is not None and attributes is not None and changed:
        turned = _turned(changed[0]["before"], changed[0]["after"])
        after = _after(event, attributes["tstamp"])
        return StripStage("Value", "done", turned, changed[0]["attribute"], after)
    if not facts.published.is_any:
        return StripStage(
            "Value", "idle", "Nothing is counted", "The definitions are not published."
        )
    now = "no value yet" if facts.count is None else f"{facts.count:g}"
    if event is not None and attributes is not None:
        if not attributes["changes"]:
            return _uncounted(now, [*attributes["ignored"], *attributes.get("too_large", ())])
    elif event is not None and facts.change is not None and facts.change.tstamp >= event.tstamp:
        turned = _turned(facts.change.before, facts.change.after)
        read_at = facts.change.tstamp.timestamp()
        return StripStage("Value", "done", turned, f"{COUNT}, as read", _after(event, read_at))
    return StripStage("Value", "idle", now, COUNT)


def _changed(attributes: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What changed with the event: the story's count first, then attributes of any other group."""
    found = [each for each in attributes.get("changes", ()) if each["before"] != each["after"]]
    return sorted(found, key=lambda each: bool(each["attribute"] != COUNT))


def _uncounted(now: str, reasons: Sequence[str]) -> StripStage:
    if not reasons:
        return StripStage(
            "Value", "idle", now, "No published attribute is computed from this event."
        )
    return StripStage("Value", "stopped", now, f"not counted: {reasons[0]}")


def _rule(facts: Facts) -> StripStage:
    threshold = facts.published.threshold
    count = facts.count or 0
    after = _after(facts.event, (_stage(facts, "criteria") or {}).get("tstamp"))
    became_true = _became_true(facts)
    if became_true and (threshold is None or not _is_story(facts, became_true[0])):
        return StripStage("Rule", "hit", str(became_true[0]["name"]), "became true", after)
    if threshold is None:
        return _other_rule(facts)
    title = f"{count:g} of {threshold:g}"
    if became_true:
        return StripStage("Rule", "hit", title, f"{COUNT} ≥ {threshold:g} became true", after)
    if count >= threshold:
        return StripStage("Rule", "hit", title, f"{COUNT} ≥ {threshold:g} is true")
    return StripStage(
        "Rule", "done" if count else "idle", title, f"{threshold - count:g} more to go"
    )


def _other_rule(facts: Facts) -> StripStage:
    """The story's rule if it asks for something other than a count; if it is not published, another
    rule that was evaluated for the event."""
    nudge = facts.published.intervention
    if nudge is None or not nudge.is_published:
        for each in (_stage(facts, "criteria") or {}).get("evaluations", ()):
            said = "It is true." if each["is_met"] else "It is not true yet."
            return StripStage("Rule", "idle", str(each["name"]), said)
        return StripStage("Rule", "idle", "No rule", "The intervention is not published.")
    return StripStage("Rule", "idle", str(nudge.name), criteria_text(nudge.criteria))


def _nudge(facts: Facts) -> StripStage:
    event, received = facts.event, facts.received
    if received is None:
        threshold = facts.published.threshold
        if threshold is not None and (facts.count or 0) >= threshold:
            return StripStage(
                "Nudge", "busy", "Not here yet", "It is sent when the rule becomes true."
            )
        return StripStage("Nudge", "idle", "Not yet", "Sent once, when the rule becomes true.")
    at = received.tstamp.astimezone(UTC)
    if event is not None and _is_from(facts, event, received):
        after = _after(event, at.timestamp())
        return StripStage("Nudge", "hit", "Delivered", received.intervention.name, after)
    return StripStage("Nudge", "done", f"Delivered at {_clock(at)}", "Each user gets it once.")


def _is_from(facts: Facts, event: TrackedEvent, received: Received) -> bool:
    """Whether this event sent the intervention; without a trace, whether it came after it."""
    if not facts.trace:
        return received.tstamp >= event.tstamp
    sent = [each for each in facts.trace if each["stage"] == "triggered"]
    return received.id in (each["intervention_id"] for each in sent)


def _turned(before: Any, after: Any) -> str:
    start = 0 if before is None and is_number(after) else before
    return f"{_in_short(start)} → {_in_short(after)}"


def _in_short(value: Any) -> str:
    """A value of any attribute, short enough that two fit in a title."""
    if value is None:
        return "no value"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= VALUE_AT_MOST else f"{text[: VALUE_AT_MOST - 1]}…"


def _stage(facts: Facts, name: str) -> Mapping[str, Any] | None:
    return next((each for each in facts.trace if each["stage"] == name), None)


def _became_true(facts: Facts) -> list[Mapping[str, Any]]:
    """The rules that became true with the event, the story's first."""
    evaluations = (_stage(facts, "criteria") or {}).get("evaluations", ())
    found = [each for each in evaluations if each["is_met"] and not each["was_met"]]
    return sorted(found, key=lambda each: not _is_story(facts, each))


def _is_story(facts: Facts, evaluation: Mapping[str, Any]) -> bool:
    nudge = facts.published.intervention
    wanted = (nudge.name, nudge.version) if nudge is not None else None
    return (evaluation["name"], evaluation["version"]) == wanted


def _after(event: TrackedEvent | None, seconds: float | None) -> int | None:
    if event is None or seconds is None:
        return None
    return max(0, round(1000 * (seconds - event.tstamp.timestamp())))


def _clock(tstamp: datetime) -> str:
    return f"{tstamp:%H:%M} UTC"

"""Checks of one event: from the tracker to the intervention that it should have brought.

What Snowplow does not tell from outside is said to be unknown, with where to look in Console. The
sandbox keeps a trace of each event, and tells it.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import Any

from lib.connection import Connection
from lib.criteria import in_words, meets
from lib.diagnosis import Check, Verdict, finding, ok, unknown
from lib.emitter import Delivery
from lib.history import Reading
from lib.inbox import Missed, Received
from lib.polling import Seen
from lib.tracked_event import TrackedEvent

SENDING_AFTER = timedelta(seconds=1)
CHANGES_WITHIN = timedelta(seconds=15)
NOTHING_TRACKED = "No task was completed since the app opened this world."
NO_TRACE = "The sandbox keeps the traces of its newest events, and none of this one."


@dataclass(frozen=True)
class Situation:
    """What the app knows of an event and of all around it, at one moment."""

    connection: Connection
    user_id: str
    subject_user_id: str | None
    event: TrackedEvent | None
    delivery: Delivery
    seen: Seen
    history: list[Reading]
    received: list[Received]
    missed: list[Missed]

    @property
    def intervention(self) -> Any | None:
        """The intervention that Signals has; None if there is none."""
        return self.seen.published.intervention if self.seen.published else None

    @property
    def receipt(self) -> Received | None:
        """When this version of the intervention was received; None if it was not."""
        nudge = self.intervention
        return next(
            (
                each
                for each in self.received
                if nudge is not None
                and (each.intervention.name, each.intervention.version)
                == (nudge.name, nudge.version)
            ),
            None,
        )

    @property
    def is_met(self) -> bool | None:
        """Whether the latest values meet the criteria; None if that cannot be told."""
        nudge = self.intervention
        return None if nudge is None else meets(nudge.criteria, self.seen.current)

    @cached_property
    def stages(self) -> Mapping[str, Any] | None:
        """The trace of the event by stage; None without one. Raises `httpx.HTTPError`."""
        traces = self.connection.traces
        if traces is None or self.event is None:
            return None
        stages = traces.stages(self.event.event_id)
        return {stage["stage"]: stage for stage in stages} if stages else None


def subject(now: Situation) -> Verdict:
    """Only an event with a user id belongs to somebody."""
    user_id = now.event.user_id if now.event else now.subject_user_id
    if user_id:
        return ok(f"Its subject is {user_id}.")
    return finding(
        "The event has no user id: the tracker has no subject.",
        "Give the tracker one: Tracker(..., subject=Subject().set_user_id(user_id)).",
    )


def user_id(now: Situation) -> Verdict:
    """Signals ignores user ids that are not UUIDs, without an error."""
    tracked = (now.event.user_id if now.event else now.subject_user_id) or ""
    if not tracked:
        return unknown("There is no user id to look at.")
    if not _is_uuid(tracked):
        return finding(
            f"{tracked[:60]!r} is not a UUID, and Signals ignores user ids that are not, without an"
            " error.",
            "Map your own ids to UUIDs, for example with uuid.uuid5, before you set them.",
        )
    if tracked != now.user_id:
        return finding(
            f"The event is of {tracked}, and this page looks at {now.user_id}.",
            "Use one and the same id for tracking, reading and subscribing.",
        )
    return ok(f"{tracked} is one.")


def sent(now: Situation) -> Verdict:
    """Whether the collector took the event."""
    event = now.event
    if event is None:
        return finding(NOTHING_TRACKED, "Complete a task on the board, then look again.")
    if event.state == "sent":
        return ok(f"The collector took it (status {event.status}).")
    if event.state == "refused":
        return finding(
            f"The collector refused it for good: {event.reason}.",
            "It is not sent again. Check that COLLECTOR_URL is your collector's address.",
        )
    if event.state == "waiting":
        waiting = now.delivery.waiting
        events = "1 event waits" if waiting == 1 else f"{waiting} events wait"
        again = f"{now.delivery.retry_at:%H:%M:%S}" if now.delivery.retry_at else "soon"
        return finding(
            f"The collector does not take it: {event.reason}. {events}.",
            f"Nothing is lost. The next try is at {again} UTC; check the collector if this lasts.",
        )
    if datetime.now(UTC) - event.tstamp < SENDING_AFTER:
        return unknown("It is being sent.")
    return finding(
        "The collector has been asked and does not answer.",
        "It is given five seconds; then the event waits and is sent again. Nothing is lost.",
    )


def accepted(now: Situation) -> Verdict:
    """Whether the event passed validation, leaving aside that its schema may be unknown."""
    if now.connection.traces is None:
        return _in_console(now, "passed validation", "Data quality, among the failed events")
    if now.stages is None:
        return _untraced(now)
    failures = now.stages.get("failed", {}).get("failures", [])
    if failures and not _lacks_schema(now):
        first = failures[0]
        return finding(
            f"It failed: {first['path']}: {first['message']}"
            + (f" ({first['schema']})." if first["schema"] else "."),
            "Correct what is tracked, or the schema. A failed event is kept, and counts for"
            " nothing.",
        )
    return ok("It was received, and its fields are in order.")


def schema_known(now: Situation) -> Verdict:
    """Whether there is a schema to validate the event against."""
    event = now.event
    if now.connection.traces is None:
        schema = event.schema if event and event.schema else "the event's schema"
        return _in_console(now, f"found {schema}", "Data structures: publish it there")
    if now.stages is None or event is None:
        return _untraced(now)
    if _lacks_schema(now):
        return finding(
            f"{event.schema} is in no Iglu registry of this sandbox.",
            "Track the version that there is, or add the schema. Compare VENDOR with the folder"
            " names in lib/schemas.",
        )
    unvalidated = now.stages.get("validated", {}).get("unvalidated", [])
    if unvalidated:
        return ok(f"The sandbox has none of this vendor and let it pass: {unvalidated[0]}.")
    return ok(f"{event.schema or event.name}: known, and the event conforms to it.")


def matched(now: Situation) -> Verdict:
    """Whether the group counts events like this one, and counted already when it came."""
    event, published = now.event, now.seen.published
    if event is None:
        return unknown(NOTHING_TRACKED)
    group = published.group if published else None
    if group is None or not group.is_published:
        return unknown("There is no published group that could count it.")
    counted = [each for attribute in group.attributes or [] for each in attribute.events or []]
    if not any(_describes(each, event) for each in counted):
        names = ", ".join(dict.fromkeys(_event_name(each) for each in counted)) or "none"
        return finding(
            f"{group.name} counts {names}, and this event is {event.schema or event.name}.",
            "Use the same vendor, name and version in the tracker and in the definition (VENDOR).",
        )
    if now.connection.traces is not None:
        return _counted_in_sandbox(now, group)
    seen = now.seen
    if seen.unpublished_at and event.tstamp <= seen.unpublished_at:
        return _came_before(group)
    if seen.published_at and event.tstamp >= seen.published_at:
        return ok(f"{group.name} version {group.version} counts it, and was published before.")
    return unknown(
        f"{group.name} counts such events. Whether it did when this one came is not known.",
        "Complete another task: it comes after publishing for certain.",
    )


def changed(now: Situation) -> Verdict:
    """Whether the event changed a value of this user."""
    event = now.event
    if event is None:
        return unknown(NOTHING_TRACKED)
    if now.connection.traces is not None:
        if now.stages is None:
            return _untraced(now)
        changes = [each for each in _changes(now) if each["before"] != each["after"]]
        if not changes:
            return finding(
                "The event changed no value.", "See the checks above: it was not counted."
            )
        said = (f"{each['attribute']}: {each['before']} → {each['after']}" for each in changes)
        return ok(f"{'; '.join(said)}.")
    if now.history and now.history[-1].tstamp >= event.tstamp:
        return ok(f"The values changed at {now.history[-1].tstamp:%H:%M:%S} UTC.")
    if event.state == "sent" and datetime.now(UTC) - event.tstamp > CHANGES_WITHIN:
        return finding(
            f"The values are the same as before, {CHANGES_WITHIN.seconds} seconds and more after"
            " the event.",
            "Look in Console: under Data quality whether it failed, and under Signals whether the"
            " attribute group is published and processes events.",
        )
    return unknown("No later values were read yet.", "Look again in a few seconds.")


def criteria_met(now: Situation) -> Verdict:
    """Whether the values are over the line."""
    nudge = now.intervention
    if nudge is None or not nudge.is_published:
        return unknown("No intervention is published.")
    line, values = in_words(nudge.criteria), now.seen.current
    read = ", ".join(f"{name}: {value}" for name, value in values.items() if name != "user_id")
    if now.is_met is None:
        return unknown(f"Whether {line} cannot be told from values alone.", "See Console, Signals.")
    if now.is_met:
        return ok(f"{line}: yes ({read}).")
    return finding(
        f"Not yet: it fires at {line} ({read or 'no values yet'}).",
        "Complete more tasks, or publish a lower line on the definitions page.",
    )


def fired(now: Situation) -> Verdict:
    """Whether the intervention fired for this user before: it does so once."""
    nudge, receipt, event = now.intervention, now.receipt, now.event
    if nudge is None or event is None:
        return unknown("There is nothing that could have fired.")
    if receipt is not None and receipt.tstamp < event.tstamp:
        return _fired_already(
            f"{nudge.name} version {nudge.version} arrived at"
            f" {receipt.tstamp:%Y-%m-%d %H:%M:%S} UTC."
        )
    if receipt is not None:
        return ok(f"It fired, and arrived at {receipt.tstamp:%H:%M:%S} UTC.")
    if not now.is_met:
        return ok("It has not fired: the criteria are not met.")
    if now.connection.traces is None:
        return _in_console(now, "fired the intervention before", "Signals, Interventions")
    if now.stages is None:
        return _untraced(now)
    if "triggered" in now.stages:
        return ok("This event made it fire.")
    evaluation = _evaluation(now)
    if evaluation is None:
        return finding(
            "The intervention was not evaluated when this event came: it was not published.",
            "It fires only when a later event crosses the line. Become a new user, or publish"
            " another line.",
        )
    if evaluation["was_met"]:
        return finding(
            "The criteria were met already before this event, and an intervention fires only when"
            " the line is crossed.",
            "Become a new user, or publish another line: that is a new version.",
        )
    return _fired_already("The line was crossed, and nothing was sent.")


def received(now: Situation) -> Verdict:
    """Whether the intervention arrived."""
    nudge, receipt = now.intervention, now.receipt
    if nudge is None:
        return unknown("There is no intervention to receive.")
    if receipt is not None:
        answer = f" You {receipt.answer} it." if receipt.answer else " It waits for an answer."
        return ok(f"It arrived at {receipt.tstamp:%H:%M:%S} UTC.{answer}")
    triggered = (now.stages or {}).get("triggered")
    if triggered is not None and triggered.get("fate") == "lost":
        return _lost("It fired while nobody listened, and is lost.")
    if any((each.name, each.version) == (nudge.name, nudge.version) for each in now.missed):
        return _lost("It probably fired while the app was disconnected.")
    if now.is_met:
        return finding(
            "The criteria are met and nothing arrived.",
            "Wait a few seconds. If nothing comes, the checks above say what to look at.",
        )
    return unknown("There is nothing to receive yet.")


def _lost(evidence: str) -> Verdict:
    return finding(
        evidence,
        "Interventions are not sent again. Become a new user, or publish another line.",
    )


def _fired_already(evidence: str) -> Verdict:
    return finding(
        f"{evidence} An intervention fires once for each user.",
        "Become a new user, or publish another line: that is a new version.",
    )


def _came_before(group: Any) -> Verdict:
    return finding(
        f"The event came before {group.name} version {group.version} was published, and only later"
        " ones count.",
        "Complete another task.",
    )


def _counted_in_sandbox(now: Situation, group: Any) -> Verdict:
    if now.stages is None:
        return _untraced(now)
    if "failed" in now.stages:
        return unknown("A failed event is not counted by any group.")
    ignored = now.stages.get("attributes", {}).get("ignored", [])
    if _changes(now):
        return ok(f"{group.name} version {group.version} counted it.")
    if ignored:
        return finding(f"It counts for nobody: {ignored[0]}.", "Track with a UUID as the user id.")
    return _came_before(group)


def _changes(now: Situation) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = (now.stages or {}).get("attributes", {}).get("changes", [])
    return changes


def _evaluation(now: Situation) -> dict[str, Any] | None:
    """How the sandbox evaluated the intervention when the event came; None if it did not."""
    nudge = now.intervention
    evaluations = (now.stages or {}).get("criteria", {}).get("evaluations", [])
    return next(
        (
            each
            for each in evaluations
            if nudge is not None and (each["name"], each["version"]) == (nudge.name, nudge.version)
        ),
        None,
    )


def _lacks_schema(now: Situation) -> bool:
    """Whether the event failed because its own schema is nowhere."""
    event, traces = now.event, now.connection.traces
    has_failed = now.stages is not None and "failed" in now.stages
    if not has_failed or event is None or event.schema is None or traces is None:
        return False
    return not traces.has_schema(event.schema)


def _untraced(now: Situation) -> Verdict:
    if now.event is None:
        return unknown(NOTHING_TRACKED)
    if now.event.state != "sent":
        return unknown("The event has not reached the collector.")
    return unknown(NO_TRACE, "Complete another task: the newest events are kept.")


def _in_console(now: Situation, what: str, where: str) -> Verdict:
    if now.event is None:
        return unknown(NOTHING_TRACKED)
    return unknown(f"Snowplow does not say from here whether it {what}.", f"In Console: {where}.")


def _describes(described: Any, event: TrackedEvent) -> bool:
    """Whether a definition's event is this one; what it leaves out may be anything."""
    vendor, name, _, version = (event.schema or "iglu:///").removeprefix("iglu:").split("/")
    return all(
        wanted in (None, actual)
        for wanted, actual in (
            (described.vendor, vendor),
            (described.name, name),
            (described.version, version),
        )
    )


def _event_name(described: Any) -> str:
    parts = (described.vendor or "any vendor", described.name or "any", described.version or "any")
    return "/".join(parts)


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


QUESTIONS: tuple[tuple[str, str, Callable[[Situation], Verdict]], ...] = (
    ("subject", "Does the tracker know whose events these are?", subject),
    ("user_id", "Is the user id a UUID?", user_id),
    ("sent", "Was the event sent?", sent),
    ("accepted", "Did the event pass validation?", accepted),
    ("schema", "Is its schema known?", schema_known),
    ("matched", "Does the attribute group count it?", matched),
    ("changed", "Did a value change?", changed),
    ("criteria", "Are the intervention's criteria met?", criteria_met),
    ("fired", "Could it still fire for this user?", fired),
    ("received", "Was the intervention received?", received),
)
"""The checks of an event, by name, in the order in which data flows."""


def event_checks(look: Callable[[], Situation]) -> list[Check]:
    """The checks of the last event. `look` tells the situation at the moment of each."""
    return [
        Check(name, question, partial(_looked, look, verdict))
        for name, question, verdict in QUESTIONS
    ]


def _looked(look: Callable[[], Situation], verdict: Callable[[Situation], Verdict]) -> Verdict:
    return verdict(look())

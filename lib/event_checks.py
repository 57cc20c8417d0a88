"""Checks of one event: from the tracker to the intervention that it should have brought.

What Snowplow does not tell from outside is said to be unknown, with where to look in Console. The
sandbox keeps a trace of each event, and tells it.
"""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from lib.criteria import in_words, meets, names_in
from lib.definitions import COUNT
from lib.diagnosis import Check, Verdict, finding, ok, unknown
from lib.history import is_number
from lib.polling import Seen
from lib.situation import Situation, value_in_words
from lib.tracked_event import TrackedEvent

CHANGES_WITHIN = timedelta(seconds=15)
TASKS_AT_MOST = 1_000
WORDS_AT_MOST = 120
BUSY = (408, 429)
NOTHING_TRACKED = "No completed task was tracked for you since the app opened."
NOT_SENT = "The event has not reached the collector."
NO_TRACE = "The sandbox keeps the traces of its newest events, and none of this one."
START_OVER = "Become a new user, or publish another threshold: that is a new version."


def subject(now: Situation) -> Verdict:
    """Only an event with a user id belongs to somebody."""
    user_id = now.event.user_id if now.event else now.subject_user_id
    if user_id:
        return ok(f"The user id is {user_id}.")
    return finding(
        "The event has no user id, so it counts for nobody."
        if now.event
        else "The tracker gives its events no user id, so they will count for nobody.",
        "Give the tracker a subject: Tracker(..., subject=Subject().set_user_id(user_id)). Then"
        " complete another task.",
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
            f"The event is of {tracked}, and this page is about {now.user_id}.",
            "Use one and the same id for tracking, reading and subscribing.",
        )
    return ok(f"{tracked} is one, and this page is about the same.")


def sent(now: Situation) -> Verdict:
    """Whether the collector took the event."""
    event = now.event
    if event is None:
        return finding(NOTHING_TRACKED, "Complete a task on the board, then look again.")
    if event.state == "sent":
        return ok(f"The collector took it (status {event.status}).")
    if event.state == "refused":
        return _refused(now, event)
    if event.state == "waiting":
        return _waiting(now, event)
    return finding(
        f"It is under way since {event.tstamp:%H:%M:%S} UTC, and the collector has not answered.",
        "Look again in a few seconds: without an answer it waits and is sent again. Nothing is"
        " lost.",
    )


def accepted(now: Situation) -> Verdict:
    """Whether the event passed validation, leaving aside that a schema may be unknown."""
    if not now.is_sandbox:
        return _in_console(now, "its fields are valid", "Data quality, among the failed events")
    if now.stages is None:
        return _untraced(now)
    unknown_schemas = _unknown_schemas(now)
    invalid = [each for each in _failures(now) if each["schema"] not in unknown_schemas]
    if invalid:
        first = invalid[0]
        of = f" of {first['schema']}" if first["schema"] else ""
        return finding(
            f"The event failed at {first['path']}{of}: {first['message']}.",
            "Correct what is tracked, or the schema, and complete another task. A failed event is"
            " kept, and counts for nothing.",
        )
    if unknown_schemas:
        return ok("Nothing in its fields was found wrong; its schemas come next.")
    return ok("The sandbox accepted it.")


def schema_known(now: Situation) -> Verdict:
    """Whether there are schemas to validate the event and its entities against."""
    event = now.event
    if not now.is_sandbox:
        schema = event.schema if event and event.schema else "the event's schema"
        return _in_console(now, f"{schema} is known", "Data structures. It must be published there")
    if now.stages is None or event is None:
        return _untraced(now)
    unknown_schemas = _unknown_schemas(now)
    if unknown_schemas:
        failed = next(each for each in _failures(now) if each["schema"] in unknown_schemas)
        return finding(
            f"The event failed, as one of its schemas is unknown: {failed['message']}.",
            f"Track a version that is there, or add {failed['schema']} to lib/schemas. Then"
            " complete another task.",
        )
    unvalidated = now.stage("validated").get("unvalidated", [])
    if unvalidated:
        return ok(
            f"The sandbox has no schemas of this vendor and let {unvalidated[0]} pass unchecked."
            " Snowplow takes it only if your Iglu registry has it."
        )
    return ok(f"{event.schema or event.name}: known.")


def matched(now: Situation) -> Verdict:
    """Whether the group counts events like this one, and counted already when it came."""
    event, published = now.event, now.seen.published
    if event is None:
        return unknown(NOTHING_TRACKED)
    group = published.group if published else None
    if group is None or not group.is_published:
        return unknown("There is no published group that could count it.")
    attributes = group.attributes or []
    if not any(_counts(each, event) for each in attributes):
        counted = [_event_name(one) for each in attributes for one in each.events or []]
        return finding(
            f"{group.name} counts {', '.join(dict.fromkeys(counted)) or 'nothing'}, and this event"
            f" is {(event.schema or event.name).removeprefix('iglu:').replace('/jsonschema', '')}.",
            "Make them the same: publish the definitions again from this app, or correct VENDOR or"
            " what is tracked.",
        )
    return _counted_in_sandbox(now, group) if now.is_sandbox else _counted(now, event, group)


def changed(now: Situation) -> Verdict:
    """Whether the event changed a value of this user."""
    event = now.event
    if event is None:
        return unknown(NOTHING_TRACKED)
    if now.is_sandbox:
        return _changed_in_sandbox(now)
    if now.change_read:
        return ok(now.change_read)
    if event.sent_at is None:
        return unknown(NOT_SENT)
    read = now.seen.values
    is_overdue = read is not None and read.tstamp - event.sent_at > CHANGES_WITHIN
    if is_overdue and _came_after(event, now.seen):
        return finding(
            f"It shows in no value, {CHANGES_WITHIN.seconds} seconds and more after it was sent.",
            "Look in Console: under Data quality whether the event failed, and under Signals"
            " whether the attribute group is published.",
        )
    return unknown(
        "It shows in no value so far.",
        "It may take a few seconds: look again. Console shows failed events under Data quality.",
    )


def criteria_met(now: Situation) -> Verdict:
    """Whether the values are over the line."""
    nudge = now.intervention
    if nudge is None:
        return unknown("No intervention is published.")
    line, read = in_words(nudge.criteria), _read(now, nudge)
    if now.is_met:
        return ok(f"{line}: yes ({read}).")
    if now.receipt is not None:
        return ok(f"{line}: it was so when it fired. By the latest values, {read}.")
    if now.is_met is None:
        return unknown(
            f"Whether {line} cannot be told from the values ({read}).",
            "Console shows what the intervention waits for, under Signals.",
        )
    if _may_lag(now):
        return unknown(
            f"Not by the values read so far ({read}), which may be from before this event.",
            "Look again in a few seconds. Console shows failed events under Data quality.",
        )
    return finding(f"Not yet. It fires once {line} ({read}).", _how_to_meet(now, nudge))


def fired(now: Situation) -> Verdict:
    """Whether the intervention can fire for this user with this event: it does so once."""
    nudge, receipt, miss, event = now.intervention, now.receipt, now.miss, now.event
    if nudge is None:
        return unknown("No intervention is published.")
    if event is None:
        return unknown(NOTHING_TRACKED)
    title = f"{nudge.name} version {nudge.version}"
    if receipt is not None and receipt.tstamp < event.tstamp:
        return _fired_already(f"{title} arrived at {receipt.tstamp:%Y-%m-%d %H:%M:%S} UTC.")
    if receipt is not None:
        return ok(f"It fired, and arrived at {receipt.tstamp:%H:%M:%S} UTC.")
    if miss is not None and miss.tstamp < event.tstamp:
        return _fired_already(f"{title} probably fired while the app was disconnected.")
    if now.is_met is False:
        return ok("There is nothing to fire yet: its criteria are not met.")
    if now.is_sandbox:
        return _fired_in_sandbox(now)
    if now.was_met:
        return _was_met(f"Wait a few seconds: it may still come from one that did. {START_OVER}")
    return _in_console(
        now,
        "the intervention has fired for this user before",
        "Signals > Interventions. To be sure, become a new user",
    )


def received(now: Situation) -> Verdict:
    """Whether the intervention arrived."""
    receipt = now.receipt
    if now.intervention is None:
        return unknown("No intervention is published.")
    if receipt is not None:
        answer = f" You {receipt.answer} it." if receipt.answer else " It waits for an answer."
        return ok(f"It arrived at {receipt.tstamp:%H:%M:%S} UTC.{answer}")
    fate = (now.trigger or {}).get("fate")
    if fate == "held":
        return finding(
            "It fired while nobody listened, and the sandbox holds it for ten seconds.",
            "It arrives if the app listens again by then.",
        )
    if fate == "lost":
        return _lost("It fired while nobody listened.")
    if now.miss is not None:
        return _lost("It probably fired while the app was disconnected.")
    if now.is_met:
        return finding(
            "The criteria are met, and nothing arrived.",
            "Wait a few seconds, and look again. If nothing comes, it may have fired for this user"
            " before: become a new user.",
        )
    return unknown("There is nothing to receive yet.")


def _refused(now: Situation, event: TrackedEvent) -> Verdict:
    if event.status is None:
        return finding(
            f"It was not kept: {event.reason}.",
            "Have those that wait sent first: the collector does not take them. Then complete"
            " another task.",
        )
    return finding(
        f"The collector refused it for good: {_on_one_line(event.reason)}.",
        "It is not sent again. Check that COLLECTOR_URL is your collector's address, then complete"
        " another task.",
    )


def _waiting(now: Situation, event: TrackedEvent) -> Verdict:
    waiting, retry_at = now.delivery.waiting, now.delivery.retry_at
    events = "1 event waits" if waiting == 1 else f"{waiting} events wait"
    again = f"at {retry_at:%H:%M:%S} UTC" if retry_at else "soon"
    is_no_collector = event.status in range(300, 500) and event.status not in BUSY
    advice = (
        "COLLECTOR_URL may not be a collector's address: compare it with the one that Console shows"
        " for your pipeline."
        if is_no_collector and not now.is_sandbox
        else "If this lasts, see that the collector is up."
    )
    return finding(
        f"The collector does not take it: {_on_one_line(event.reason)}. {events}.",
        f"Nothing is lost: the next try is {again}. {advice}",
    )


def _counted(now: Situation, event: TrackedEvent, group: Any) -> Verdict:
    """Whether the event came when the group was published, as far as the app saw it."""
    seen, title = now.seen, f"{group.name} version {group.version}"
    if event.sent_at is None:
        return unknown(NOT_SENT)
    if now.change_read:
        return ok(f"{title} counts such events, and a value changed after this one.")
    if seen.unpublished_at and event.sent_at <= seen.unpublished_at:
        return _came_before(group)
    if _came_after(event, seen):
        return ok(f"{title} counts such events, and was published before.")
    return unknown(
        f"{title} counts such events. Whether it was published before this one came is not known.",
        "Complete another task: that comes after it for certain. Console shows the group under"
        " Signals.",
    )


def _counted_in_sandbox(now: Situation, group: Any) -> Verdict:
    if now.stages is None:
        return _untraced(now)
    if _failures(now):
        return unknown("A failed event is counted by no group.")
    if now.changes:
        return ok(f"{group.name} version {group.version} counted it.")
    ignored = now.stage("attributes").get("ignored")
    if ignored:
        return finding(f"It counts for nobody: {ignored[0]}.", "Track with a UUID as the user id.")
    return _came_before(group)


def _came_after(event: TrackedEvent, seen: Seen) -> bool:
    """Whether the app had seen the group published when the event came."""
    return seen.published_at is not None and event.tstamp >= seen.published_at


def _came_before(group: Any) -> Verdict:
    return finding(
        f"The event came before {group.name} version {group.version} was published, and only later"
        " ones count.",
        "Complete another task.",
    )


def _changed_in_sandbox(now: Situation) -> Verdict:
    if now.stages is None:
        return _untraced(now)
    if not now.changes:
        return unknown("The event was not counted, so it changed nothing.")
    changes = [each for each in now.changes if each["before"] != each["after"]]
    if not changes:
        return finding(
            "The event was counted, and all values are the same as before.",
            "Complete another task.",
        )
    said = (
        f"{each['attribute']}: {value_in_words(each['before'])} → {value_in_words(each['after'])}"
        for each in changes
    )
    return ok(f"{'; '.join(said)}.")


def _may_lag(now: Situation) -> bool:
    """Whether the values may have been read before Signals had counted the event."""
    event, read = now.event, now.seen.values
    if now.is_sandbox or event is None or event.sent_at is None or now.change_read:
        return False
    return read is None or read.tstamp - event.sent_at <= CHANGES_WITHIN


def _read(now: Situation, nudge: Any) -> str:
    """The values that the criteria name, as they were read last."""
    values = now.seen.current
    return ", ".join(
        f"{name} {'is' if values[name] is not None else 'has'} {value_in_words(values[name])}"
        if name in values
        else f"{name} was not read"
        for name in names_in(nudge.criteria)
    )


def _how_to_meet(now: Situation, nudge: Any) -> str:
    values = now.seen.current
    count = values.get(COUNT) or 0
    tasks = next(
        (
            more
            for more in range(1, TASKS_AT_MOST + 1)
            if is_number(count) and meets(nudge.criteria, {**values, COUNT: count + more})
        ),
        None,
    )
    if tasks is None:
        return "More tasks alone do not meet that: look at it on the definitions page."
    return (
        f"Complete {tasks} more {'task' if tasks == 1 else 'tasks'}, or publish a lower threshold"
        " on the definitions page."
    )


def _fired_in_sandbox(now: Situation) -> Verdict:
    if now.stages is None:
        return _untraced(now)
    if now.trigger is not None:
        return ok("This event made it fire.")
    evaluation = now.evaluation
    if evaluation is None:
        return finding(
            "It was published after this event, when its criteria were met already, and it fires"
            " only with an event that crosses the line.",
            START_OVER,
        )
    if evaluation["was_met"]:
        return _was_met(START_OVER)
    if not evaluation["is_met"]:
        return ok("This event did not cross the line; a later one did.")
    return _fired_already("This event crossed the line, and nothing was sent.")


def _was_met(fix: str) -> Verdict:
    return finding(
        "The criteria were met already before this event, and an intervention fires only with an"
        " event that crosses the line.",
        fix,
    )


def _fired_already(evidence: str) -> Verdict:
    return finding(f"{evidence} An intervention fires once for each user.", START_OVER)


def _lost(evidence: str) -> Verdict:
    return finding(f"{evidence} It is not sent again.", START_OVER)


def _failures(now: Situation) -> list[dict[str, Any]]:
    """Why the event failed, by the sandbox's trace; empty if it did not."""
    failures: list[dict[str, Any]] = now.stage("failed").get("failures", [])
    return failures


def _unknown_schemas(now: Situation) -> set[str]:
    """The schemas that the event failed for because the sandbox does not have them."""
    traces = now.connection.inspector
    schemas = {each["schema"] for each in _failures(now) if each["schema"]}
    return {each for each in schemas if traces is not None and not traces.has_schema(each)}


def _untraced(now: Situation) -> Verdict:
    if now.event is None:
        return unknown(NOTHING_TRACKED)
    if now.event.state != "sent":
        return unknown(NOT_SENT)
    return unknown(NO_TRACE, "Complete another task: the newest events are kept.")


def _in_console(now: Situation, what: str, where: str) -> Verdict:
    if now.event is None:
        return unknown(NOTHING_TRACKED)
    if now.event.state != "sent":
        return unknown(NOT_SENT)
    return unknown(f"Snowplow does not say from here whether {what}.", f"In Console: {where}.")


def _counts(attribute: Any, event: TrackedEvent) -> bool:
    """Whether an attribute is computed from such events; without a list it is from all."""
    described = attribute.events or []
    return not described or any(_describes(each, event) for each in described)


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


def _on_one_line(text: str) -> str:
    """What a server answered, which may be a page of HTML."""
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= WORDS_AT_MOST else f"{line[:WORDS_AT_MOST]}…"


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


QUESTIONS: tuple[tuple[str, str, Callable[[Situation], Verdict]], ...] = (
    ("subject", "Does the tracker know whose events these are?", subject),
    ("user_id", "Is the user id a UUID?", user_id),
    ("sent", "Was the event sent?", sent),
    ("accepted", "Are the event's fields valid?", accepted),
    ("schema", "Are its schemas known?", schema_known),
    ("matched", "Does the attribute group count it?", matched),
    ("changed", "Did a value change?", changed),
    ("criteria", "Are the intervention's criteria met?", criteria_met),
    ("fired", "Can it fire for this user?", fired),
    ("received", "Was the intervention received?", received),
)
"""The checks of an event, by name, in the order in which data flows."""


def event_checks(look: Callable[[], Situation], prepare: Callable[[], None]) -> list[Check]:
    """The checks of the last event. `look` tells the situation at the moment of each, and `prepare`
    has Signals asked anew before."""
    return [
        Check(name, question, partial(_looked, look, verdict), prepare)
        for name, question, verdict in QUESTIONS
    ]


def _looked(look: Callable[[], Situation], verdict: Callable[[Situation], Verdict]) -> Verdict:
    return verdict(look())

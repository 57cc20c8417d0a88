"""Checks of what one event changed: whether the attribute group counts it, and the values."""

from datetime import timedelta
from typing import Any

from lib.diagnosis.checks import Verdict, finding, ok, unknown
from lib.diagnosis.situation import Situation, value_in_words
from lib.diagnosis.unknowns import NOT_SENT, NOTHING_TRACKED, failures, untraced
from lib.snowplow.criteria import groups_in
from lib.world.polling import Seen
from lib.world.tracked_event import TrackedEvent

CHANGES_WITHIN = timedelta(seconds=15)
UUID = "is not a UUID"  # what the sandbox says about such an identifier


def matched(situation: Situation) -> Verdict:
    """Whether the group counts events like this one, and already did when this one came."""
    event, published = situation.event, situation.seen.published
    if event is None:
        return unknown(NOTHING_TRACKED)
    group = published.group
    if published.follows_another:
        return _counted_by_others(situation)
    if group is None or not group.is_published:
        return unknown("The story's group, which would count it, is not published.")
    attributes = group.attributes or []
    if not any(_counts(each, event) for each in attributes):
        counted = [_event_name(one) for each in attributes for one in each.events or []]
        return finding(
            f"{group.name} counts {', '.join(dict.fromkeys(counted)) or 'nothing'}, and this event"
            f" is {(event.schema or event.name).removeprefix('iglu:').replace('/jsonschema', '')}.",
            "Make them the same: publish the definitions again from this app, or correct VENDOR,"
            " the demo profile's event or the tracked event.",
        )
    return (
        _counted_in_sandbox(situation, group)
        if situation.is_sandbox
        else _counted(situation, event, group)
    )


def changed(situation: Situation) -> Verdict:
    """Whether the event changed a value of this user."""
    event = situation.event
    if event is None:
        return unknown(NOTHING_TRACKED)
    if situation.is_sandbox:
        return _changed_in_sandbox(situation)
    if situation.change_read:
        return ok(situation.change_read)
    if event.sent_at is None:
        return unknown(NOT_SENT)
    read = situation.seen.values
    is_overdue = read is not None and read.tstamp - event.sent_at > CHANGES_WITHIN
    if is_overdue and _came_after(event, situation.seen):
        return finding(
            f"No value changed within {CHANGES_WITHIN.seconds} seconds after it was sent.",
            "Check in Console: Data quality shows whether the event failed, Signals whether the"
            " attribute group is published.",
        )
    return unknown(
        "No value has changed yet.",
        "It may take a few seconds. Check again. Console shows failed events under Data quality.",
    )


def _counted(situation: Situation, event: TrackedEvent, group: Any) -> Verdict:
    """Whether the group was published when the event came, as far as the app knows."""
    seen, title = situation.seen, f"{group.name} version {group.version}"
    if event.sent_at is None:
        return unknown(NOT_SENT)
    if situation.change_read:
        return ok(f"{title} counts such events, and a value changed after this one.")
    if seen.unpublished_at and event.sent_at <= seen.unpublished_at:
        return _came_before(group)
    if _came_after(event, seen):
        return ok(f"{title} counts such events, and was published before.")
    return unknown(
        f"{title} counts such events. It is unknown whether it was published before this one.",
        "Complete another task: that one counts. Console shows the group under Signals.",
    )


def _not_to_be_counted(situation: Situation) -> Verdict | None:
    """Why the sandbox cannot have counted it; None if it can."""
    if situation.stages is None:
        return untraced(situation)
    return unknown("No group counts a failed event.") if failures(situation) else None


def _counted_in_sandbox(situation: Situation, group: Any) -> Verdict:
    if (verdict := _not_to_be_counted(situation)) is not None:
        return verdict
    if situation.changes:
        return ok(f"{group.name} version {group.version} counted it.")
    event, stage = situation.event, situation.stage("attributes")
    key = group.attribute_key.name
    ignored = [*stage.get("ignored", ()), *stage.get("too_large", ())]
    of_group = [each for each in ignored if {group.name, key} & {*each.split()}]
    if of_group:
        is_id = UUID in of_group[0] or of_group[0].endswith(f"has no {key}")
        advice = "Track with a UUID as the user id." if is_id else "Complete another task."
        return finding(f"It counts for nobody: {of_group[0]}.", advice)
    matching = [each for each in group.attributes or [] if event and _counts(each, event)]
    has_conditions = all(each.criteria is not None for each in matching)
    if event and has_conditions and _came_after(event, situation.seen):
        return finding(
            f"The event meets none of the conditions of {group.name} version {group.version}.",
            "Complete a task that meets them. The definitions page shows them.",
        )
    return _came_before(group)


def _counted_by_others(situation: Situation) -> Verdict:
    """Whether the groups that the followed intervention names counted it, by the trace."""
    nudge = situation.intervention
    names = ", ".join([] if nudge is None else groups_in(nudge.criteria))
    if not situation.is_sandbox:
        return unknown(f"Only Console shows whether {names} counts such events, under Signals.")
    if (verdict := _not_to_be_counted(situation)) is not None:
        return verdict
    if situation.changes:
        return ok(f"{names} counted it.")
    return finding(
        f"{names} did not count it.",
        "Do something that it counts. Its definition is on the definitions page.",
    )


def _came_after(event: TrackedEvent, seen: Seen) -> bool:
    """Whether the app had seen the group as published when the event came."""
    return seen.published_at is not None and event.tstamp >= seen.published_at


def _came_before(group: Any) -> Verdict:
    return finding(
        f"The event came before {group.name} version {group.version} was published, and only later"
        " events count.",
        "Complete another task.",
    )


def _changed_in_sandbox(situation: Situation) -> Verdict:
    if situation.stages is None:
        return untraced(situation)
    if not situation.changes:
        return unknown("The event was not counted, so it changed nothing.")
    changes = [each for each in situation.changes if each["before"] != each["after"]]
    if not changes:
        return finding(
            "The event was counted, but no value changed.",
            "Complete another task.",
        )
    said = (
        f"{each['attribute']}: {value_in_words(each['before'])} → {value_in_words(each['after'])}"
        for each in changes
    )
    return ok(f"{'; '.join(said)}.")


def may_lag(situation: Situation) -> bool:
    """Whether the values may have been read before Signals had counted the event."""
    event, read = situation.event, situation.seen.values
    if situation.is_sandbox or event is None or event.sent_at is None or situation.change_read:
        return False
    return read is None or read.tstamp - event.sent_at <= CHANGES_WITHIN


def _counts(attribute: Any, event: TrackedEvent) -> bool:
    """Whether an attribute is computed from such events; without a list, from all events."""
    described = attribute.events or []
    return not described or any(_describes(each, event) for each in described)


def _describes(described: Any, event: TrackedEvent) -> bool:
    """Whether a definition's event matches this one. What it leaves out matches anything."""
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

"""Checks of what one event changed: whether the attribute group counts it, and the values."""

from datetime import timedelta
from typing import Any

from lib.diagnosis.checks import Verdict, finding, ok, unknown
from lib.diagnosis.situation import Situation, value_in_words
from lib.diagnosis.unknowns import NOT_SENT, NOTHING_TRACKED, failures, untraced
from lib.world.polling import Seen
from lib.world.tracked_event import TrackedEvent

CHANGES_WITHIN = timedelta(seconds=15)


def matched(situation: Situation) -> Verdict:
    """Whether the group counts events like this one, and counted already when it came."""
    event, published = situation.event, situation.seen.published
    if event is None:
        return unknown(NOTHING_TRACKED)
    group = published.group
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
            f"It shows in no value, {CHANGES_WITHIN.seconds} seconds and more after it was sent.",
            "Look in Console: under Data quality whether the event failed, and under Signals"
            " whether the attribute group is published.",
        )
    return unknown(
        "It shows in no value so far.",
        "It may take a few seconds: look again. Console shows failed events under Data quality.",
    )


def _counted(situation: Situation, event: TrackedEvent, group: Any) -> Verdict:
    """Whether the event came when the group was published, as far as the app saw it."""
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
        f"{title} counts such events. Whether it was published before this one came is not known.",
        "Complete another task: that comes after it for certain. Console shows the group under"
        " Signals.",
    )


def _counted_in_sandbox(situation: Situation, group: Any) -> Verdict:
    if situation.stages is None:
        return untraced(situation)
    if failures(situation):
        return unknown("A failed event is counted by no group.")
    if situation.changes:
        return ok(f"{group.name} version {group.version} counted it.")
    ignored = situation.stage("attributes").get("ignored")
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


def _changed_in_sandbox(situation: Situation) -> Verdict:
    if situation.stages is None:
        return untraced(situation)
    if not situation.changes:
        return unknown("The event was not counted, so it changed nothing.")
    changes = [each for each in situation.changes if each["before"] != each["after"]]
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


def may_lag(situation: Situation) -> bool:
    """Whether the values may have been read before Signals had counted the event."""
    event, read = situation.event, situation.seen.values
    if situation.is_sandbox or event is None or event.sent_at is None or situation.change_read:
        return False
    return read is None or read.tstamp - event.sent_at <= CHANGES_WITHIN


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

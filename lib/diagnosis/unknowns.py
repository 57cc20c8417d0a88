"""Verdicts for what the app cannot know about an event, and what the sandbox's trace shows.

What Snowplow does not show an application is unknown, and the verdict says where to look in
Console. The sandbox keeps a trace of each event.
"""

from typing import Any

from lib.diagnosis.checks import Verdict, unknown
from lib.diagnosis.situation import Situation

NOTHING_TRACKED = "No completed task has been tracked for you since the app opened."
NOT_SENT = "The event has not reached the collector."
NO_TRACE = "The sandbox keeps traces of its newest events only, and has none for this one."


def failures(situation: Situation) -> list[dict[str, Any]]:
    """Why the event failed, by the sandbox's trace; empty if it did not."""
    failures: list[dict[str, Any]] = situation.stage("failed").get("failures", [])
    return failures


def untraced(situation: Situation) -> Verdict:
    """The sandbox keeps no trace of the event, or there can be none."""
    if situation.event is None:
        return unknown(NOTHING_TRACKED)
    if situation.event.state != "sent":
        return unknown(NOT_SENT)
    return unknown(NO_TRACE, "Complete another task. The newest events are kept.")


def in_console(situation: Situation, what: str, where: str) -> Verdict:
    """The app cannot see on Snowplow whether `what`; Console shows it at `where`."""
    if situation.event is None:
        return unknown(NOTHING_TRACKED)
    if situation.event.state != "sent":
        return unknown(NOT_SENT)
    return unknown(f"On Snowplow, the app cannot see whether {what}.", f"In Console: {where}.")

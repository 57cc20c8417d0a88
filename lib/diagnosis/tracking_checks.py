"""Checks of one event on its way: from the tracker through the collector to validation."""

from lib.diagnosis.checks import Verdict, finding, ok, unknown
from lib.diagnosis.situation import Situation
from lib.diagnosis.unknowns import NOTHING_TRACKED, failures, in_console, untraced
from lib.text import is_uuid
from lib.world.tracked_event import TrackedEvent

WORDS_AT_MOST = 120
BUSY = (408, 429)


def subject(situation: Situation) -> Verdict:
    """Whether the event has a user id: without one it belongs to nobody."""
    user_id = situation.event.user_id if situation.event else situation.subject_user_id
    if user_id:
        return ok(f"The user id is {user_id}.")
    return finding(
        "The event has no user id, so it counts for nobody."
        if situation.event
        else "The tracker gives its events no user id, so they will count for nobody.",
        "Give the tracker a subject: Tracker(..., subject=Subject().set_user_id(user_id)). Then"
        " complete another task.",
    )


def user_id(situation: Situation) -> Verdict:
    """Whether the user id is a UUID: Signals silently ignores all others."""
    tracked = (situation.event.user_id if situation.event else situation.subject_user_id) or ""
    if not tracked:
        return unknown("There is no user id to check.")
    if not is_uuid(tracked):
        return finding(
            f"{tracked[:60]!r} is not a UUID, and Signals silently ignores user ids that are not.",
            "Map your own ids to UUIDs, for example with uuid.uuid5, before you set them.",
        )
    if tracked != situation.user_id:
        return finding(
            f"The event belongs to {tracked}, and this page shows {situation.user_id}.",
            "Use the same id for tracking, reading and subscribing.",
        )
    return ok(f"{tracked} is a UUID, and this page shows the same user.")


def sent(situation: Situation) -> Verdict:
    """Whether the collector accepted the event."""
    event = situation.event
    if event is None:
        return finding(NOTHING_TRACKED, "Complete a task on the board, then check again.")
    if event.state == "sent":
        return ok(f"The collector accepted it (status {event.status}).")
    if event.state == "refused":
        return _refused(situation, event)
    if event.state == "waiting":
        return _waiting(situation, event)
    return finding(
        f"It was sent at {event.tstamp:%H:%M:%S} UTC, and the collector has not answered.",
        "Check again in a few seconds. Without an answer it is sent again, and nothing is lost.",
    )


def accepted(situation: Situation) -> Verdict:
    """Whether the event passed validation, apart from unknown schemas."""
    if not situation.is_sandbox:
        return in_console(
            situation, "its fields are valid", "Data quality, among the failed events"
        )
    if situation.stages is None:
        return untraced(situation)
    unknown_schemas = _unknown_schemas(situation)
    invalid = [each for each in failures(situation) if each["schema"] not in unknown_schemas]
    if invalid:
        first = invalid[0]
        of = f" of {first['schema']}" if first["schema"] else ""
        return finding(
            f"The event failed at {first['path']}{of}: {first['message']}.",
            "Correct the tracked event or the schema, and complete another task. A failed event is"
            " kept, but does not count.",
        )
    if unknown_schemas:
        return ok("Its fields are fine. Its schemas are the next check.")
    return ok("The sandbox accepted it.")


def schema_known(situation: Situation) -> Verdict:
    """Whether there are schemas to validate the event and its entities against."""
    event = situation.event
    if not situation.is_sandbox:
        schema = event.schema if event and event.schema else "the event's schema"
        return in_console(
            situation, f"{schema} is known", "Data structures. It must be published there"
        )
    if situation.stages is None or event is None:
        return untraced(situation)
    unknown_schemas = _unknown_schemas(situation)
    if unknown_schemas:
        failed = next(each for each in failures(situation) if each["schema"] in unknown_schemas)
        return finding(
            f"The event failed because one of its schemas is unknown: {failed['message']}.",
            f"Track a version that exists, or add {failed['schema']} to lib/schemas. Then"
            " complete another task.",
        )
    unvalidated = situation.stage("validated").get("unvalidated", [])
    if unvalidated:
        return ok(
            f"The sandbox has no schemas from this vendor and let {unvalidated[0]} pass unchecked."
            " Snowplow accepts it only if your Iglu registry has it."
        )
    return ok(f"{event.schema or event.name}: known.")


def _refused(situation: Situation, event: TrackedEvent) -> Verdict:
    if event.status is None:
        return finding(
            f"It was dropped: {event.reason}.",
            "The collector does not accept the waiting events. Fix that first, then complete"
            " another task.",
        )
    return finding(
        f"The collector refused it permanently: {_on_one_line(event.reason)}.",
        "It is not sent again. Check that COLLECTOR_URL is your collector's address, then complete"
        " another task.",
    )


def _waiting(situation: Situation, event: TrackedEvent) -> Verdict:
    waiting, retry_at = situation.delivery.waiting, situation.delivery.retry_at
    events = "1 event waits" if waiting == 1 else f"{waiting} events wait"
    again = f"at {retry_at:%H:%M:%S} UTC" if retry_at else "soon"
    is_no_collector = event.status in range(300, 500) and event.status not in BUSY
    advice = (
        "COLLECTOR_URL may not be a collector's address. Compare it with the one that Console shows"
        " for your pipeline."
        if is_no_collector and not situation.is_sandbox
        else "If this lasts, check that the collector is up."
    )
    return finding(
        f"The collector does not accept it: {_on_one_line(event.reason)}. {events}.",
        f"Nothing is lost. The next try is {again}. {advice}",
    )


def _unknown_schemas(situation: Situation) -> set[str]:
    """The schemas that the event failed for because the sandbox does not have them."""
    traces = situation.connection.inspector
    schemas = {each["schema"] for each in failures(situation) if each["schema"]}
    return {each for each in schemas if traces is not None and not traces.has_schema(each)}


def _on_one_line(text: str) -> str:
    """A server's answer, which may be an HTML page."""
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= WORDS_AT_MOST else f"{line[:WORDS_AT_MOST]}…"

"""Agentic contexts: what somebody did in this session, for an assistant to read.

An event log selects events and their properties. Signals keeps the newest of each session. Read it
as data, or as a narrative: a block of text to put into a model's prompt. The log's own prompt comes
with it and says what the assistant is for.

Source: https://docs.snowplow.io/docs/signals/applications/agentic-contexts/
"""

from snowplow_signals import (
    AgenticContextResponse,
    EventLog,
    EventLogAtomicProperty,
    EventLogEvent,
    EventLogEventProperty,
    EventLogResponse,
    EventSelection,
    SignalsAPIError,
    domain_sessionid,
)
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.snowplow.definitions import MADE_BY_THIS_APP, Plan, is_made_here, refuse_others

PROMPT = (
    "You help a user of a project tool. Be brief and concrete. Mention what they did only if it is"
    " in the context."
)
NO_CONTEXTS = (404, 405, 501)  # no such definition, or an API without them
BEFORE_IT_IS_DONE = ("task_added", "task_started")


def recent_activity(plan: Plan) -> EventLog:
    """The newest twenty events of a session in the last half hour."""
    return EventLog(
        name=plan.names.context,
        description=f"What a user just did in the project tool. {MADE_BY_THIS_APP}",
        owner=plan.owner,
        prompt=PROMPT,
        attribute_key=domain_sessionid,
        max_events=20,
        max_age_seconds=1800,
        events=[
            *(_selection(plan.vendor, name, "task_id", "priority") for name in BEFORE_IT_IS_DONE),
            completed(plan),
            _selection(plan.vendor, "task_reopened", "task_id", "priority"),
            _selection(plan.vendor, "time_logged", "task_id", "minutes"),
            _selection(plan.vendor, "comment_added", "task_id", "length"),
            _selection(plan.vendor, "nudge_interaction", "action"),
            EventSelection(
                event=EventLogEvent(
                    vendor="com.snowplowanalytics.snowplow", name="page_view", version="1-0-0"
                ),
                properties=[
                    EventLogAtomicProperty(name="event_name"),
                    EventLogAtomicProperty(name="page_title"),
                ],
            ),
        ],
    )


def completed(plan: Plan) -> EventSelection:
    """A completed task, and its properties."""
    return _selection(*plan.completed, "task_id", "priority")


def published_context(signals: BaseSignalsWithApiClient, name: str) -> EventLogResponse | None:
    """What the API says about the definition; None if there is none, or if the API has no contexts.

    Raises `SignalsAPIError` and `httpx.HTTPError`.
    """
    try:
        return signals.registry.get_event_log(name)
    except SignalsAPIError as error:
        if error.status_code in NO_CONTEXTS:
            return None
        raise


def publish_context(
    signals: BaseSignalsWithApiClient, plan: Plan, *, is_shared: bool = False
) -> None:
    """Publish it, with any changes that somebody made to it in Signals. `is_shared` says that
    others define here too: what they made is not touched. Raises as `published_context` does, and
    `SomebodyElses`."""
    found = published_context(signals, plan.names.context)
    if is_shared:
        refuse_others(found)
    if found is None or _is_of_another_event(found, plan):
        signals.publish([recent_activity(plan)])
    elif not (found.is_published or found.has_published_version):
        signals.publish([_definition_of(found)])


def unpublish_context(
    signals: BaseSignalsWithApiClient, plan: Plan, *, is_shared: bool = False
) -> None:
    """Unpublish it, if it is published and, if `is_shared`, this app made it. Raises as
    `published_context` does."""
    found = published_context(signals, plan.names.context)
    if found is None or (is_shared and not is_made_here(found)):
        return
    if found.is_published or found.has_published_version:
        signals.unpublish([_definition_of(found)])


def delete_context(signals: BaseSignalsWithApiClient, plan: Plan) -> list[str]:
    """Delete it, if this app made it; returns its name if it stays. Raises as
    `published_context` does."""
    found = published_context(signals, plan.names.context)
    if found is None:
        return []
    if not is_made_here(found):
        return [plan.names.context]
    unpublish_context(signals, plan)
    signals.delete([_definition_of(found)])
    return []


def read_context(
    signals: BaseSignalsWithApiClient, session_id: str, name: str
) -> AgenticContextResponse:
    """The context of a session as data: events, oldest first, a summary and the prompt.

    Raises `SignalsAPIError` (404 if it is not published) and `httpx.HTTPError`.
    """
    context = signals.get_agentic_context(name=name, identifier=session_id)
    assert isinstance(context, AgenticContextResponse)
    return context


def read_narrative(signals: BaseSignalsWithApiClient, session_id: str, name: str) -> str:
    """The same as text for a model's prompt. Raises as `read_context` does."""
    narrative = signals.get_agentic_context(name=name, identifier=session_id, format="narrative")
    return str(narrative)


def _is_of_another_event(found: EventLogResponse, plan: Plan) -> bool:
    """Whether it is this app's, except for the event that completing a task tracks."""
    theirs, ours = _definition_of(found).events, recent_activity(plan).events
    is_same_length = len(theirs) == len(ours)
    different = [new for old, new in zip(theirs, ours, strict=False) if old != new]
    return is_same_length and different == [completed(plan)]


def _definition_of(found: EventLogResponse) -> EventLog:
    """The API's answer as the SDK's definition class: the SDK sends the whole definition again."""
    known = found.model_dump(mode="json", exclude_none=True, by_alias=True)
    return EventLog.model_validate(known)


def _selection(vendor: str, name: str, *paths: str) -> EventSelection:
    """An event, its name, and some of its properties."""
    return EventSelection(
        event=EventLogEvent(vendor=vendor, name=name, version="1-0-0"),
        properties=[
            EventLogAtomicProperty(name="event_name"),
            *(
                EventLogEventProperty(vendor=vendor, name=name, major_version=1, path=path)
                for path in paths
            ),
        ],
    )

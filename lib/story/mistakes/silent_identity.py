"""Silent mistakes about whose event it is: events are accepted, and nobody's values change."""

import uuid

from requests import Session
from snowplow_signals.signals import BaseSignalsWithApiClient
from snowplow_tracker import Emitter, SelfDescribing, Subject, Tracker

from lib.story.mistakes.given import Print
from lib.story.mistakes.mistake import Mistake


def no_subject(
    signals: BaseSignalsWithApiClient,
    emitter: Emitter,
    user: str,
    event: SelfDescribing,
    print: Print,
) -> None:
    tracker = Tracker(namespace="project-app", emitters=emitter)
    tracker.track(event)
    values = signals.get_service_attributes(
        name="project_engagement_service", attribute_key="user_id", identifier=user
    )
    print(values["tasks_completed_count"])


def with_subject(
    signals: BaseSignalsWithApiClient,
    emitter: Emitter,
    user: str,
    event: SelfDescribing,
    print: Print,
) -> None:
    subject = Subject().set_user_id(user)
    tracker = Tracker(namespace="project-app", emitters=emitter, subject=subject)
    tracker.track(event)
    values = signals.get_service_attributes(
        name="project_engagement_service", attribute_key="user_id", identifier=user
    )
    print(values["tasks_completed_count"])


def user_id_is_no_uuid(
    signals: BaseSignalsWithApiClient, emitter: Emitter, event: SelfDescribing, print: Print
) -> None:
    subject = Subject().set_user_id("ada")
    tracker = Tracker(namespace="project-app", emitters=emitter, subject=subject)
    tracker.track(event)
    values = signals.get_service_attributes(
        name="project_engagement_service", attribute_key="user_id", identifier="ada"
    )
    print(values["tasks_completed_count"])


def user_id_is_a_uuid(
    signals: BaseSignalsWithApiClient, emitter: Emitter, event: SelfDescribing, print: Print
) -> None:
    ada = str(uuid.uuid5(uuid.NAMESPACE_DNS, "ada.users.example.com"))
    subject = Subject().set_user_id(ada)
    tracker = Tracker(namespace="project-app", emitters=emitter, subject=subject)
    tracker.track(event)
    values = signals.get_service_attributes(
        name="project_engagement_service", attribute_key="user_id", identifier=ada
    )
    print(values["tasks_completed_count"])


def another_identifier(
    signals: BaseSignalsWithApiClient,
    emitter: Emitter,
    user: str,
    event: SelfDescribing,
    print: Print,
) -> None:
    subject = Subject().set_user_id(user)
    tracker = Tracker(namespace="project-app", emitters=emitter, subject=subject)
    tracker.track(event)
    values = signals.get_service_attributes(
        name="project_engagement_service",
        attribute_key="user_id",
        identifier=str(uuid.uuid4()),
    )
    print(values["tasks_completed_count"])


def no_flush(
    signals: BaseSignalsWithApiClient,
    collector_url: str,
    session: Session,
    user: str,
    event: SelfDescribing,
    print: Print,
) -> None:
    emitter = Emitter(collector_url, session=session)
    subject = Subject().set_user_id(user)
    tracker = Tracker(namespace="project-app", emitters=emitter, subject=subject)
    tracker.track(event)
    values = signals.get_service_attributes(
        name="project_engagement_service", attribute_key="user_id", identifier=user
    )
    print(values["tasks_completed_count"])


def with_flush(
    signals: BaseSignalsWithApiClient,
    collector_url: str,
    session: Session,
    user: str,
    event: SelfDescribing,
    print: Print,
) -> None:
    emitter = Emitter(collector_url, session=session)
    subject = Subject().set_user_id(user)
    tracker = Tracker(namespace="project-app", emitters=emitter, subject=subject)
    tracker.track(event)
    tracker.flush()
    values = signals.get_service_attributes(
        name="project_engagement_service", attribute_key="user_id", identifier=user
    )
    print(values["tasks_completed_count"])


MISTAKES = (
    Mistake(
        "No subject",
        "A tracker without a subject sends events that do not say whose they are.",
        no_subject,
        with_subject,
        "None",
        "The event was accepted, but it has no user id. Signals counts it for nobody. Give the"
        " tracker a `Subject` that sets the user id.",
        needs_definitions=True,
    ),
    Mistake(
        "A user id that is not a UUID",
        "The user id is a name, a number or an email address, as in many applications.",
        user_id_is_no_uuid,
        user_id_is_a_uuid,
        "None",
        "The event was accepted, but Signals ignores identifiers that are not UUIDs: it computes"
        " nothing for them, and no intervention fires. Derive a UUID from each of your user ids,"
        " always the same one, and use it everywhere.",
        needs_definitions=True,
    ),
    Mistake(
        "Reading with another identifier",
        "The application tracks with one id and reads with another.",
        another_identifier,
        with_subject,
        "None",
        "Signals knows nothing about this identifier and does not say so. It gives the same answer"
        " for somebody who has done nothing yet. Keep the id, and read with the one that you"
        " tracked with.",
        needs_definitions=True,
    ),
    Mistake(
        "No flush",
        "The program tracks an event, then reads right away or exits.",
        no_flush,
        with_flush,
        "None",
        "The event is still in the tracker, which sends ten at a time unless you change that. Call"
        " `tracker.flush()`, or build the emitter with `batch_size=1`. On Snowplow, a value may"
        " also take a few seconds to appear: read again.",
        needs_definitions=True,
    ),
)

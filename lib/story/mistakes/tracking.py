"""Mistakes in calling the tracker that raise an error."""

from requests import Session
from snowplow_tracker import Emitter, SelfDescribing, SelfDescribingJson, Snowplow, Tracker

from lib.story.mistakes.given import Print
from lib.story.mistakes.mistake import Mistake


def event_argument() -> None:
    task = SelfDescribingJson(
        "iglu:com.example/task_completed/jsonschema/1-0-0",
        {"task_id": "task_1", "priority": "high"},
    )
    SelfDescribing(event=task)


def event_first(emitter: Emitter, print: Print) -> None:
    task = SelfDescribingJson(
        "iglu:com.example/task_completed/jsonschema/1-0-0",
        {"task_id": "task_1", "priority": "high"},
    )
    tracker = Tracker(namespace="project-app", emitters=emitter)
    tracker.track(SelfDescribing(task))
    print("tracked")


def namespace_twice(emitter: Emitter) -> None:
    Tracker(emitter, namespace="project-app")


def emitter_argument(emitter: Emitter) -> None:
    Tracker(namespace="project-app", emitter=emitter)


def tracker_by_keyword(emitter: Emitter, event: SelfDescribing, print: Print) -> None:
    tracker = Tracker(namespace="project-app", emitters=emitter)
    tracker.track(event)
    print("tracked")


def snowplow_flush() -> None:
    Snowplow.flush()


def tracker_flush(emitter: Emitter, event: SelfDescribing, print: Print) -> None:
    tracker = Tracker(namespace="project-app", emitters=emitter)
    tracker.track(event)
    tracker.flush()
    print("flushed")


def buffer_size_argument(collector_url: str, session: Session) -> None:
    Emitter(collector_url, buffer_size=1, session=session)


def batch_size_argument(
    collector_url: str, session: Session, event: SelfDescribing, print: Print
) -> None:
    emitter = Emitter(collector_url, batch_size=1, session=session)
    Tracker(namespace="project-app", emitters=emitter).track(event)
    print("sent at once")


MISTAKES = (
    Mistake(
        "event= in SelfDescribing",
        "`SelfDescribing` takes the data and its schema first, or as `event_json=`.",
        event_argument,
        event_first,
        "SelfDescribing.__init__() got an unexpected keyword argument 'event'",
    ),
    Mistake(
        "The namespace passed twice",
        "The namespace is the first parameter, so the first argument becomes the namespace.",
        namespace_twice,
        tracker_by_keyword,
        "Tracker.__init__() got multiple values for argument 'namespace'",
    ),
    Mistake(
        "emitter= instead of emitters=",
        "The parameter is plural. It takes one emitter or a list.",
        emitter_argument,
        tracker_by_keyword,
        "Tracker.__init__() got an unexpected keyword argument 'emitter'",
    ),
    Mistake(
        "Snowplow.flush()",
        "`Snowplow` only keeps the trackers. You flush the tracker itself.",
        snowplow_flush,
        tracker_flush,
        "'Snowplow' has no attribute 'flush'",
    ),
    Mistake(
        "buffer_size= for an emitter",
        "Older versions of the tracker had it.",
        buffer_size_argument,
        batch_size_argument,
        "Emitter.__init__() got an unexpected keyword argument 'buffer_size'",
    ),
)

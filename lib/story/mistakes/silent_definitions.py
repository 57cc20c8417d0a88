"""Silent mistakes in definitions: they are published, and compute nothing."""

from snowplow_signals import Attribute, Event, EventProperty, StreamAttributeGroup
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.story.mistakes.given import LATE, TRIED, Print, TrackTasks, ValueAfterTasks
from lib.story.mistakes.mistake import Mistake


def published_too_late(
    signals: BaseSignalsWithApiClient,
    group: StreamAttributeGroup,
    track_tasks: TrackTasks,
    user: str,
    print: Print,
) -> None:
    track_tasks(user, 3)
    signals.publish([group])
    values = signals.get_group_attributes(
        name=group.name,
        version=1,
        attributes=["tasks_completed_count"],
        attribute_key="user_id",
        identifier=user,
    )
    print(values["tasks_completed_count"])


def published_before(
    signals: BaseSignalsWithApiClient,
    group: StreamAttributeGroup,
    track_tasks: TrackTasks,
    user: str,
    print: Print,
) -> None:
    signals.publish([group])
    track_tasks(user, 3)
    values = signals.get_group_attributes(
        name=group.name,
        version=1,
        attributes=["tasks_completed_count"],
        attribute_key="user_id",
        identifier=user,
    )
    print(values["tasks_completed_count"])


def event_of_another_version(value_after_tasks: ValueAfterTasks, print: Print) -> None:
    count = Attribute(
        name="tasks",
        type="int32",
        aggregation="counter",
        events=[Event(vendor="com.example", name="task_completed", version="2-0-0")],
    )
    print(value_after_tasks(count))


def event_of_another_vendor(value_after_tasks: ValueAfterTasks, print: Print) -> None:
    count = Attribute(
        name="tasks",
        type="int32",
        aggregation="counter",
        events=[Event(vendor="com.acme", name="task_completed", version="1-0-0")],
    )
    print(value_after_tasks(count))


def event_as_tracked(value_after_tasks: ValueAfterTasks, print: Print) -> None:
    count = Attribute(
        name="tasks",
        type="int32",
        aggregation="counter",
        events=[Event(vendor="com.example", name="task_completed", version="1-0-0")],
    )
    print(value_after_tasks(count))


def property_of_another_version(value_after_tasks: ValueAfterTasks, print: Print) -> None:
    last = Attribute(
        name="last_priority",
        type="string",
        aggregation="last",
        events=[Event(vendor="com.example", name="task_completed", version="1-0-0")],
        property=EventProperty(
            vendor="com.example", name="task_completed", major_version=2, path="priority"
        ),
    )
    print(value_after_tasks(last))


def typo_in_path(value_after_tasks: ValueAfterTasks, print: Print) -> None:
    last = Attribute(
        name="last_priority",
        type="string",
        aggregation="last",
        events=[Event(vendor="com.example", name="task_completed", version="1-0-0")],
        property=EventProperty(
            vendor="com.example", name="task_completed", major_version=1, path="prority"
        ),
    )
    print(value_after_tasks(last))


def property_as_tracked(value_after_tasks: ValueAfterTasks, print: Print) -> None:
    last = Attribute(
        name="last_priority",
        type="string",
        aggregation="last",
        events=[Event(vendor="com.example", name="task_completed", version="1-0-0")],
        property=EventProperty(
            vendor="com.example", name="task_completed", major_version=1, path="priority"
        ),
    )
    print(value_after_tasks(last))


MISTAKES = (
    Mistake(
        "Published after tracking",
        "The events were tracked before the definitions were published.",
        published_too_late,
        published_before,
        "None",
        "Signals counts only events after publishing. Publish first, then track.",
        unpublishes=(LATE,),
    ),
    Mistake(
        "The wrong event version",
        "The attribute names version 2-0-0, and the application tracks 1-0-0.",
        event_of_another_version,
        event_as_tracked,
        "None",
        "No event matches, so there is nothing to count. Vendor, name and version must match the"
        " tracked schema.",
        unpublishes=(TRIED,),
    ),
    Mistake(
        "The wrong event vendor",
        "The schema has the organization's vendor, but the definition still has the sample's.",
        event_of_another_vendor,
        event_as_tracked,
        "None",
        "No event matches, so there is nothing to count. Use one vendor in schemas, tracking and"
        " definitions.",
        unpublishes=(TRIED,),
    ),
    Mistake(
        "The wrong major version in a property",
        "The events match, but the property says major version 2.",
        property_of_another_version,
        property_as_tracked,
        "None",
        "The events match, but none of them has such a property, so there is no value. The major"
        " version is the first number of the schema's version.",
        unpublishes=(TRIED,),
    ),
    Mistake(
        "A typo in a property's path",
        "The path says `prority`, and the schema has `priority`.",
        typo_in_path,
        property_as_tracked,
        "None",
        "No event has a property with this name, and a missing property is not an error. Copy names"
        " from the schema.",
        unpublishes=(TRIED,),
    ),
)

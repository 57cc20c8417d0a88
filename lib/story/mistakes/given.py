"""What the code of a mistake is given, by the names of its parameters.

- `api_url`, `sandbox_token`: the address of the Signals API of the sandbox, and its token
- `api_key`, `api_key_id`, `org_id`: an account's credentials, made up: they are sent nowhere
- `signals`: the Signals SDK, connected to the sandbox
- `collector_url`, `session`, `emitter`: where events go, and what sends each of them at once
- `user`: the id of a new user, a UUID
- `event`: a valid task_completed, and `track_tasks(user, times)` tracks it for a user
- `count`: the tutorial's counter of tasks, and `group`: its group, under another name
- `nudge`: the tutorial's intervention
- `value_after_tasks(attribute)`: publishes an attribute, tracks three tasks, and reads its value
- `print`: like Python's, but its output is shown
"""

import inspect
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import requests
from snowplow_signals import (
    Attribute,
    AttributeGroup,
    RuleIntervention,
    SignalsAPIError,
    StreamAttributeGroup,
    user_id,
)
from snowplow_signals.signals import BaseSignalsWithApiClient
from snowplow_tracker import Emitter, SelfDescribing, SelfDescribingJson, Subject, Tracker

from lib.connection.backend import Connection
from lib.snowplow import publishing
from lib.snowplow.definitions import Names, Plan, attribute_group, intervention
from lib.story.mistakes.mistake import Attempt

PLAN = Plan(owner="you@example.com", vendor="com.example")
Print = Callable[[object], None]
TrackTasks = Callable[[str, int], None]
ValueAfterTasks = Callable[[Attribute], object]
LATE, TRIED = "project_engagement_late", "trying_out"
REQUEST_SECONDS = (2.0, 5.0)
MOST_TASKS = 20


def task_completed() -> SelfDescribing:
    """A valid event of the tutorial, with its entity."""
    task = {"task_id": "task_1", "priority": "high"}
    project = {"project_id": "proj_42", "plan": "team"}
    return SelfDescribing(
        SelfDescribingJson("iglu:com.example/task_completed/jsonschema/1-0-0", task),
        context=[SelfDescribingJson("iglu:com.example/project/jsonschema/1-0-0", project)],
    )


@dataclass
class Given:
    """What one run is given. `printed` are the lines that it printed."""

    connection: Connection
    api_key: str = str(uuid.UUID(int=1))
    api_key_id: str = str(uuid.UUID(int=2))
    org_id: str = str(uuid.UUID(int=3))
    user: str = field(default_factory=lambda: str(uuid.uuid4()))
    printed: list[str] = field(default_factory=list)

    def arguments(self, attempt: Attempt) -> dict[str, Any]:
        """What this code asks for."""
        return {name: getattr(self, name) for name in inspect.signature(attempt).parameters}

    @property
    def collector_url(self) -> str:
        return self.connection.collector_url

    @property
    def api_url(self) -> str:
        return self.connection.collector_url.removesuffix(f"/sandbox/{self.connection.token}")

    @property
    def sandbox_token(self) -> str:
        return self.connection.token

    @property
    def signals(self) -> BaseSignalsWithApiClient:
        return self.connection.signals

    @property
    def session(self) -> requests.Session:
        return self.connection.collector_session()

    @property
    def emitter(self) -> Emitter:
        return Emitter(
            self.collector_url,
            batch_size=1,
            request_timeout=REQUEST_SECONDS,
            session=self.session,
        )

    @property
    def event(self) -> SelfDescribing:
        return task_completed()

    @property
    def group(self) -> AttributeGroup:
        return attribute_group(replace(PLAN, names=Names("_late")))

    @property
    def count(self) -> Attribute:
        return cast(Attribute, (self.group.attributes or [])[0])

    @property
    def nudge(self) -> RuleIntervention:
        return intervention(PLAN)

    def print(self, value: object) -> None:
        """Keep a line that the code prints."""
        self.printed.append(str(value))

    def track_tasks(self, user: str, times: int) -> None:
        """Track completed tasks for a user."""
        tracker = Tracker("project-app", self.emitter, subject=Subject().set_user_id(user))
        for _ in range(min(times, MOST_TASKS)):
            tracker.track(task_completed())

    def value_after_tasks(self, attribute: Attribute) -> object:
        """Publish an attribute in its own group, track three tasks, and read its value."""
        group = StreamAttributeGroup(
            name=TRIED,
            version=1,
            attribute_key=user_id,
            owner=PLAN.owner,
            attributes=[attribute],
        )
        self.signals.publish([group])
        self.track_tasks(self.user, 3)
        values = self.signals.get_group_attributes(
            name=TRIED,
            version=1,
            attributes=[attribute.name],
            attribute_key="user_id",
            identifier=self.user,
        )
        return values[attribute.name]


def publish_definitions(signals: BaseSignalsWithApiClient) -> None:
    """Publish the tutorial's group, service and intervention, unless they are published."""
    if not publishing.published(signals).is_complete:
        publishing.publish(signals, PLAN)


def remove(signals: BaseSignalsWithApiClient, group: str) -> None:
    """Remove a group that an earlier run published, so that this run is the first."""
    try:
        found = publishing.definition_of(signals.get_attribute_group(group))
    except SignalsAPIError as error:
        if error.status_code == publishing.NOT_FOUND:
            return
        raise
    signals.unpublish([found])
    signals.delete([found])

"""Tracking the project tool's events with the Snowplow Python tracker.

An emitter sends to the collector. A subject says whose events they are. A tracker builds the events
and hands them to the emitter. Self-describing events and entities name the schema of their data,
one in `lib/schemas` or in your Iglu registry; an event that does not match its schema is a failed
event.

Each participant has a tracker, because a tracker has one subject. It is built from its class:
`Snowplow.create_tracker` keeps its trackers for the whole process and refuses a namespace that it
already has. Signals counts only events whose `user_id` is a UUID, and ignores others silently.

Signals has its own events for what happened to an intervention: it arrived, a handler handled it,
or a handler failed. Its browser plugin tracks them automatically; here the app does.

Sources: https://docs.snowplow.io/docs/sources/python-tracker/,
https://docs.snowplow.io/docs/signals/interventions/,
https://github.com/snowplow/iglu-central
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from snowplow_signals import InterventionInstance
from snowplow_tracker import (
    PageView,
    ScreenView,
    SelfDescribing,
    SelfDescribingJson,
    StructuredEvent,
    Subject,
    Tracker,
)
from snowplow_tracker.events import Event
from snowplow_tracker.typing import EmitterProtocol

from lib.project import Project, Task

NAMESPACE = "project-app"
APP_ID = "project-app-backend"
EVENT_VERSION = "1-0-0"
TASK_COMPLETED = "task_completed"
VIEWS = ("page_view", "screen_view")
SIGNALS_VENDOR = "com.snowplowanalytics.signals"
RECEIVED, HANDLED = "intervention_receive", "intervention_handle"
NOT_HANDLED = "intervention_handle_error"
WITHOUT_GESTURE = (*VIEWS, RECEIVED, HANDLED, NOT_HANDLED)
HANDLER = "nudge"
ERROR_LENGTH = 1_024
ATTRIBUTE_LENGTHS = range(3, 258)
VALUE_AT_MOST, VALUES_AT_MOST = 1_000, 50  # ours: a collector refuses events that are too large


class EventName(NamedTuple):
    """An event, by the vendor and the name of its schema."""

    vendor: str
    name: str

    @property
    def schema(self) -> str:
        """The Iglu URI of its schema."""
        return f"iglu:{self.vendor}/{self.name}/jsonschema/{EVENT_VERSION}"


class ProjectTracking:
    """Everything that the project tool tracks for one user.

    `emitter` sends the events: the tracker's own `Emitter`, or another with its methods. `vendor`
    is the vendor of the schemas. `session_id` returns the session that an event belongs to, and
    `completed` the event that completing a task tracks, if a demo renames it.
    """

    def __init__(
        self,
        emitter: EmitterProtocol,
        user_id: str,
        vendor: str,
        session_id: Callable[[], str],
        completed: Callable[[], EventName] | None = None,
    ) -> None:
        self.vendor = vendor
        self._session_id = session_id
        self._completed = completed or (lambda: EventName(vendor, TASK_COMPLETED))
        self._subject = Subject().set_platform("web").set_user_id(user_id)
        self._tracker = Tracker(NAMESPACE, emitter, subject=self._subject, app_id=APP_ID)

    @property
    def completed(self) -> EventName:
        """The event that completing a task tracks."""
        return self._completed()

    @property
    def subject_user_id(self) -> str | None:
        """The user id of the tracker's subject: whose events these are."""
        user_id = self._subject.standard_nv_pairs.get("uid")
        return None if user_id is None else str(user_id)

    def board_opened(self, page_url: str) -> None:
        """A page view and a screen view: somebody opened the board."""
        self.track(PageView(page_url=page_url, page_title="Board"))
        self.track(ScreenView(id_=str(uuid.uuid4()), name="board"))

    def tasks_filtered(self, status: str) -> None:
        """A structured event: the board now shows tasks of one status."""
        self.track(
            StructuredEvent(category="board", action="filter", label="status", property_=status)
        )

    def task_completed(self, task: Task, project: Project) -> None:
        """A self-describing event about the task, with the project as an entity."""
        vendor, name = self.completed
        self._track(name, {"task_id": task.id, "priority": task.priority}, project, vendor)

    def task_added(self, task: Task, project: Project) -> None:
        """Somebody added a task to a project."""
        self._track("task_added", {"task_id": task.id, "priority": task.priority}, project)

    def task_started(self, task: Task, project: Project) -> None:
        """Somebody began to work on a task."""
        self._track("task_started", {"task_id": task.id, "priority": task.priority}, project)

    def task_reopened(self, task: Task, project: Project) -> None:
        """Somebody reopened a task that was done."""
        self._track("task_reopened", {"task_id": task.id, "priority": task.priority}, project)

    def time_logged(self, task: Task, project: Project, minutes: float) -> None:
        """Somebody noted how long they worked on a task: a number, to sum up or to average."""
        self._track("time_logged", {"task_id": task.id, "minutes": minutes}, project)

    def comment_added(
        self, task: Task, project: Project, length: int, mentions: Sequence[str]
    ) -> None:
        """Somebody wrote a comment: how long it is and whom it mentions, not what it says."""
        comment = {"task_id": task.id, "length": length, "mentions": list(mentions)}
        self._track("comment_added", comment, project)

    def project_entity(self, project: Project) -> SelfDescribingJson:
        """The project, as an entity to attach to an event."""
        return self._described("project", {"project_id": project.id, "plan": project.plan})

    def nudge_answered(self, intervention_id: str, name: str, version: int, action: str) -> None:
        """A self-describing event: the person `accepted` or `dismissed` a nudge."""
        answer = {
            "intervention_id": intervention_id,
            "name": name,
            "version": version,
            "action": action,
        }
        self.track(SelfDescribing(self._described("nudge_interaction", answer)))

    def intervention_received(self, intervention: InterventionInstance) -> None:
        """Signals' own event: an intervention arrived, for the app's only handler."""
        self._track_intervention(RECEIVED, {"handlers": [HANDLER]}, intervention)

    def intervention_handled(self, intervention: InterventionInstance) -> None:
        """Signals' own event: the handler has shown an intervention."""
        self._track_intervention(HANDLED, {"handler": HANDLER}, intervention)

    def intervention_failed(self, intervention: InterventionInstance, error: str) -> None:
        """Signals' own event: the handler could not show an intervention, and why."""
        problem = {"handler": HANDLER, "error": error[:ERROR_LENGTH]}
        self._track_intervention(NOT_HANDLED, problem, intervention)

    def track(self, event: Event) -> str:
        """Track any event, in the current session; returns its id."""
        self._subject.set_domain_session_id(self._session_id())
        return str(self._tracker.track(event))

    def _track(
        self, name: str, data: Mapping[str, object], project: Project, vendor: str = ""
    ) -> None:
        described = _self_describing(vendor or self.vendor, name, data)
        self.track(SelfDescribing(described, context=[self.project_entity(project)]))

    def _track_intervention(
        self, name: str, data: Mapping[str, object], intervention: InterventionInstance
    ) -> None:
        described = _self_describing(SIGNALS_VENDOR, name, data)
        self.track(SelfDescribing(described, context=[intervention_entity(intervention)]))

    def _described(self, name: str, data: Mapping[str, object]) -> SelfDescribingJson:
        return _self_describing(self.vendor, name, data)


def intervention_entity(intervention: InterventionInstance) -> SelfDescribingJson:
    """The intervention that one of Signals' own events is about. Attributes that its schema does
    not allow, and very long values, are left out."""
    values = (intervention.attributes or {}).items()
    data: dict[str, object] = {
        "intervention_id": intervention.intervention_id,
        "name": intervention.name,
        "version": intervention.version,
        "attributes": [
            {"attribute": name, "value": value}
            for name, value in values
            if len(name) in ATTRIBUTE_LENGTHS and len(value) <= VALUE_AT_MOST
        ][:VALUES_AT_MOST],
    }
    target = intervention.target_attribute_key
    if target is not None:
        data["attributeKey"] = {"name": target.name, "id": target.id}
    return _self_describing(SIGNALS_VENDOR, "intervention_instance", data)


def _self_describing(vendor: str, name: str, data: Mapping[str, object]) -> SelfDescribingJson:
    """Data together with the Iglu URI of its schema."""
    return SelfDescribingJson(f"iglu:{vendor}/{name}/jsonschema/{EVENT_VERSION}", dict(data))

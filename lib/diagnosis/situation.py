"""What the app knows about an event and everything around it, for the checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lib.cached import cached_property
from lib.connection.backend import Connection
from lib.snowplow.attributes import KEY
from lib.snowplow.criteria import groups_in, meets
from lib.world.emitter import Delivery
from lib.world.history import Reading
from lib.world.inbox import Missed, Received
from lib.world.polling import Seen
from lib.world.tracked_event import TrackedEvent

MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Situation:
    """What the app knows at one moment about an event and everything around it."""

    connection: Connection
    user_id: str
    subject_user_id: str | None
    event: TrackedEvent | None
    delivery: Delivery
    seen: Seen
    history: list[Reading]
    received: list[Received]
    missed: list[Missed]

    @property
    def is_sandbox(self) -> bool:
        """Whether the trace of the event can be read."""
        return self.connection.inspector is not None

    @property
    def intervention(self) -> Any | None:
        """The published intervention that the app follows; None if there is none."""
        return self.seen.published.followed

    @property
    def receipt(self) -> Received | None:
        """When this version of the intervention was received; None if it was not."""
        fired = (each for each in self.received if not each.is_test)
        return next((each for each in fired if self.is_nudge(each.intervention)), None)

    @property
    def miss(self) -> Missed | None:
        """When it was probably missed; None if it was not."""
        return next((each for each in self.missed if self.is_nudge(each)), None)

    def is_nudge(self, other: Any) -> bool:
        """Whether something is about this version of the intervention."""
        nudge = self.intervention
        return nudge is not None and (other.name, other.version) == (nudge.name, nudge.version)

    @property
    def is_met(self) -> bool | None:
        """Whether the latest values meet the criteria; None if unknown."""
        nudge = self.intervention
        met = None if nudge is None else meets(nudge.criteria, self.seen.current)
        evaluation = self.evaluation if met is None else None
        return bool(evaluation["is_met"]) if evaluation is not None else met

    @property
    def was_met(self) -> bool | None:
        """Whether the last values before the event met them; None if unknown."""
        nudge, event = self.intervention, self.event
        before = [each for each in self.history if event and each.tstamp < event.tstamp]
        return meets(nudge.criteria, before[-1].values) if nudge is not None and before else None

    @property
    def change_read(self) -> str:
        """The values that were read after the event and not before; empty without any."""
        if self.event is None or not self.history:
            return ""
        *_, before, last = Reading(self.event.tstamp, {}), *self.history
        if last.tstamp < self.event.tstamp + MILLISECOND:  # trackers cut off smaller fractions
            return ""
        changes = [
            f"{name}: {value_in_words(before.values.get(name))} → {value_in_words(value)}"
            for name, value in last.values.items()
            if name != KEY and value not in (None, before.values.get(name))
        ]
        return f"{'; '.join(changes)}, read at {last.tstamp:%H:%M:%S} UTC." if changes else ""

    @cached_property
    def stages(self) -> list[dict[str, Any]] | None:
        """The trace of the event; None without one. Raises `httpx.HTTPError`."""
        traces = self.connection.inspector
        if traces is None or self.event is None:
            return None
        return traces.stages(self.event.event_id) or None

    def stage(self, name: str) -> Mapping[str, Any]:
        """One stage of the trace; empty if the event did not reach it."""
        return next((each for each in self.stages or () if each["stage"] == name), {})

    @property
    def changes(self) -> list[dict[str, Any]]:
        """What the event did to the values of the published group, or of those that the followed
        intervention names, by the sandbox's trace."""
        changes: list[dict[str, Any]] = self.stage("attributes").get("changes", [])
        published = self.seen.published
        group = published.group
        if published.follows_another and published.followed is not None:
            named = groups_in(published.followed.criteria)
            return [each for each in changes if each["group"] in named]
        return [
            each
            for each in changes
            if group is not None
            and (each["group"], each["version"]) == (group.name, int(group.version or 1))
        ]

    @property
    def evaluation(self) -> dict[str, Any] | None:
        """How the intervention was evaluated when the event came, by the sandbox's trace."""
        evaluations: list[dict[str, Any]] = self.stage("criteria").get("evaluations", [])
        return next((each for each in evaluations if self._is_of_nudge(each)), None)

    @property
    def trigger(self) -> dict[str, Any] | None:
        """How the event made the intervention fire, by the sandbox's trace; None if it did not."""
        triggers = [each for each in self.stages or () if each["stage"] == "triggered"]
        return next((each for each in triggers if self._is_of_nudge(each)), None)

    def _is_of_nudge(self, said: Mapping[str, Any]) -> bool:
        nudge = self.intervention
        return nudge is not None and (said["name"], said["version"]) == (nudge.name, nudge.version)


def value_in_words(value: Any) -> str:
    """A value for a person; None becomes "no value"."""
    return "no value" if value is None else str(value)

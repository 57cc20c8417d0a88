"""What the pipeline produces: a canonical event, or a failed one.

An `Event` is Snowplow's canonical event, cut down to what Signals can see: the atomic fields, the
self-describing data and the entities. Times are integers, milliseconds since the epoch, UTC, as in
the tracker protocol. A `FailedEvent` keeps the payload and every reason, so that nothing that was
sent disappears.

Source: https://docs.snowplow.io/docs/fundamentals/canonical-event/
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lib.sandbox.limits import TEXT_IN_REASONS


@dataclass(slots=True)
class Entity:
    """One self-describing JSON attached to an event, for example `com.example/project/1-0-0`."""

    vendor: str
    name: str
    version: str
    data: Any

    @property
    def major_version(self) -> int:
        """The first number of the SchemaVer, which is what attribute properties name."""
        return int(self.version.split("-", 1)[0])


@dataclass(slots=True)
class Event:
    """One accepted event.

    `atomic` holds the canonical columns that have a value (`event_name`, `user_id`, `page_url`,
    `derived_tstamp` ...), typed: numbers are numbers, `*_tstamp` columns are milliseconds.
    `data` is the data of a self-describing event and None for all others. `unvalidated` names the
    schemas whose vendor this sandbox's Iglu does not hold.
    """

    event_id: str
    collector_tstamp: int
    derived_tstamp: int
    vendor: str
    name: str
    version: str
    atomic: dict[str, Any]
    data: Any = None
    entities: list[Entity] = field(default_factory=list)
    unvalidated: list[str] = field(default_factory=list)
    _index: dict[tuple[str, str, int | None], list[Entity]] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    @property
    def major_version(self) -> int:
        """The first number of the event's SchemaVer."""
        return int(self.version.split("-", 1)[0])

    def entities_of(self, vendor: str, name: str, major_version: int | None) -> list[Entity]:
        """The entities of one kind, in order; of any version if `major_version` is None.

        They are sorted into kinds once, as thousands of attributes may look for thousands of them.
        """
        if self._index is None:
            self._index = {}
            for entity in self.entities:
                for version in (entity.major_version, None):
                    kind = entity.vendor, entity.name, version
                    self._index.setdefault(kind, []).append(entity)
        return self._index.get((vendor, name, major_version), [])


@dataclass(slots=True)
class Failure:
    """Why an event failed: the schema that it breaks (or None), where, and a message."""

    schema: str | None
    path: str
    message: str

    @property
    def length(self) -> int:
        """How many characters it has."""
        return len(self.schema or "") + len(self.path) + len(self.message)


def kept_reasons(failures: Sequence[Failure]) -> list[Failure]:
    """The first reasons, up to `TEXT_IN_REASONS` characters, and how many more there are *(ours)*.

    A small event can break a schema in many places, whose names may be long.
    """
    room = TEXT_IN_REASONS
    for count, failure in enumerate(failures):
        room -= failure.length
        if room < 0:
            others = f"at least {len(failures) - count} more reasons are left out"
            return [*failures[:count], Failure(None, "$", others)]
    return list(failures)


@dataclass(slots=True)
class FailedEvent:
    """An event that was received but did not become an `Event`, with its payload as sent."""

    collector_tstamp: int
    payload: Any
    failures: list[Failure]
    event_id: str | None = None
    user_id: str | None = None
    schema: str | None = None
    request: int | None = None


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """A stored event: enriched again, with its tracker fields and how it was received."""

    event: Event
    fields: dict[str, str]
    received: dict[str, Any]

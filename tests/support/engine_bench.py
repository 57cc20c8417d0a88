"""A sandbox whose engine is given events by hand, with attributes of a user and of a session."""

import itertools
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from snowplow_signals import LinkAttributeKey, domain_sessionid
from snowplow_signals.models.model import AttributeGroupInput, RuleInterventionInput

from lib.sandbox.pipeline.events import Event
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.signals.engine import Effects, Trigger
from lib.sandbox.signals.kinds import GROUP, INTERVENTION, Kind
from lib.sandbox.storage.store import Store
from tests.support.sandbox import NOW, attribute, group, new_id

USER = "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01"
OTHER_USER = "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e02"
SESSION = "0b7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e03"
OTHER_SESSION = "0b7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e04"

BY_USER = group(
    attribute("count", "counter"),
    attribute("last", "last", type="int64"),
    attribute("recent", "counter", period="P1D"),
    attribute("values", "unique_list", type="int64_list"),
    attribute("never", "last", type="string", property={"type": "atomic", "name": "tr_city"}),
    name="user",
)
BY_SESSION = group(
    attribute("count", "counter"),
    attribute("last", "last", type="int64"),
    name="session",
    attribute_key=domain_sessionid,
)
BOTH_KEYS = [LinkAttributeKey(name="user_id"), LinkAttributeKey(name="domain_sessionid")]


class Bench:
    """A sandbox without a server: events go directly to the engine."""

    def __init__(self, *definitions: RuleInterventionInput) -> None:
        self.sandbox = Sandbox("bench", Store(":memory:"), Iglu(), lambda: self.now)
        self.numbers = itertools.count()
        self.now = NOW
        self._create(GROUP, BY_USER, BY_SESSION)
        self.publish(*definitions)

    def publish(self, *definitions: RuleInterventionInput) -> None:
        self._create(INTERVENTION, *definitions)

    def publish_group(self, definition: AttributeGroupInput) -> None:
        self._create(GROUP, definition)

    def _create(self, kind: Kind, *definitions: BaseModel) -> None:
        for each in definitions:  # parsed again, as a route would
            dumped = each.model_dump(mode="json", exclude_none=True) | {"is_published": True}
            self.sandbox.registry.create(kind, kind.model.model_validate(dumped))

    def effects(
        self,
        value: Any = None,
        user: str | None = USER,
        session: str | None = None,
        waited: int = 0,
    ) -> Effects:
        """What one event does; it `waited` so many milliseconds since it was collected."""
        ids = {"user_id": user, "domain_sessionid": session}
        event = Event(
            event_id=new_id(),
            collector_tstamp=self.now - waited,
            derived_tstamp=self.now - waited,
            vendor="org.example",
            name="seen",
            version="1-0-0",
            atomic={name: each for name, each in ids.items() if each is not None},
            data={"value": value},
        )
        return self.sandbox.engine.process(event, next(self.numbers), event.collector_tstamp)

    def see(
        self, value: Any = None, user: str | None = USER, session: str | None = None
    ) -> list[Trigger]:
        """What one event triggers."""
        return self.effects(value, user, session).triggers

    def firings(self, values: Sequence[Any]) -> list[int]:
        """How many interventions each value triggers, one event after another."""
        return [len(self.see(value)) for value in values]

    def close(self) -> None:
        self.sandbox.store.close()

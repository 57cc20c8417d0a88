"""The event that completing a card tracks, by the demo profile in use, and its schema.

In a sandbox the app adds the schema: the one of the app's own event, under the profile's vendor and
name. On Snowplow it has to be in your Iglu registry.
"""

import json
import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from lib.connection.backend import Connection
from lib.connection.sandbox_inspector import SandboxInspector, SchemaRefused
from lib.demo.demo_profile import DemoProfile
from lib.demo.ready_profiles import ready_profiles
from lib.snowplow.definitions import Plan
from lib.snowplow.tracking import EventName
from lib.world.background import in_background

SCHEMAS = Path(__file__).parent.parent / "schemas" / "com.example"
WAIT_SECONDS = 0.5
RETRY_SECONDS = 5.0


def schema_of(event: EventName) -> dict[str, Any]:
    """The schema of the event for a completed card, under the vendor and the name of an event."""
    source = SCHEMAS / "task_completed" / "jsonschema" / "1-0-0"
    schema: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    schema["self"] |= {"vendor": event.vendor, "name": event.name}
    return schema


class OwnEvent:
    """The event of one user's cards. `plan` is what to publish without a profile."""

    def __init__(
        self, plan: Plan, profile: Callable[[], DemoProfile], connection: Connection
    ) -> None:
        self._default = plan
        self._profile = profile
        self._connection = connection
        self._kept: tuple[str, str] | None = None
        self._giving: Future[None] | None = None
        self._due_at = -math.inf

    @property
    def plan(self) -> Plan:
        """What to publish where nothing is published: with the profile's threshold and event.

        On Snowplow, a profile that ships with the app keeps the app's event: nobody has the schema
        of another.
        """
        profile = self._profile()
        plan = replace(self._default, threshold=profile.threshold)
        if self._connection.inspector is None and profile in ready_profiles().values():
            return plan
        return replace(plan, event=profile.event, event_vendor=profile.vendor)

    @property
    def current(self) -> EventName:
        """The event as it is now."""
        return self.plan.completed

    @property
    def is_own(self) -> bool:
        """Whether its vendor is not that of everything else that the app tracks."""
        return self.current.vendor != self._default.vendor

    def keep_schema(self) -> None:
        """Give the sandbox the schema, in the background, if the event has changed. Also if the
        sandbox's definitions have changed: somebody may have emptied it.

        Called about once a second, so that it is there no matter who chose the profile or how the
        sandbox lost it. Until then, events of a vendor without schemas pass unchecked.
        """
        inspector, event = self._connection.inspector, self.current
        wanted = event.schema, self._connection.api_client.sandbox_definitions
        is_busy = self._giving is not None and not self._giving.done()
        is_early = time.monotonic() < self._due_at
        if inspector is None or not self.is_own or wanted == self._kept or is_busy or is_early:
            return
        self._giving = in_background("schemas", lambda: self._give(inspector, event, wanted))

    def wait_for_schema(self) -> None:
        """The same, and wait a moment at most until it is there."""
        self.keep_schema()
        if self._giving is not None:
            wait_for([self._giving], timeout=WAIT_SECONDS)

    def _give(self, inspector: SandboxInspector, event: EventName, wanted: tuple[str, str]) -> None:
        try:
            if not inspector.has_schema(event.schema):
                inspector.add_schema(schema_of(event))
        except SchemaRefused:
            pass  # another was faster, or the sandbox is full and its events pass unchecked
        except httpx.HTTPError:
            self._due_at = time.monotonic() + RETRY_SECONDS
            return
        self._kept = wanted

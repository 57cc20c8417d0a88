"""`testing/attribute_groups`: a preview of an attribute group, computed over stored events.

Nothing is published or stored. The real API runs this in the warehouse; the sandbox runs its own
stream engine over the events that it still has.

Source: https://docs.snowplow.io/docs/signals/attributes/attribute-groups/ (testing)
"""

from datetime import timedelta
from typing import Any

from snowplow_signals.models.model import TestAttributeGroupRequest

from lib.sandbox.errors import InvalidDefinition
from lib.sandbox.pipeline.events import Event
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.signals.attributes import ComputedGroup, milliseconds
from lib.sandbox.signals.kinds import GROUP
from lib.sandbox.signals.profile import Profile
from lib.sandbox.signals.validation import problems

IDENTIFIERS_AT_MOST = 10
EVENTS_AT_MOST = 100_000
DEFAULT_WINDOW = timedelta(hours=1)
UNSAVED = 0


def tested_group(
    sandbox: Sandbox, request: TestAttributeGroupRequest, now: int
) -> list[dict[str, Any]]:
    """A row for each identifier, with a column for its key and one for each attribute.

    Rows are in the order of the identifiers in the request; without any, they are the ten most
    recently active *(ours: the real API picks ten at random)*. Raises InvalidDefinition.
    """
    found = problems(GROUP.name, request.attribute_group, sandbox.registry)
    if found:
        raise InvalidDefinition(*found)
    group = sandbox.engine.group_of(UNSAVED, request.attribute_group)
    window = milliseconds(request.window or DEFAULT_WINDOW)
    profiles = _profiles(group, _events(sandbox, request, now - window))
    asked = [each.root for each in request.attribute_key_ids or []]
    return [
        _row(group, identifier, profiles.get(identifier, Profile()), now)
        for identifier in asked or list(reversed(profiles))[:IDENTIFIERS_AT_MOST]
    ]


def _events(sandbox: Sandbox, request: TestAttributeGroupRequest, since: int) -> list[Event]:
    """The stored events collected after `since`, oldest first."""
    app_ids = {each.root for each in request.app_ids or []}
    kept = sandbox.newest_events(EVENTS_AT_MOST, since)
    return [
        each.event
        for each in reversed(kept)
        if not app_ids or each.event.atomic.get("app_id") in app_ids
    ]


def _profiles(group: ComputedGroup, events: list[Event]) -> dict[str, Profile]:
    """The profile of each identifier, the most recently active one last."""
    profiles: dict[str, Profile] = {}
    for event in events:
        identifier = group.key.identifier(event)
        changes = group.changes(event) if identifier is not None else []
        if identifier is not None and changes:
            profile = profiles.pop(identifier, None) or Profile()
            profile.change(group, changes, event.derived_tstamp, event.collector_tstamp)
            profiles[identifier] = profile
    return profiles


def _row(group: ComputedGroup, identifier: str, profile: Profile, now: int) -> dict[str, Any]:
    values = {
        attribute.name: profile.value(group, index, now)
        for index, attribute in enumerate(group.attributes)
    }
    return {group.key.name: identifier, **values}

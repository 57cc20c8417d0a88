"""`testing/attribute_groups`: a preview of an attribute group, computed over stored events.

Nothing is published or stored. The real API runs this in the warehouse; the sandbox runs its own
stream engine over the events that it still has.

Source: https://docs.snowplow.io/docs/signals/attributes/attribute-groups/ (testing)
"""

from asyncio import Lock
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

from snowplow_signals.models.model import TestAttributeGroupRequest

from lib.sandbox.errors import InvalidDefinition
from lib.sandbox.limits import ANSWER_BYTES
from lib.sandbox.pipeline.events import Event
from lib.sandbox.queries.pauses import Pauses
from lib.sandbox.queries.stored_events import newest_first, oldest_first
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.signals.attributes import ComputedGroup, milliseconds
from lib.sandbox.signals.kinds import GROUP
from lib.sandbox.signals.profile import Profile
from lib.sandbox.signals.validation import problems

IDENTIFIERS_AT_MOST = 10
EVENTS_AT_MOST = 100_000
DEFAULT_WINDOW = timedelta(hours=1)
UNSAVED = 0
MAX_BYTES = 10 * ANSWER_BYTES
TOO_MUCH = f"the events of this window give more than {MAX_BYTES:,} bytes of values: narrow it"

_turns: WeakKeyDictionary[Sandbox, Lock] = WeakKeyDictionary()  # one preview of each at a time


async def tested_group(
    sandbox: Sandbox, request: TestAttributeGroupRequest, now: int
) -> list[dict[str, Any]]:
    """A row for each identifier, with a column for its key and one for each attribute.

    Rows are in the order of the identifiers in the request; without any, they are the ten most
    recently active *(ours: the real API picks ten at random)*. Raises InvalidDefinition.
    """
    found = problems(GROUP.name, request.attribute_group, sandbox.registry)
    if found:
        raise InvalidDefinition(*found)
    async with _turns.setdefault(sandbox, Lock()):  # others' previews need not wait for these
        preview = _Preview(sandbox, request, now)
        identifiers = [each.root for each in request.attribute_key_ids or []]
        if not identifiers:
            identifiers = await preview.most_recent()
        profiles = await preview.profiles(identifiers)
    group = preview.group
    return [_row(group, each, profiles.get(each, Profile(each)), now) for each in identifiers]


class _Preview:
    """One preview: a group, and which of the stored events count."""

    def __init__(self, sandbox: Sandbox, request: TestAttributeGroupRequest, now: int) -> None:
        self.group = sandbox.engine.group_of(UNSAVED, request.attribute_group)
        self._sandbox = sandbox
        # The SDK's model has a text, not a duration, where none is given.
        window = request.window if isinstance(request.window, timedelta) else DEFAULT_WINDOW
        self._since = now - milliseconds(window)
        self._app_ids = {each.root for each in request.app_ids or []}
        self._pauses = Pauses()

    async def most_recent(self) -> list[str]:
        """The identifiers that were active last, the most recent first."""
        identifiers: dict[str, None] = {}
        newest = newest_first(
            self._sandbox, self._pauses, EVENTS_AT_MOST, since=self._since, most_bytes=MAX_BYTES
        )
        async for kept in newest:
            identifier = self._identifier(kept.event)
            is_new = identifier is not None and identifier not in identifiers
            if identifier is not None and is_new and self.group.changes(kept.event):
                identifiers[identifier] = None
                if len(identifiers) == IDENTIFIERS_AT_MOST:
                    break
        return list(identifiers)

    async def profiles(self, identifiers: Sequence[str]) -> dict[str, Profile]:
        """The profiles of some identifiers, as the stored events make them."""
        profiles = {identifier: Profile(identifier) for identifier in identifiers}
        length = 0
        events = oldest_first(self._sandbox, self._pauses, EVENTS_AT_MOST, since=self._since)
        async for kept in events:
            event = kept.event
            profile = profiles.get(self._identifier(event) or "")
            if profile is None:
                continue
            changes = self.group.changes(event)
            length += sum(len(value) for _, value in changes if isinstance(value, str))
            if length > MAX_BYTES:
                raise InvalidDefinition((["body", "window"], TOO_MUCH))
            profile.change(self.group, changes, event.derived_tstamp, event.collector_tstamp)
        return profiles

    def _identifier(self, event: Event) -> str | None:
        if self._app_ids and event.atomic.get("app_id") not in self._app_ids:
            return None
        return self.group.key.identifier(event)


def _row(group: ComputedGroup, identifier: str, profile: Profile, now: int) -> dict[str, Any]:
    values = {
        attribute.name: profile.value(group, index, now)
        for index, attribute in enumerate(group.attributes)
    }
    return {group.key.name: identifier, **values}

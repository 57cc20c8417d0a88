"""The schemas besides the project's own: those that were added to the sandbox of this session, and
that of what completing a card tracks, where a demo profile names it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lib.diagnosis.schema_form import Schema, added_schemas
from lib.ui import session
from lib.world.own_event import schema_of
from lib.world.own_schemas import OwnSchemas


def own_schemas() -> OwnSchemas:
    """Those of the world that this session looks at now."""
    connection = session.participant().connection
    held: tuple[Any, OwnSchemas] | None = st.session_state.get("own_schemas")
    if held is None or held[0] is not connection:
        held = (connection, OwnSchemas(connection.inspector))
        st.session_state["own_schemas"] = held
    return held[1]


def added() -> tuple[Schema, ...]:
    """As the forms need them."""
    found, event = own_schemas().added(), session.participant().own_event
    names = [(each["self"]["vendor"], each["self"]["name"]) for each in found]
    if event.is_own and event.current not in names:  # as on Snowplow
        found = [*found, schema_of(event.current)]
    return added_schemas(found)


def completed_among(listed: Sequence[Schema]) -> int:
    """The place of what completing a card tracks; the first if it is not there."""
    participant = session.participant()
    address, vendor = participant.own_event.current.schema, participant.tracking.vendor
    found = (place for place, each in enumerate(listed) if each.address(vendor) == address)
    return next(found, 0)

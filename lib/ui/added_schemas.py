"""The schemas besides the project's own: those that were added to the sandbox of this session. On
Snowplow, that of the event that completing a card tracks, if a demo profile names one."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lib.diagnosis.schema_form import Schema, added_schemas
from lib.snowplow.tracking import TASK_COMPLETED, EventName
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
    participant = session.participant()
    if participant.connection.inspector is not None:
        return added_schemas(own_schemas().added())
    event = participant.own_event
    return added_schemas([schema_of(event.current)] if event.is_own else [])


def completed_among(listed: Sequence[Schema]) -> int:
    """The position of what completing a card tracks; else of the app's own; else the first, because
    a file of `lib/schemas` may be broken or renamed."""
    participant = session.participant()
    vendor = participant.tracking.vendor
    wanted = (participant.own_event.current, EventName(vendor, TASK_COMPLETED))
    addresses = [each.address(vendor) for each in listed]
    return next((addresses.index(each.schema) for each in wanted if each.schema in addresses), 0)

"""The schemas that were added to the sandbox of this session."""

from typing import Any

import streamlit as st

from lib.diagnosis.schema_form import Schema, added_schemas
from lib.ui import session
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
    """As the forms need them; none on Snowplow."""
    return added_schemas(own_schemas().added())

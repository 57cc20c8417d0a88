"""Adding a schema of your own to the sandbox: with a small form, or by pasting its JSON."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from lib.connection.explanations import Explanation
from lib.diagnosis.schema_draft import (
    TYPES,
    NotSchema,
    composed,
    fields_given_twice,
    following,
    same_as,
    written,
)
from lib.diagnosis.schema_form import Schema
from lib.text import code, plain
from lib.ui import session
from lib.ui.added_schemas import added, own_schemas
from lib.ui.elements import show_code, show_problem
from lib.world.participant import Participant

ADDING = "add_schema"
FORM, PASTE = "Form", "JSON"
MAX_JSON = 64_000  # as many bytes as the sandbox accepts
VENDOR, NAME = re.compile(r"[A-Za-z0-9_.-]+"), re.compile(r"[A-Za-z0-9_-]+")
EXAMPLE_ROWS = [
    {"field": "order_id", "type": "string", "required": True, "values": "", "meaning": ""},
    {"field": "amount", "type": "number", "required": True, "values": "", "meaning": ""},
    {"field": "size", "type": "string", "required": False, "values": "S, M, L", "meaning": ""},
]
EXAMPLE = ("com.acme", "order_placed", "1-0-0", "Somebody placed an order", EXAMPLE_ROWS)
COLUMNS = {
    "field": st.column_config.TextColumn("field", required=True, max_chars=100),
    "type": st.column_config.SelectboxColumn("type", options=TYPES, required=True),
    "required": st.column_config.CheckboxColumn("required"),
    "values": st.column_config.TextColumn(
        "allowed values", help="Separated by commas. Empty: any.", max_chars=1_000
    ),
    "meaning": st.column_config.TextColumn("meaning", max_chars=500),
}


def show_adding(participant: Participant, own: Sequence[Schema]) -> None:
    """The form for a schema of your own, folded until somebody opens it."""
    with st.expander("Add a schema of your own", icon=":material/add:", key="add_schema_expander"):
        st.caption(
            "For your sandbox only, under a vendor of your own. From then on, events of this"
            " vendor must follow its schemas. Send one above, under Any event, and compute"
            " attributes from its fields on the definitions page."
        )
        how = st.radio(
            "Write it as",
            (FORM, PASTE),
            key="schema_as",
            horizontal=True,
            persist_state="session",
        )
        if how == FORM:
            _show_form(own)
        else:
            _show_pasted()
        _show_button(participant, own, _shown_body(own, how))


def _shown_body(own: Sequence[Schema], how: str) -> dict[str, Any] | None:
    """The schema as JSON, or why there is none."""
    try:
        body = _body(own)
    except NotSchema as problem:
        st.error(plain(problem), icon=":material/error:")
        return None
    if how == FORM:
        with st.popover("The schema as JSON", icon=":material/code:", key="schema_json_popover"):
            show_code(json.dumps(body, indent=2))
    return body


def _show_button(
    participant: Participant, own: Sequence[Schema], body: dict[str, Any] | None
) -> None:
    same = same_as(body, own) if body is not None else None
    taken = _taken(participant, body)
    st.button(
        "Add this schema",
        key="add_schema",
        type="primary",
        icon=":material/add:",
        on_click=_add,
        args=(participant,),
        disabled=body is None or same is not None or taken is not None,
    )
    if taken is not None:
        show_problem(taken)
    else:
        _show_outcome(participant, body, own)
    if same is not None:
        st.caption(f"{plain(same.label)} is the same. Change something for the next version.")


def _show_form(own: Sequence[Schema]) -> None:
    with st.grid(3, min_column_width=200):
        vendor = st.text_input(
            "Vendor", "com.acme", key="schema_vendor", max_chars=100, persist_state="session"
        )
        name = st.text_input(
            "Name", "order_placed", key="schema_name", max_chars=100, persist_state="session"
        )
        versions = _versions(own, vendor, name)
        version = st.selectbox(
            "Version",
            list(versions),
            key=_version_key(versions),
            help="SchemaVer: MODEL-REVISION-ADDITION. The number that goes up says what changed.",
        )
    st.caption(f"{version} is {versions[version]}.")
    st.text_input(
        "What the event means",
        EXAMPLE[3],
        key="schema_meaning",
        max_chars=500,
        persist_state="session",
    )
    _show_rows()


def _versions(own: Sequence[Schema], vendor: str, name: str) -> dict[str, str]:
    """The versions that a schema may have next, and what each means."""
    return following(each.version for each in own if (each.vendor, each.name) == (vendor, name))


def _version_key(versions: Mapping[str, str]) -> str:
    return f"schema_version_{len(versions)}_{next(iter(versions))}"


def _show_rows() -> None:
    """The table of fields. It starts as it was last seen: Streamlit keeps only what was changed in
    it, and drops that while the table is not drawn."""
    if "schema_fields" not in st.session_state:
        st.session_state["schema_rows_at_first"] = st.session_state.get("schema_rows", EXAMPLE_ROWS)
    st.data_editor(
        st.session_state["schema_rows_at_first"],
        key="schema_fields",
        num_rows="dynamic",
        hide_index=True,
        column_config=COLUMNS,
    )
    st.session_state["schema_rows"] = _rows()


def _rows() -> list[dict[str, Any]]:
    """What is in the table now."""
    changes = st.session_state["schema_fields"]
    kept = [
        row | changes["edited_rows"].get(number, {})
        for number, row in enumerate(st.session_state["schema_rows_at_first"])
        if number not in changes["deleted_rows"]
    ]
    return [*kept, *changes["added_rows"]]


def _show_pasted() -> None:
    st.text_area(
        "The schema's JSON",
        json.dumps(composed(*EXAMPLE), indent=2),
        key="schema_json",
        persist_state="session",
        height=320,
        max_chars=MAX_JSON,
    )


def _body(own: Sequence[Schema]) -> dict[str, Any]:
    """The schema in the fields now. Raises `NotSchema`."""
    if st.session_state["schema_as"] == PASTE:
        return written(st.session_state["schema_json"])
    vendor, name = st.session_state["schema_vendor"], st.session_state["schema_name"]
    if not VENDOR.fullmatch(vendor) or not NAME.fullmatch(name):
        raise NotSchema(
            "A vendor looks like com.acme, and a name like order_placed: letters, digits,"
            " underscores, hyphens, and dots in the vendor."
        )
    if twice := fields_given_twice(_rows()):
        raise NotSchema(f"Two rows have the same field: {', '.join(twice)}. Rename or delete one.")
    versions = _versions(own, vendor, name)
    version = st.session_state.get(_version_key(versions), next(iter(versions)))
    return composed(vendor, name, version, st.session_state["schema_meaning"], _rows())


def _taken(participant: Participant, body: dict[str, Any] | None) -> Explanation | None:
    """Why a schema of your own cannot have this vendor; None if it can."""
    described = (body or {}).get("self")
    vendor = described.get("vendor") if isinstance(described, dict) else None
    if vendor != participant.tracking.vendor:
        return None
    return Explanation(
        f"{vendor} is the vendor of this app's own events.",
        "Choose another one: with your schema, the app's events would fail.",
    )


def _add(participant: Participant) -> None:
    """Add the schema in the fields now: the button may have been drawn for an older one."""
    try:
        body = _body(added())
    except NotSchema:
        return
    if session.is_guest() or _taken(participant, body) is not None:
        return
    st.session_state["schema_tried"] = body
    job = participant.jobs.start(ADDING, partial(own_schemas().add, body))
    job.wait()
    new = [each for each in added() if each.address("") == job.result]
    if new:
        st.session_state["schema"] = new[0]  # shown above, with its examples


def _show_outcome(
    participant: Participant, body: dict[str, Any] | None, own: Sequence[Schema]
) -> None:
    """The result for the last schema: why it was refused, until it is changed, or that it was
    added, until it is deleted."""
    job = participant.jobs.find(ADDING)
    if job is None:
        return
    if not job.is_done:
        st.caption("Being added…")
    elif job.problem is not None:
        if body == st.session_state.get("schema_tried"):
            show_problem(job.problem)
    elif job.result in [each.address("") for each in own]:
        st.success(f"Added: {code(job.result)}", icon=":material/check:")

"""The form of a custom attribute key: its name, and the field that it reads."""

from typing import Any

import snowplow_signals as sdk
import streamlit as st

from lib.studio.catalogue import field_of, known_fields
from lib.studio.combined import fields_for
from lib.studio.edits import Draft, free_name
from lib.ui.added_schemas import added
from lib.ui.draft import draft, edit_one, field_key, show_field_problem

NAME = "plan"


def new_key(vendor: str, draft: Draft) -> sdk.AttributeKey:
    """A custom key to start with: the plan in an event's project entity."""
    wanted = sdk.EntityProperty(vendor=vendor, name="project", major_version=1, path="plan")
    taken = [str(getattr(each, "attribute_key", each).name) for each in draft]
    return sdk.AttributeKey(name=free_name(NAME, taken), property=wanted)


def show_own_key(at: int, group: sdk.AttributeGroup, vendor: str) -> None:
    """The name and the field of the key of the group at a position in the draft."""
    grid = st.grid(2, min_column_width=150)
    with grid.cell():
        _show_name(at, group)
    with grid.cell():
        _show_field(at, group, vendor)


def _show_name(at: int, group: sdk.AttributeGroup) -> None:
    name = str(group.attribute_key.name)
    key = field_key("own_key_name", name)

    def changed() -> None:
        _put(at, key, name=st.session_state[key].strip())

    st.text_input("Key", name, key=key, max_chars=128, on_change=changed)
    show_field_problem(key)


def _show_field(at: int, group: sdk.AttributeGroup, vendor: str) -> None:
    events = [event for each in group.attributes or [] for event in each.events]
    fields = fields_for("concat", known_fields(events, vendor, added()))
    now = field_of(getattr(group.attribute_key, "property", None), fields)
    by_label = {each.label: each for each in ([] if now is None else [now]) + fields}
    key = field_key("own_key_field", next(iter(by_label)))

    def changed() -> None:
        _put(at, key, property=by_label[st.session_state[key]].property)

    st.selectbox(
        "Its field",
        list(by_label),
        key=key,
        on_change=changed,
        help="One profile for each value of this field. Interventions reach it only if the values"
        " are UUIDs.",
    )
    show_field_problem(key)


def _put(at: int, field: str, **changes: Any) -> None:
    group = draft()[at]
    assert isinstance(group, sdk.AttributeGroup)
    new = group.attribute_key.model_copy(update=changes)
    edit_one(at, group.model_copy(update={"attribute_key": new}), field)

"""The form of a calculated property: which fields of an event are combined, and how."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from pydantic import ValidationError

from lib.studio.catalogue import Field, field_of, leaves_of
from lib.studio.combined import MEANINGS, combined, fields_for, operations_for, recombined
from lib.ui.draft import field_key

SEPARATOR_AT_MOST = 16


def show_combined(wanted: Any, fields: list[Field], put: Callable[[str, Any], None]) -> None:
    """The operation and the fields of a calculated property. `put` takes a field's key and the
    property that it makes."""
    grid = st.grid(2, min_column_width=150)
    with grid.cell():
        _show_operation(wanted, fields, put)
    if wanted.operation == "concat":
        with grid.cell():
            _show_separator(wanted, put)
    with grid.cell(column_span="all"):
        _show_parts(wanted, fields, put)


def _show_operation(wanted: Any, fields: list[Field], put: Callable[[str, Any], None]) -> None:
    key = field_key("combined_operation", wanted.operation)
    options = list(dict.fromkeys([wanted.operation, *operations_for(fields)]))

    def changed() -> None:
        put(key, recombined(wanted, st.session_state[key], fields))

    st.selectbox(
        "Combined",
        options,
        format_func=lambda each: f"{each}: {MEANINGS[each]}",
        key=key,
        on_change=changed,
        help="Only operations that these events have fields for.",
    )


def _show_separator(wanted: Any, put: Callable[[str, Any], None]) -> None:
    separator = wanted.separator or ""
    key = field_key("combined_separator", separator)

    def changed() -> None:
        separator = st.session_state[key] or None
        put(key, wanted.model_copy(update={"separator": separator}))

    st.text_input(
        "Separator",
        separator,
        key=key,
        max_chars=SEPARATOR_AT_MOST,
        on_change=changed,
        placeholder="nothing",
    )


def _show_parts(wanted: Any, fields: list[Field], put: Callable[[str, Any], None]) -> None:
    chosen = [field for each in leaves_of(wanted) if (field := field_of(each, fields))]
    first = chosen[0] if wanted.operation == "coalesce" else None
    by_label = {
        each.label: each for each in [*chosen, *fields_for(wanted.operation, fields, first)]
    }

    shown = [each.label for each in chosen]
    key = field_key("combined_fields", shown)

    def changed() -> None:
        labels = st.session_state[key]
        try:
            new = combined(
                wanted.operation, [by_label[each] for each in labels], wanted.separator or ""
            )
        except ValidationError:  # no field is left: the old ones come back
            new = wanted
        put(key, new)

    st.multiselect(
        "These fields, in this order",
        list(by_label),
        default=shown,
        wrap=True,
        key=key,
        on_change=changed,
        help="At least two from one event; coalesce needs only one.",
    )

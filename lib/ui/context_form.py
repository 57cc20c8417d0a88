"""The form of an agentic context: its prompt, its limits, and what it keeps of which events."""

from collections.abc import Sequence
from typing import Any

import snowplow_signals as sdk
import streamlit as st

from lib.studio.context_edits import (
    MOST_EVENTS,
    MOST_PROMPT,
    MOST_SECONDS,
    event_labels,
    known_events,
    properties_of,
    with_events,
    with_properties,
)
from lib.text import code
from lib.ui.draft import draft, edit_one, field_key, forget_field_problem, show_field_problem

KINDS_AT_MOST = 20


def show_context(at: int, vendor: str) -> None:
    """The fields of the context at a position in the draft."""
    log = _log_at(at)
    key = code(log.attribute_key.name)
    st.caption(f"One for each session, by {key}: what somebody did recently, for an assistant.")
    _show_prompt(at, log)
    _show_limits(at, log)
    _show_events(at, log, vendor)
    _show_properties(at, log, vendor)


def _log_at(at: int) -> sdk.EventLog:
    found = draft()[at]
    assert isinstance(found, sdk.EventLog)
    return found


def _edit(at: int, key: str, **fields: Any) -> None:
    edit_one(at, _log_at(at).model_copy(update=fields), key)


def _show_prompt(at: int, log: sdk.EventLog) -> None:
    key = field_key("context_prompt", log.prompt or "")
    st.text_area(
        "Prompt",
        value=log.prompt or "",
        key=key,
        max_chars=MOST_PROMPT,
        height=100,
        on_change=lambda: _edit(at, key, prompt=st.session_state[key] or None),
        help="What the assistant is for. It comes with the events, for the model's instructions.",
    )
    show_field_problem(key)


def _show_limits(at: int, log: sdk.EventLog) -> None:
    with st.grid(2, min_column_width=150):
        _show_limit(at, "max_events", "Newest events kept", log.max_events, MOST_EVENTS)
        _show_limit(at, "max_age_seconds", "Kept for, seconds", log.max_age_seconds, MOST_SECONDS)


def _show_limit(at: int, name: str, label: str, value: int, most: int) -> None:
    shown = min(value, most)
    key = field_key(f"context_{name}", shown)
    st.number_input(
        label,
        min_value=1,
        max_value=most,
        value=shown,
        key=key,
        on_change=_change_limit,
        args=(at, name, key),
    )


def _change_limit(at: int, name: str, key: str) -> None:
    fields: dict[str, Any] = {name: int(st.session_state[key])}
    _edit(at, key, **fields)


def _show_events(at: int, log: sdk.EventLog, vendor: str) -> None:
    there = event_labels(log, vendor)
    key = field_key("context_events", there)
    st.multiselect(
        "Events",
        list(dict.fromkeys([*there, *known_events(vendor)])),
        default=there,
        key=key,
        max_selections=KINDS_AT_MOST,
        on_change=_change_events,
        args=(at, key, vendor),
        help="Events that are not chosen are not kept.",
    )
    show_field_problem(key)


def _change_events(at: int, key: str, vendor: str) -> None:
    _edit(at, key, events=with_events(_log_at(at), st.session_state[key], vendor))


def _show_properties(at: int, log: sdk.EventLog, vendor: str) -> None:
    names = event_labels(log, vendor)
    chosen = min(int(st.session_state.get("context_event_at", 0)), len(names) - 1)
    place_key = field_key("context_event", chosen, names)
    place = st.selectbox(
        "Keep properties of",
        range(len(names)),
        index=chosen,
        format_func=lambda each: names[each],
        key=place_key,
        on_change=_choose_event,
        args=(place_key,),
    )
    selection = log.events[place]
    properties = properties_of(selection, vendor)
    labels = [each.label for each in properties]
    kept = [n for n, each in enumerate(properties) if each.selected in selection.properties]
    key = field_key(f"context_properties_{place}", kept, labels)
    st.multiselect(
        "Properties",
        range(len(labels)),
        default=kept,
        format_func=lambda each: labels[each],
        key=key,
        on_change=_change_properties,
        args=(at, place, key, [each.selected for each in properties]),
        help="An assistant reads only these properties of the event.",
    )
    show_field_problem(key)


def _choose_event(key: str) -> None:
    st.session_state["context_event_at"] = st.session_state[key] or 0
    forget_field_problem()


def _change_properties(at: int, place: int, key: str, properties: Sequence[Any]) -> None:
    chosen = [properties[each] for each in st.session_state[key]]
    _edit(at, key, events=with_properties(_log_at(at), place, chosen))

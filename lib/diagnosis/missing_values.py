"""Why an attribute has no value, judging by its definition and the values read before."""

from collections.abc import Mapping
from typing import Any

from lib.diagnosis.traps import BUILT_IN_KEYS
from lib.text import duration_text, is_uuid


def why_no_profile(key: str, identifiers: Mapping[str, str]) -> str:
    """Why nothing can be read for an attribute key; empty if it can."""
    identifier = identifiers.get(key)
    if not identifier and key not in BUILT_IN_KEYS:
        return f"Profiles are keyed by `{key}`, and this app does not know which one to read."
    if not identifier:
        return f"Profiles are keyed by `{key}`, and this app sends no such identifier."
    if key in BUILT_IN_KEYS and not is_uuid(identifier):
        return f"`{identifier}` is not a UUID, and Signals keeps no values for such a `{key}`."
    return ""


def why_missing(definition: Any, *, had_value: bool) -> str:
    """Why an attribute is null. `had_value` says whether a value was read before."""
    events, period = _events(definition), getattr(definition, "period", None)
    if had_value and period is not None:
        window = duration_text(period)
        return f"Nothing left in the window: what counted is older than {window}."
    if had_value:
        return "It had a value, which was kept for a while after the last event and then deleted."
    if getattr(definition, "criteria", None) is not None:
        return f"Never seen: no {events} met its conditions since it was published."
    if getattr(definition, "property", None) is not None:
        return f"Never seen: no {events} had a value for it since it was published."
    return f"Never seen: no {events} arrived since it was published."


def _events(definition: Any) -> str:
    """The events that it is computed from, in words."""
    names = [str(each.name) for each in getattr(definition, "events", None) or [] if each.name]
    named = " or ".join(f"`{each}`" for each in dict.fromkeys(names))
    return named or "event"


def computation_text(definition: Any) -> str:
    """How an attribute is computed, in a few words: `counter of task_completed, last 7 days`."""
    events = ", ".join(str(each.name) for each in getattr(definition, "events", None) or [])
    words = str(getattr(definition, "aggregation", None) or "value")
    words = words.replace("_", " ")
    has_property = getattr(definition, "property", None) is not None
    words += f" of {_property(definition.property)}" if has_property else ""
    words += f" {'in' if has_property else 'of'} {events or 'any event'}"
    period = getattr(definition, "period", None)
    return words + (f", last {duration_text(period)}" if period else "")


def _property(chosen: Any) -> str:
    part = getattr(chosen, "date_part", None)
    name = getattr(chosen, "path", None) or getattr(chosen, "name", None)
    return str(part or name or "several fields").replace("_", " ")

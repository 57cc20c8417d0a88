"""The keys of fields whose values the app changes too.

Streamlit keeps showing what a field with the same key held, whatever value it is given. To show
something else, a field needs another key.
"""

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lib.ui.parts import has_come

MOST_OVERWRITTEN = 5
NEVER: tuple[float, Any, tuple[Any, ...]] = (-math.inf, None, ())


def key_to_show(name: str, shown: Any, labels: Sequence[str] = ()) -> str:
    """The key of a field that should show this.

    While it holds that, it stays the same field, with its focus and with what is being typed. To
    show anything else, or with other labels, it becomes a new one: a browser identifies the choice
    by its label, and a label that is gone would choose the first.
    """
    fields = st.session_state.setdefault("fields", {})
    number, old_labels = fields.get(name, (0, labels))
    if st.session_state.get(f"{name}_{number}", shown) != shown or labels != old_labels:
        number += 1
    fields[name] = (number, labels)
    return f"{name}_{number}"


def key_as_it_is(name: str) -> str:
    """The current key of the field, whatever it holds."""
    number, _ = st.session_state.get("fields", {}).get(name, (0, ()))
    return f"{name}_{number}"


def keep_chosen(key: str, labels: Mapping[str, str], otherwise: str) -> None:
    """Keep the choice when its label changes. For a choice whose key others rely on, before it is
    drawn; `labels` are those of all options.

    A browser identifies the choice by its label. A label that is gone arrives unchanged, and names
    no option. The choice that is set here reaches the browser with its new label.
    """
    shown, label = st.session_state.get(f"{key}_shown", (otherwise, ""))
    chosen = st.session_state.get(key, otherwise)
    if chosen not in labels:
        chosen = shown if shown in labels else otherwise
    if st.session_state.get(key) != chosen or (shown, label) != (chosen, labels[chosen]):
        st.session_state[key] = chosen
    st.session_state[f"{key}_shown"] = chosen, labels[chosen]


def write(key: str, value: Any) -> None:
    """Make a field hold something else. For a field whose key others rely on.

    Until the browser has that, each gesture sends what the field held before: see `brings_back`.
    """
    written = st.session_state.setdefault("written", {})
    since, _, old = written.get(key, NEVER)
    kept = () if has_come(since) else old[-MOST_OVERWRITTEN:]
    written[key] = (time.monotonic(), value, (*kept, st.session_state.get(key)))
    st.session_state[key] = value


def brings_back(key: str) -> bool:
    """Whether a gesture sent what the app has overwritten, because the browser did not have the new
    value yet. Then the field gets the new value again. For the field's callback."""
    since, value, old = st.session_state.get("written", {}).get(key, NEVER)
    is_old = st.session_state.get(key) in old and not has_come(since)
    if is_old:
        st.session_state[key] = value
    return is_old

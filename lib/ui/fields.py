"""The keys of fields whose value the app changes too.

Streamlit goes on showing what a field of the same key held, whatever it is told to show. A field
that is to show something else needs another key.
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
    """The key of a field that is to show this.

    As long as it holds that, the field stays the same one, with the focus and with what is being
    typed. To show anything else, or with other labels, it is a new one: a browser tells by the
    label what was chosen, and one that is gone would choose the first.
    """
    fields = st.session_state.setdefault("fields", {})
    number, old_labels = fields.get(name, (0, labels))
    if st.session_state.get(f"{name}_{number}", shown) != shown or labels != old_labels:
        number += 1
    fields[name] = (number, labels)
    return f"{name}_{number}"


def key_as_it_is(name: str) -> str:
    """The key that the field has, whatever it holds."""
    number, _ = st.session_state.get("fields", {}).get(name, (0, ()))
    return f"{name}_{number}"


def keep_chosen(key: str, labels: Mapping[str, str], otherwise: str) -> None:
    """What was chosen stays chosen when its label changes. For a choice whose key others rely on,
    before it is drawn; `labels` are those of all that can be chosen.

    A browser tells by the label what was chosen. One that is gone comes as it is, and names nothing
    that can be chosen. What is set here is told to the browser with its new label.
    """
    shown, label = st.session_state.get(f"{key}_shown", (otherwise, ""))
    chosen = st.session_state.get(key, otherwise)
    if chosen not in labels:
        chosen = shown if shown in labels else otherwise
    if st.session_state.get(key) != chosen or (shown, label) != (chosen, labels[chosen]):
        st.session_state[key] = chosen
    st.session_state[f"{key}_shown"] = chosen, labels[chosen]


def write(key: str, value: Any) -> None:
    """Have a field hold something else. For a field whose key others rely on.

    Until the browser has that, each gesture brings what the field held before: see `brings_back`.
    """
    written = st.session_state.setdefault("written", {})
    since, _, old = written.get(key, NEVER)
    kept = () if has_come(since) else old[-MOST_OVERWRITTEN:]
    written[key] = (time.monotonic(), value, (*kept, st.session_state.get(key)))
    st.session_state[key] = value


def brings_back(key: str) -> bool:
    """Whether a gesture brought what the app has overwritten, as it was made before the browser had
    what the app wrote. Then the field holds that again. For the field's callback."""
    since, value, old = st.session_state.get("written", {}).get(key, NEVER)
    is_old = st.session_state.get(key) in old and not has_come(since)
    if is_old:
        st.session_state[key] = value
    return is_old

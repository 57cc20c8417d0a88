"""The keys of fields whose value the app changes too.

Streamlit goes on showing what a field of the same key held, whatever it is told to show. A field
that is to show something else needs another key.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st


def key_to_show(name: str, shown: Any, options: Sequence[str] = ()) -> str:
    """The key of a field that is to show this.

    As long as it holds that, the field stays the same one, with the focus and with what is being
    typed. To show anything else, or once the options to choose from have other names, it is a new
    one.
    """
    fields = st.session_state.setdefault("fields", {})
    number, old_options = fields.get(name, (0, options))
    if st.session_state.get(f"{name}_{number}", shown) != shown or options != old_options:
        number += 1
    fields[name] = (number, options)
    return f"{name}_{number}"


def key_as_it_is(name: str) -> str:
    """The key that the field has, whatever it holds."""
    number, _ = st.session_state.get("fields", {}).get(name, (0, ()))
    return f"{name}_{number}"

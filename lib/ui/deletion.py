"""Deleting one definition from the list of all definitions, once somebody confirmed it."""

from collections.abc import Callable

import streamlit as st

from lib.studio.registry import SERVICE, Found, Registry
from lib.text import code
from lib.ui.confirmation import answered


def ask_to_delete(known: Registry, each: Found, delete: Callable[[], None]) -> None:
    """Ask; `delete` does it."""

    @st.dialog(f"Delete {each.name}?", icon=":material/delete:", on_dismiss=answered)
    def dialog() -> None:
        st.markdown(
            f"{each.kind.label} {code(each.name)} is unpublished and deleted in every version, with"
            f" all computed values. This cannot be undone.{_used(known, each)}"
        )
        with st.container(horizontal=True):
            if st.button(
                "Delete",
                key="confirm_delete",
                type="primary",
                icon=":material/delete:",
                disabled=bool(known.readers(each)),
            ):
                answered()
                delete()
                st.rerun()
            if st.button("Keep", key="cancel_delete"):
                answered()
                st.rerun()

    dialog()


def _used(known: Registry, each: Found) -> str:
    """What uses the definition to delete: services must go first, and rules may not fire again."""
    services = ", ".join(map(code, known.readers(each)))
    rules = ", ".join(code(user.name) for user in known.users(each) if user.kind is not SERVICE)
    first = f" First delete what reads it: {services}." if services else ""
    return first + (f" Without it, this may never fire again: {rules}." if rules else "")

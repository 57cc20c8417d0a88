"""Which account a session uses: the app's, one that it brought, or neither for now.

An account is set aside while somebody uses the sandbox instead. Everything here is kept in the
session, and nowhere else.
"""

import streamlit as st

from lib.connection.account import OwnAccount
from lib.ui.process import process

# What somebody entered about the definitions of one account, to be forgotten for the next.
ABOUT_DEFINITIONS = (
    "threshold",
    "period",
    "attributes",
    "owner",
    "story_fields_filled",
    "asked",
    "registry",
    "registry_asked",
    "attributes_of",
    "draft_previewed",
    "own_schemas",
    "take_home_made",
)
# A draft may be published to another account, but must not name one that was forgotten.
OF_A_DRAFT = (
    "draft",
    "draft_steps",
    "draft_refused",
    "field_problem",
    "python_source",
    "template",
    "draft_kept",
)


def own_account() -> OwnAccount | None:
    """The account that this session brought, unless it is set aside."""
    own: OwnAccount | None = st.session_state.get("own_account")
    return None if is_set_aside() else own


def has_own_account() -> bool:
    """Whether this session brought an account, set aside or not."""
    return "own_account" in st.session_state


def is_set_aside() -> bool:
    """Whether this session uses the sandbox although it has an account."""
    return bool(st.session_state.get("is_set_aside"))


def set_aside(is_so: bool) -> None:
    """Set the account aside, or use it again. The next run opens the world there."""
    st.session_state["is_set_aside"] = is_so
    st.session_state["address"] = None
    forget_about_definitions()


def forget_about_definitions() -> None:
    """Forget what was entered about the definitions of an account or a sandbox."""
    for key in ABOUT_DEFINITIONS:
        st.session_state.pop(key, None)


def forget_draft() -> None:
    """Forget the draft of definitions, which may name an account's owner."""
    for key in OF_A_DRAFT:
        st.session_state.pop(key, None)


def has_sandbox() -> bool:
    """Whether this session has a sandbox, beside an account of its own if it brought one."""
    return process().settings.account is None or is_set_aside()

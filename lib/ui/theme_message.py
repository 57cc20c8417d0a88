"""Streamlit's theme, built once for each process instead of in every run.

Streamlit sends the whole theme with each run of a page and each tick of a panel, and searches all
of its options for it, once for each of six sections. The result is always the same, and with a
hundred sessions it took an eighth of the cost of a click. The function that does it is not public,
so this checks that it is there, and leaves a Streamlit without it alone.

After changing the theme in `.streamlit/config.toml`, start the app again.

Source: `_create_new_session_message` in Streamlit's `app_session.py`.
"""

from functools import cache
from typing import Any

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

POPULATE = "_populate_theme_msg"


def remember_theme() -> None:
    """Make Streamlit remember its theme. Calling it again changes nothing."""
    populate = getattr(app_session, POPULATE, None)
    if populate is None or hasattr(populate, "original"):
        return

    @cache
    def remembered(section: str) -> CustomThemeConfig:
        message = CustomThemeConfig()
        populate(message, section)
        return message

    def fill(message: Any, section: str = "theme") -> None:
        known = remembered(section)
        if known.ByteSize():  # merging an empty one would create the section
            message.MergeFrom(known)

    fill.original = populate  # type: ignore[attr-defined]
    setattr(app_session, POPULATE, fill)

"""Streamlit's theme, put together once for each process instead of at every run.

Streamlit sends the whole theme with each run of a page and each tick of a panel, and looks for it
through all of its options, once for each of the six sections. It is the same every time, and with a
hundred sessions that took an eighth of all that a click costs. What does it is not public, so this
looks whether it is there, and leaves a Streamlit without it as it is.

Who changes the theme in `.streamlit/config.toml` starts the app anew to see it.

Source: `_create_new_session_message` in Streamlit's `app_session.py`.
"""

from functools import cache
from typing import Any

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

POPULATE = "_populate_theme_msg"


def remember_theme() -> None:
    """Have Streamlit remember its theme, once or more often."""
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
        if known.ByteSize():  # merging nothing would say that there is a section
            message.MergeFrom(known)

    fill.original = populate  # type: ignore[attr-defined]
    setattr(app_session, POPULATE, fill)

"""The settings that Streamlit keeps for an app: `st.secrets`."""

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from lib.connection.settings import SettingsError, unreadable
from lib.ui.streamlit_internals import is_missing_file


def streamlit_secrets() -> dict[str, object]:
    """The contents of `.streamlit/secrets.toml`; empty if there is no such file.

    Raises SettingsError if the file is there and cannot be read.
    """
    try:
        return dict(st.secrets.to_dict())
    except StreamlitSecretNotFoundError as error:
        if is_missing_file(error):
            return {}
        # The parser's own words name the line and column, but may quote the value.
        raise SettingsError([unreadable("secrets.toml", "valid TOML")]) from None

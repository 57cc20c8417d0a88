"""The settings that Streamlit keeps for an app: `st.secrets`."""

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from lib.connection.settings import SettingsError, unreadable


def streamlit_secrets() -> dict[str, object]:
    """What `.streamlit/secrets.toml` says; nothing if there is no such file.

    Raises SettingsError if the file is there and cannot be read.
    """
    try:
        return dict(st.secrets.to_dict())
    except StreamlitSecretNotFoundError as error:
        if error.error_id == "no-secrets-found":
            return {}
        # The parser's own words name the line and column, but may quote the value.
        raise SettingsError([unreadable("secrets.toml", "valid TOML")]) from None

"""The settings that Streamlit keeps for an app: `.streamlit/secrets.toml`."""

import traceback

import pytest

from lib.connection.setting_checks import Problem
from lib.connection.settings import SettingsError
from lib.ui.secrets import streamlit_secrets


def test_no_secrets_file_is_no_error(monkeypatch, tmp_path):
    assert secrets_from(tmp_path / "none.toml", monkeypatch) == {}


def test_a_secrets_file_is_read(monkeypatch, tmp_path):
    path = tmp_path / "secrets.toml"
    path.write_text('OWNER = "ann@acme.com"\n[other]\nkey = 1\n')
    assert secrets_from(path, monkeypatch) == {"OWNER": "ann@acme.com", "other": {"key": 1}}


def test_a_broken_secrets_file_is_reported_without_quoting_it(monkeypatch, tmp_path):
    path = tmp_path / "secrets.toml"
    path.write_text("CONSOLE_API_KEY = hunter22\n")
    with pytest.raises(SettingsError) as caught:
        secrets_from(path, monkeypatch)
    assert caught.value.problems == [
        Problem(
            "secrets.toml",
            "secrets.toml cannot be read.",
            "Check that it is valid TOML, or remove it.",
        )
    ]
    assert "hunter22" not in "".join(traceback.format_exception(caught.value))


def secrets_from(path, monkeypatch):
    import streamlit
    from streamlit import config
    from streamlit.runtime.secrets import Secrets

    # Streamlit copies what it reads into the environment; this undoes it after the test.
    monkeypatch.setenv("OWNER", "")
    real = config.get_option
    monkeypatch.setattr(
        config, "get_option", lambda key: [str(path)] if key == "secrets.files" else real(key)
    )
    monkeypatch.setattr(Secrets, "_maybe_install_file_watchers", lambda self: None)
    monkeypatch.setattr(streamlit, "secrets", Secrets())
    return streamlit_secrets()

"""The theme that Streamlit sends is the one of the configuration, put together once."""

from typing import Any

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from lib.ui.theme_message import POPULATE, remember_theme

SECTIONS = {  # of which some say nothing
    "theme": {"base": "dark", "paddingTop": "1rem", "headingFontSizes": ["2rem", "1rem"]},
    "theme.light": {"primaryColor": "#5b34c4", "chartCategoricalColors": ["#1177d7", "#c55213"]},
    "theme.dark": {"primaryColor": "#7d56e0", "textColor": None},
    "theme.sidebar": {},
    "theme.light.sidebar": {"primaryColor": None},
    "theme.dark.sidebar": {"backgroundColor": "#1b172a"},
}


@pytest.fixture(autouse=True)
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Streamlit as it is, with these sections; which of them it looked for."""
    looked: list[str] = []

    def options(section: str) -> dict[str, Any]:
        looked.append(section)
        return SECTIONS[section]

    populate = getattr(app_session, POPULATE)
    monkeypatch.setattr(app_session, POPULATE, getattr(populate, "original", populate))
    monkeypatch.setattr(config, "get_options_for_section", options)
    return looked


def theme() -> CustomThemeConfig:
    """The theme as `AppSession` has it put together for a run."""
    message = CustomThemeConfig()
    for section in SECTIONS:
        part = message
        for name in section.split(".")[1:]:
            part = getattr(part, name)
        getattr(app_session, POPULATE)(part, section)
    return message


def test_theme_is_the_same_as_without_it() -> None:
    before = theme().SerializeToString()
    assert b"#5b34c4" in before and b"#1b172a" in before
    remember_theme()
    assert [theme().SerializeToString() for _ in range(2)] == [before, before]


def test_options_are_looked_through_once_for_each_section(looked: list[str]) -> None:
    remember_theme()
    for _ in range(3):
        theme()
    assert looked == [*SECTIONS]


def test_it_is_set_up_once() -> None:
    remember_theme()
    populate = getattr(app_session, POPULATE)
    remember_theme()
    assert getattr(app_session, POPULATE) is populate


def test_streamlit_without_it_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(app_session, POPULATE)
    remember_theme()
    assert not hasattr(app_session, POPULATE)

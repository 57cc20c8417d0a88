"""The theme that Streamlit sends is the one of the configuration, put together once."""

from collections.abc import Iterator

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from lib.theme_message import POPULATE, remember_theme

SECTIONS = ("", "light", "dark", "sidebar", "light.sidebar", "dark.sidebar")


@pytest.fixture(autouse=True)
def streamlit_as_it_is(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    populate = getattr(app_session, POPULATE)
    original = getattr(populate, "original", populate)
    monkeypatch.setattr(app_session, POPULATE, original)
    yield


def theme() -> CustomThemeConfig:
    """The theme as `AppSession` has it put together for a run."""
    message = CustomThemeConfig()
    for section in SECTIONS:
        part = message
        for name in section.split(".") if section else []:
            part = getattr(part, name)
        getattr(app_session, POPULATE)(part, ".".join(["theme", *section.split(".")]).rstrip("."))
    return message


def test_theme_is_the_same_as_without_it() -> None:
    before = theme().SerializeToString()
    remember_theme()
    assert [theme().SerializeToString() for _ in range(2)] == [before, before]
    assert theme().dark.primary_color


def test_options_are_looked_through_once_for_each_section(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    options = config.get_options_for_section

    def counted(section: str) -> dict[str, object]:
        looked.append(section)
        return options(section)

    monkeypatch.setattr(config, "get_options_for_section", counted)
    remember_theme()
    for _ in range(3):
        theme()
    assert len(looked) == len(set(looked)) == len(SECTIONS)


def test_it_is_set_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    remember_theme()
    populate = getattr(app_session, POPULATE)
    remember_theme()
    assert getattr(app_session, POPULATE) is populate


def test_streamlit_without_it_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(app_session, POPULATE)
    remember_theme()
    assert not hasattr(app_session, POPULATE)

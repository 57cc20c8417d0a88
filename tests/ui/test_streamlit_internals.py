"""What the app uses of Streamlit that Streamlit does not document: is it still there?"""

import inspect
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.errors import StreamlitSecretNotFoundError
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime import app_session
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.runtime.state.session_state import WStates
from streamlit.testing.v1 import AppTest

from lib.ui import streamlit_internals
from lib.ui.streamlit_internals import (
    ASKED,
    CREATE,
    OVERTAKEN,
    POPULATE,
    RUN,
    ignore_late_ticks,
    is_missing_file,
    look_at_widgets_as_they_are,
    remember_theme,
    take_widgets_out_of_ticks,
)
from tests.support.app import PAGES
from tests.support.app_server import Server
from tests.support.processes import ROOT, running
from tests.support.servers import free_port
from tests.support.sessions import BrowserSession

# The frame


def test_streamlit_still_says_whether_it_takes_the_folder_for_its_pages() -> None:
    assert hasattr(PagesManager, "uses_pages_directory"), (
        "Streamlit no longer has PagesManager.uses_pages_directory. If the first visitor of a new"
        " server now gets the frame on every page, remove insist_on_the_frame."
    )


class MenuSession(BrowserSession):
    """A session that writes down every menu that its browser was told to show."""

    def _apply(self, message: ForwardMsg) -> None:
        self.menus = getattr(self, "menus", [])
        kind = message.WhichOneof("type")
        if kind in ("new_session", "navigation"):
            self.menus.append([each.page_name for each in getattr(message, kind).app_pages])
        super()._apply(message)


@pytest.mark.parametrize("path", ["/", "/attributes"])
def test_first_visitor_of_a_server_gets_the_frame_and_no_names_of_files(
    tmp_path: Path, path: str
) -> None:
    server = Server(tmp_path / "sandbox.db")
    try:
        with MenuSession.open(server.url, path=path) as visitor:
            visitor.wait_for(lambda: "new_user" in visitor.buttons())
    except TimeoutError:
        pytest.fail(
            "The first visitor of a server got a page without the frame: insist_on_the_frame no"
            " longer helps."
        )
    finally:
        server.kill()
    named = {name for menu in visitor.menus if len(menu) > 1 for name in menu}
    assert named == {path.strip("/").capitalize() or "Board" for path in PAGES}


# Fragments


PANEL = """
import streamlit as st
from lib.ui.streamlit_internals import named_fragment
named_fragment(lambda: st.button("Press", key="press"), st.query_params["name"], 60)()
"""


class PanelSession(BrowserSession):
    """A session of a page that is one panel."""

    def fragment_id(self) -> str:
        """How Streamlit tells the panel apart."""
        self.wait_for(lambda: "press" in self.buttons())
        return self._button("press").fragment_id


def test_streamlit_still_tells_fragments_apart_by_the_name_of_their_function(
    tmp_path: Path,
) -> None:
    (tmp_path / "panel.py").write_text(PANEL)
    port = free_port()
    url = f"http://localhost:{port}"
    command = ["-m", "streamlit", "run", "panel.py", f"--server.port={port}"]
    command += ["--server.headless=true", "--server.fileWatcherType=none"]
    log = tmp_path / "app.log"
    with running(command, f"{url}/_stcore/health", tmp_path, log, PYTHONPATH=str(ROOT)):
        found = []
        for name in ("panel_1", "panel_1", "panel_2"):
            with PanelSession.open(url, query=f"name={name}", ticking=False) as page:
                found.append(page.fragment_id())
    assert found[0] == found[1] != ""
    assert found[1] != found[2], (
        "Streamlit no longer tells fragments in one place apart by __qualname__, so a late tick can"
        " cut off a new run (see lib/ui/ticking.py). named_fragment needs another way."
    )


WHOLE = RerunData(is_auto_rerun=True)
LATE = RerunData(fragment_id_queue=["gone", "gone too"], is_auto_rerun=True)


@pytest.mark.parametrize(
    ("asked", "runs"),
    [
        (LATE, False),
        (replace(LATE, widget_states=WidgetStates()), True),
        (replace(LATE, is_auto_rerun=False), True),
        (replace(LATE, fragment_id_queue=["gone", "there"]), True),
        (WHOLE, True),
    ],
)
def test_only_a_tick_of_panels_that_are_gone_starts_no_run(
    monkeypatch: pytest.MonkeyPatch, asked: RerunData, runs: bool
) -> None:
    assert hasattr(ScriptRunner, RUN), (
        f"Streamlit's ScriptRunner no longer has {RUN}. See whether a tick that waits while another"
        " page is drawn still leaves the page white, and remove ignore_late_ticks or mend it."
    )
    found: list[RerunData] = []
    monkeypatch.setattr(ScriptRunner, RUN, lambda runner, asked: found.append(asked))
    context = SimpleNamespace(
        fragment_storage=SimpleNamespace(contains=lambda name: name == "there")
    )
    monkeypatch.setattr(streamlit_internals, "get_script_run_ctx", lambda: context)
    ignore_late_ticks()
    ignore_late_ticks()

    getattr(ScriptRunner, RUN)(SimpleNamespace(), asked)

    assert found == ([asked] if runs else [])


@pytest.mark.parametrize(
    ("asked", "is_started"),
    [
        (RerunData(fragment_id="gone", is_auto_rerun=True), False),
        (RerunData(fragment_id="there", is_auto_rerun=True), True),
        (RerunData(fragment_id="gone"), True),
        (WHOLE, True),
    ],
)
def test_only_a_tick_of_a_panel_that_is_gone_gets_no_thread(
    monkeypatch: pytest.MonkeyPatch, asked: RerunData, is_started: bool
) -> None:
    assert hasattr(AppSession, CREATE), (
        f"Streamlit's AppSession no longer has {CREATE}. See whether a tick whose fragment goes"
        " while it is handed on still drops the end of the run that it came into, and mend"
        " ignore_late_ticks."
    )
    found: list[RerunData] = []
    monkeypatch.setattr(AppSession, CREATE, lambda session, asked: found.append(asked))
    ignore_late_ticks()
    ignore_late_ticks()
    session = SimpleNamespace(has_fragment=lambda name: name == "there")

    getattr(AppSession, CREATE)(session, asked)

    assert found == ([asked] if is_started else [])


def show_what_is_drawn() -> None:
    import streamlit as st
    from streamlit.runtime.scriptrunner_utils.exceptions import RerunException

    from lib.ui.streamlit_internals import draw_fragments

    st.fragment(lambda: st.text("a part"), key="part")()
    try:
        draw_fragments(["part"])
    except RerunException as asked:
        st.text(f"{len(asked.rerun_data.fragment_id_queue)} part")


def test_fragments_can_be_drawn_from_elsewhere_than_a_callback() -> None:
    at = AppTest.from_function(show_what_is_drawn).run()
    assert [each.value for each in at.text] == ["a part", "1 part"], (
        "Streamlit no longer draws fragments for what takes itself for a callback. See whether"
        " st.rerun(keys) may be called anywhere now, or have ticks draw the page whole."
    )


def test_tick_overtaken_by_a_click_logs_no_warning() -> None:
    assert OVERTAKEN in inspect.getsource(script_runner), (
        f'Streamlit no longer warns "{OVERTAKEN}". See what it logs when a tick waits while a click'
        " is handled, and remove the filter in ignore_late_ticks or mend it."
    )
    ignore_late_ticks()
    log = logging.getLogger(script_runner.__name__)
    warnings = (f"{OVERTAKEN} %s. This can happen", "Script compilation error")

    assert [
        bool(log.filter(log.makeRecord(log.name, logging.WARNING, "", 0, each, ("x",), None)))
        for each in warnings
    ] == [False, True]


@pytest.mark.parametrize(("is_tick", "is_kept"), [(True, False), (False, True)])
def test_a_tick_says_nothing_of_widgets(
    monkeypatch: pytest.MonkeyPatch, is_tick: bool, is_kept: bool
) -> None:
    assert "RerunData(" in inspect.getsource(AppSession.request_rerun), (
        f"Streamlit's AppSession no longer makes a {ASKED}. See whether a tick that is sent between"
        " a click and its message still does the click twice, and whether one that is on its way"
        " still brings back what a field held before, and remove take_widgets_out_of_ticks or mend"
        " it."
    )
    monkeypatch.setattr(app_session, ASKED, RerunData)
    take_widgets_out_of_ticks()
    take_widgets_out_of_ticks()
    widgets = WidgetStates(widgets=[WidgetState(id="a", string_value="old")])

    asked = getattr(app_session, ASKED)(
        query_string="?", is_auto_rerun=is_tick, widget_states=widgets
    )

    assert asked == RerunData(
        query_string="?", is_auto_rerun=is_tick, widget_states=widgets if is_kept else None
    )


# Widgets


def test_widgets_that_change_while_a_gesture_looks_at_them_raise_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(WStates, "__iter__", WStates.__iter__)
    states = WStates()
    assert isinstance(getattr(states, "states", None), dict), (
        "Streamlit no longer keeps the states of widgets in a dict. See whether a gesture still"
        " looks at them while another thread may change them, and remove"
        " look_at_widgets_as_they_are or mend it."
    )
    look_at_widgets_as_they_are()
    for key in ("one", "other"):
        states.set_from_value(key, 1)

    found = []
    for key in states:
        found.append(key)
        del states[key]
        states.set_from_value(f"new_{key}", 1)

    assert found == ["one", "other"]


# Secrets


@pytest.mark.parametrize(("content", "is_missing"), [(None, True), ("broken = toml", False)])
def test_streamlit_still_says_whether_there_is_a_secrets_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None, is_missing: bool
) -> None:
    path = tmp_path / "secrets.toml"
    if content is not None:
        path.write_text(content)
    real = config.get_option
    monkeypatch.setattr(
        config, "get_option", lambda key: [str(path)] if key == "secrets.files" else real(key)
    )
    with pytest.raises(StreamlitSecretNotFoundError) as caught:
        type(st.secrets)().to_dict()
    assert hasattr(caught.value, "error_id"), (
        "Streamlit's exceptions no longer have an error_id. is_missing_file needs another way to"
        " tell a missing secrets file from a broken one."
    )
    assert is_missing_file(caught.value) == is_missing


# The theme

SECTIONS = {  # of which some say nothing
    "theme": {"base": "dark", "paddingTop": "1rem", "headingFontSizes": ["2rem", "1rem"]},
    "theme.light": {"primaryColor": "#5b34c4", "chartCategoricalColors": ["#1177d7", "#c55213"]},
    "theme.dark": {"primaryColor": "#7d56e0", "textColor": None},
    "theme.sidebar": {},
    "theme.light.sidebar": {"primaryColor": None},
    "theme.dark.sidebar": {"backgroundColor": "#1b172a"},
}


@pytest.fixture
def read_sections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Streamlit as it is, with these sections; which of them it read."""
    read: list[str] = []

    def options(section: str) -> dict[str, Any]:
        read.append(section)
        return SECTIONS[section]

    populate = getattr(app_session, POPULATE, None)
    assert populate is not None, (
        f"Streamlit's app_session no longer has {POPULATE}. Measure what an open tab costs, and"
        " remove remember_theme or find the function's successor."
    )
    monkeypatch.setattr(app_session, POPULATE, getattr(populate, "original", populate))
    monkeypatch.setattr(config, "get_options_for_section", options)
    return read


def theme() -> CustomThemeConfig:
    """The theme as `AppSession` builds it for a run."""
    message = CustomThemeConfig()
    populate: Callable[..., None] = getattr(app_session, POPULATE)
    for section in SECTIONS:
        part = message
        for name in section.split(".")[1:]:
            part = getattr(part, name)
        populate(part, section)
    return message


def test_remembered_theme_is_the_one_that_streamlit_builds(read_sections: list[str]) -> None:
    before = theme().SerializeToString()
    assert b"#5b34c4" in before and b"#1b172a" in before
    remember_theme()
    assert [theme().SerializeToString() for _ in range(2)] == [before, before]


def test_theme_options_are_read_once_for_each_section(read_sections: list[str]) -> None:
    remember_theme()
    for _ in range(3):
        theme()
    assert read_sections == [*SECTIONS]


def test_theme_is_set_up_once(read_sections: list[str]) -> None:
    remember_theme()
    populate = getattr(app_session, POPULATE)
    remember_theme()
    assert getattr(app_session, POPULATE) is populate


def test_streamlit_without_the_function_is_left_as_it_is(
    read_sections: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(app_session, POPULATE)
    remember_theme()
    assert not hasattr(app_session, POPULATE)

"""The page of mistakes: one is made with a click, explained, and fixed."""

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from lib.story.mistakes.catalogue import KINDS
from lib.ui import session
from tests.support.snowplow import running_snowplow
from tests.support.steps import alerts, click, go_to, has, kept, texts, world
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]
WAIT_30 = "Each person's first mistake needs one. Wait 30 s."


def progress(at: AppTest) -> str:
    return str(at.get("progress")[0].proto.text)


def test_every_mistake_of_a_kind_has_its_button(open_app: OpenApp) -> None:
    at = go_to(open_app(), "mistakes")
    for kind, mistakes in KINDS.items():
        at.radio(key="mistake_kind").set_value(kind).run()
        assert not at.exception
        assert all(has(at, f"make_{each.key}") for each in mistakes)


def test_kind_stays_while_another_page_is_open(open_app: OpenApp) -> None:
    at = go_to(open_app(), "mistakes")
    at.radio(key="mistake_kind").set_value("Silent").run()
    go_to(go_to(at, "guide"), "mistakes")

    assert not at.exception and at.radio(key="mistake_kind").value == "Silent"


def test_a_mistake_that_was_made_is_explained_and_can_be_fixed(open_app: OpenApp) -> None:
    at = click(go_to(open_app(), "mistakes"), "make_endpoint_argument")

    assert not at.exception
    assert any("unexpected keyword argument 'endpoint'" in each.value for each in at.code)
    assert "Pass the address of the Signals API as api_url=." in texts(at)
    assert progress(at).startswith("1 of ")

    click(at, "mend_endpoint_argument")
    assert any(each.value == "connected by keyword" for each in at.code)


def test_wait_is_shown_until_it_is_over(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    at = go_to(open_app(), "mistakes")
    monkeypatch.setattr(session.process().new_sandboxes, "wait", lambda *_: 30.0)
    click(at, "make_endpoint_argument")
    told = [("Too many sandboxes were made from your network address.", WAIT_30)]
    assert alerts(at.error) == told == alerts(at.run().error)
    assert not at.exception

    now = time.monotonic()
    monkeypatch.setattr("lib.ui.mistakes.time", SimpleNamespace(monotonic=lambda: now + 31))
    assert not at.run().error


def test_wait_is_not_shown_to_the_next_user(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = go_to(open_app(), "mistakes")
    monkeypatch.setattr(session.process().new_sandboxes, "wait", lambda *_: 30.0)
    assert click(at, "make_endpoint_argument").error

    assert not click(at, "new_user").error and not at.exception


def test_a_silent_mistake_leaves_the_own_world_as_it_was(open_app: OpenApp) -> None:
    at = go_to(open_app(), "mistakes")
    before = len(kept(at))
    at.radio(key="mistake_kind").set_value("Silent").run()
    click(at, "make_published_too_late")

    assert eventually(lambda: any(each.value == "None" for each in at.run().code))
    assert len(kept(at)) == before


def test_the_guide_leads_to_the_mistakes(open_app: OpenApp) -> None:
    at = go_to(open_app(), "guide")
    assert any("Common mistakes" in each.label for each in at.get("page_link"))


def test_on_an_account_mistakes_are_made_in_a_sandbox_beside_it(
    open_app: OpenApp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unconfigured: pytest.MonkeyPatch,
) -> None:
    with running_snowplow(tmp_path, monkeypatch) as snowplow:
        for key, value in snowplow.settings.items():
            unconfigured.setenv(key, value)
        at = go_to(open_app(), "mistakes")
        at.radio(key="mistake_kind").set_value("Silent").run()
        click(at, "make_no_subject")

        assert not at.exception
        assert eventually(lambda: "it has no user id" in texts(at.run()))
        assert world(at).connection.mode == "snowplow"

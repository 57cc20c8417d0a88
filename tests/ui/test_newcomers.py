"""Newcomers from an address that made very many sandboxes."""

import pytest
from streamlit.testing.v1 import AppTest

from lib.people.new_sandboxes import NewSandboxes
from lib.ui import session
from tests.support.presentations import (
    OpenApp,
    guest_of,
    presenter,  # noqa: F401 (a fixture)
)
from tests.support.steps import alerts, has

TITLE = "Too many new sandboxes were made from your network address"


def use_up(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let an address make no more sandboxes; returns the seconds that it is told."""
    seconds = [1.0]
    monkeypatch.setattr(session.process().new_sandboxes, "wait", lambda *_: seconds[0])
    return seconds


def is_asked_to_wait(at: AppTest) -> bool:
    assert not at.exception
    return [title for title, _ in alerts(at.warning)] == [TITLE] and not has(at, "complete_task")


def test_newcomer_who_has_to_wait_is_told_why_and_gets_in_later(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_app()
    seconds = use_up(monkeypatch)
    at = open_app()
    assert is_asked_to_wait(at)
    assert "user" not in at.query_params

    seconds[0] = 0.0
    at.get_by_key("try_again").click().run()
    assert not is_asked_to_wait(at) and has(at, "complete_task")


def test_returning_visitors_do_not_wait(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    at = open_app()
    use_up(monkeypatch)
    assert not is_asked_to_wait(at.run())
    assert not is_asked_to_wait(open_app(user=at.query_params["user"]))


def test_guest_with_the_code_of_a_room_need_not_wait(
    presenter: AppTest, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_up(monkeypatch)
    assert not is_asked_to_wait(guest_of(presenter, open_app))


def test_every_page_that_is_opened_without_an_address_counts_once(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[object] = []
    monkeypatch.setattr(NewSandboxes, "wait", lambda *visitor: counted.append(visitor) or 0.0)
    pages = [open_app(), open_app()]
    pages[0].run()
    assert len(counted) == 2

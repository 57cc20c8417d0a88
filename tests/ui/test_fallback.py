"""Going on in the sandbox while an account fails, and back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib.connection import backend
from lib.ui import session
from tests.support.account_steps import use_own_account
from tests.support.internet import Internet
from tests.support.snowplow import Snowplow, running_snowplow
from tests.support.steps import click, complete, count, everything, go_to, has, publish, texts

OpenApp = Callable[..., AppTest]
ASIDE = "Your Snowplow account is set aside in this tab."


@pytest.fixture
def snowplow(tmp_path: Path, unconfigured: pytest.MonkeyPatch) -> Iterator[Snowplow]:
    with running_snowplow(tmp_path, unconfigured) as running:
        yield running
        session.process.clear()


@pytest.fixture
def on_account(snowplow: Snowplow, unconfigured: pytest.MonkeyPatch, open_app: OpenApp) -> AppTest:
    """A session of an app that has an account in its settings, and so no sandbox."""
    for key, value in snowplow.settings.items():
        unconfigured.setenv(key, value)
    return open_app()


def fall_back(at: AppTest) -> AppTest:
    return click(go_to(at, "connection"), "set_account_aside")


def test_outage_of_an_account_offers_the_sandbox_where_everything_works(
    snowplow: Snowplow, on_account: AppTest
) -> None:
    snowplow.stop()
    session.process().participants.join(on_account.query_params["user"]).refresh()
    click(on_account.run(), "go_on_in_sandbox")

    assert not on_account.exception
    assert ASIDE in texts(on_account)
    assert not [each for each in on_account.warning if "Connection lost" in each.proto.title]
    assert count(complete(publish(go_to(on_account, "board")), 2)) == "2"


def test_one_click_leads_back_to_the_account(on_account: AppTest) -> None:
    fall_back(on_account)
    assert "Sandbox" in everything(on_account) and ASIDE in texts(on_account)
    click(on_account, "back_to_snowplow")

    assert not on_account.exception
    assert ASIDE not in texts(on_account)
    assert "The app is connected to a Snowplow account." in texts(on_account)


def test_what_is_done_meanwhile_does_not_reach_the_account(
    snowplow: Snowplow, on_account: AppTest
) -> None:
    complete(publish(go_to(fall_back(on_account), "board")), 1)
    before = len(snowplow.requests_to(snowplow.collector_host))
    complete(on_account, 1)
    assert len(snowplow.requests_to(snowplow.collector_host)) == before


def test_somebody_who_came_to_be_on_the_account_has_a_sandbox_too(on_account: AppTest) -> None:
    fall_back(click(on_account, "new_user"))
    assert not on_account.exception
    assert ASIDE in texts(on_account) and "This is the sandbox" in everything(on_account)


def test_a_guest_who_comes_by_code_comes_to_the_sandbox_of_the_presenter(
    on_account: AppTest, open_app: OpenApp
) -> None:
    fall_back(on_account)
    room = session.process().rooms.open(on_account.session_state["place"], with_code=True)
    guest = open_app(sandbox=room.code)

    assert not guest.exception
    assert guest.session_state["place"] == on_account.session_state["place"]
    click(go_to(guest, "connection"), "back_to_snowplow")
    assert "The app is connected to a Snowplow account." in texts(guest)


def test_others_stay_on_the_account(on_account: AppTest, open_app: OpenApp) -> None:
    fall_back(on_account)
    other = go_to(open_app(), "connection")
    assert not has(other, "back_to_snowplow") and has(other, "set_account_aside")


def test_sandbox_that_cannot_be_started_leaves_the_account_in_use(
    on_account: AppTest, unconfigured: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    unconfigured.setattr(backend, "start_sandbox", fail)
    fall_back(on_account)

    assert not on_account.exception
    assert "No space left on device" in everything(on_account)
    assert has(on_account.run(), "set_account_aside")


def test_account_that_somebody_brought_is_kept_until_it_is_forgotten_and_is_on_no_page(
    snowplow: Snowplow, unconfigured: pytest.MonkeyPatch, open_app: OpenApp
) -> None:
    Internet(snowplow, unconfigured)
    at = use_own_account(go_to(open_app(), "connection"), snowplow.settings)
    assert session.process().settings.account is None
    fall_back(at)

    assert ASIDE in texts(at)
    assert not [each for each in snowplow.secrets if each in everything(at)]
    click(at, "back_to_snowplow")
    assert "The app is connected to your own account" in texts(at)
    click(fall_back(at), "forget_account")
    assert not at.exception
    assert not has(at, "back_to_snowplow") and not has(at, "forget_account")

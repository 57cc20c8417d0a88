"""The connection page with the account of the app's settings: who may change what, and how."""

import re
from collections.abc import Callable

import pytest
from streamlit.proto.TextInput_pb2 import TextInput
from streamlit.runtime import context
from streamlit.testing.v1 import AppTest

from lib.world import jobs, polling
from tests.support.account_steps import badge, changes, with_own_account
from tests.support.internet import snowplow  # noqa: F401 (a fixture)
from tests.support.snowplow import Snowplow
from tests.support.steps import (
    alerts,
    click,
    diagnoses_of,
    everything,
    go_to,
    has,
    publish,
    texts,
    world,
)
from tests.support.waiting import PATIENCE_SECONDS, eventually

OpenApp = Callable[..., AppTest]


class Visitor:
    """The browser's connection: from this machine, until the test says otherwise."""

    def __init__(self) -> None:
        self.headers = [("Host", "localhost:8501")]
        self.remote_ip = "127.0.0.1"

    def comes_from_afar(self) -> None:
        self.headers = [("Host", "app.example.com")]
        self.remote_ip = "10.0.0.5"


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch) -> Visitor:
    visitor = Visitor()
    monkeypatch.setattr(context, "_get_client_context", lambda: visitor)
    return visitor


@pytest.fixture
def shared(snowplow: Snowplow, visitor: Visitor, unconfigured: pytest.MonkeyPatch) -> Snowplow:
    """The account of the app's own settings, which everyone who opens the app shares."""
    for key, value in snowplow.settings.items():
        unconfigured.setenv(key, value)
    return snowplow


def in_session(at: AppTest, script: Callable[[], None]) -> None:
    """Run a script in a session, past all that its pages show."""
    other = AppTest.from_function(script, default_timeout=PATIENCE_SECONDS)
    other._session_state, other.session_state = at._session_state, at.session_state
    other.query_params = dict(at.query_params)
    assert not other.run().exception


def force(at: AppTest, key: str) -> AppTest:
    """Press a button that is disabled, as nobody can but with a forged message."""
    assert at.button(key=key).disabled
    at.button(key=key).proto.disabled = False
    return click(at, key)


def toasts(at: AppTest) -> list[str]:
    return [each.value for each in at.toast]


# Who may publish to it


def publish_in_session() -> None:
    from lib.ui import publishing as definitions_elements
    from lib.ui import session

    participant = session.participant()
    definitions_elements.publish(participant, participant.plan)


def unpublish_in_session() -> None:
    from lib.ui import publishing as definitions_elements
    from lib.ui import session

    definitions_elements.unpublish(session.participant())


def clean_up_in_session() -> None:
    from lib.ui import publishing as definitions_elements
    from lib.ui import session

    definitions_elements.clean_up(session.participant())


def test_whoever_sits_at_the_machine_publishes_to_the_shared_account(
    shared: Snowplow, open_app: OpenApp
) -> None:
    at = publish(open_app())

    assert not at.exception
    assert badge(at) == "Snowplow"
    assert world(at).seen.published.is_complete  # type: ignore[union-attr]
    assert not has(go_to(at, "connection"), "enter_passphrase")


def test_from_elsewhere_nobody_publishes_to_the_shared_account_not_even_by_force(
    shared: Snowplow, visitor: Visitor, open_app: OpenApp
) -> None:
    visitor.comes_from_afar()
    at = open_app()
    title = "Publishing to this account is off."
    assert [found for found, _ in alerts(at.info)] == [title]

    force(at, "publish")
    go_to(at, "definitions")
    assert [found for found, _ in alerts(at.info)] == [title]
    assert "no PRESENTER_PASSPHRASE is set" in alerts(at.info)[0][1]
    for key in ("publish", "unpublish", "clean_up"):
        force(at, key)
        assert at.button(key=key).disabled
    for script in (publish_in_session, unpublish_in_session, clean_up_in_session):
        in_session(at, script)

    assert not at.exception
    assert changes(shared) == []
    assert not world(at).seen.published.is_there  # type: ignore[union-attr]


def test_forged_click_does_not_take_away_what_is_published_either(
    shared: Snowplow, visitor: Visitor, open_app: OpenApp
) -> None:
    at = publish(open_app())
    before = changes(shared)
    visitor.comes_from_afar()
    go_to(at, "definitions")
    force(at, "unpublish")
    force(at, "clean_up")
    for script in (unpublish_in_session, clean_up_in_session, publish_in_session):
        in_session(at, script)

    assert not at.exception
    assert changes(shared) == before
    assert world(at).seen.published.is_complete  # type: ignore[union-attr]


def test_from_elsewhere_everybody_publishes_to_an_account_of_their_own(
    shared: Snowplow, visitor: Visitor, open_app: OpenApp
) -> None:
    visitor.comes_from_afar()
    at = with_own_account(open_app(), shared)
    go_to(at, "definitions")
    assert alerts(at.info) == []
    publish(at)

    assert not at.exception and not at.error
    assert toasts(at) == ["Published. Events count from now on."]

    click(go_to(at, "connection"), "forget_account")
    go_to(at, "definitions")

    assert (badge(at), at.button(key="publish").disabled) == ("Snowplow", True)


def test_passphrase_entered_on_the_connection_page_opens_publishing_to_its_session_alone(
    shared: Snowplow, visitor: Visitor, unconfigured: pytest.MonkeyPatch, open_app: OpenApp
) -> None:
    unconfigured.setenv("PRESENTER_PASSPHRASE", "four words that fit")
    at = open_app()  # at the machine: a passphrase counts there too
    assert alerts(at.info)[0][0] == "Only the presenter publishes to this account."
    assert at.button(key="publish").disabled
    visitor.comes_from_afar()
    go_to(at, "connection")
    assert at.text_input(key="passphrase").proto.type == TextInput.PASSWORD

    at.text_input(key="passphrase").set_value("four words that do not")
    click(at, "enter_passphrase")
    ((title, advice),) = alerts(at.error)
    assert title == "That is not the passphrase."
    assert advice == "Check it, wait a second and enter it again."

    at.text_input(key="passphrase").set_value("four words that do not")
    click(at, "enter_passphrase")
    assert not at.success

    at.text_input(key="passphrase").set_value("four words that fit")
    click(at, "enter_passphrase")

    assert not at.exception and not at.error
    assert [each.value for each in at.success] == ["You may publish to this account."]
    assert "four words" not in everything(at) + str(at.session_state)
    publish(go_to(at, "definitions"))
    assert toasts(at) == ["Published. Events count from now on."]
    other = go_to(open_app(), "definitions")
    assert other.button(key="unpublish").disabled
    assert alerts(other.info)[0][0] == "Only the presenter publishes to this account."


def test_passphrase_is_not_asked_for_in_the_sandbox(
    unconfigured: pytest.MonkeyPatch, open_app: OpenApp
) -> None:
    unconfigured.setenv("PRESENTER_PASSPHRASE", "four words that fit")
    at = publish(open_app())

    assert not at.exception and not at.info
    assert not has(go_to(at, "connection"), "enter_passphrase")


# Whether it works


def test_check_of_the_connection_says_that_all_is_well_then_the_cause_and_looks_again(
    shared: Snowplow, open_app: OpenApp
) -> None:
    at = publish(open_app())
    assert eventually(lambda: world(at).is_live)
    diagnosis = diagnoses_of(at).connection
    click(go_to(at, "connection"), "check_connection")

    assert not at.exception
    assert [each.value for each in at.success] == ["No problem found."]
    assert [name for name, found in diagnosis.verdicts.items() if found.status == "ok"] == (
        [each.name for each in diagnosis.checks]
    )
    for check in diagnosis.checks:
        assert f"**{check.question}**" in at.button(key=f"again_connection_{check.name}").label
        assert diagnosis.verdicts[check.name].evidence in texts(at)

    shared.stop()
    try:
        assert eventually(lambda: not world(at).is_live)
        click(at, "check_connection")
        assert not at.exception and not at.success
        assert diagnosis.cause is not None
        check, cause = diagnosis.cause
        assert (check.name, cause.status) == ("tls", "finding")
        assert shared.collector_host in cause.evidence and "COLLECTOR_URL" in cause.fix
        found = [alert for alert in alerts(at.warning) if "Connection lost" not in alert[0]]
        assert found == [(cause.evidence, cause.fix)]
    finally:
        shared.start()

    click(at, "again_connection_tls")

    assert not at.exception
    assert diagnosis.verdicts["tls"].status == "ok"
    assert diagnosis.verdicts["api"].status != "ok"  # as it was: one check is looked at alone


# Changing the definitions


def test_cleaning_up_asks_first_and_then_deletes_and_tells(
    shared: Snowplow, open_app: OpenApp
) -> None:
    at = publish(go_to(open_app(), "definitions"))
    before = changes(shared)
    click(at, "clean_up")

    assert not at.exception
    assert "This cannot be undone." in texts(at)
    assert changes(shared) == before
    click(at, "cancel_clean_up")
    assert not has(at, "confirm_clean_up")
    assert changes(shared) == before

    # A dialog is drawn by a run of its own, which AppTest has not: it is opened and answered in one
    click(at, "clean_up")
    at.button(key="clean_up").click()
    click(at, "confirm_clean_up")

    assert not at.exception and not at.error
    assert toasts(at) == ["Deleted, with all computed values."]
    assert not world(at).seen.published.is_there  # type: ignore[union-attr]
    assert (at.button(key="clean_up").disabled, at.button(key="publish").disabled) == (True, False)
    assert not has(at, "confirm_clean_up")


def test_page_does_not_wait_for_a_slow_api_to_publish_and_tells_when_it_is_done(
    shared: Snowplow, unconfigured: pytest.MonkeyPatch, open_app: OpenApp
) -> None:
    at = go_to(open_app(), "definitions")
    unconfigured.setattr(jobs, "PAGE_WAITS_SECONDS", 0.3)
    unconfigured.setattr(polling, "FIRST_LOOK_SECONDS", 0.3)
    shared.api_delay = 3600
    publish(at)

    assert not at.exception and not at.error
    ((_, text),) = alerts(at.info)
    assert re.fullmatch(
        r"Publishing: Signals was asked at \d\d:\d\d:\d\d UTC and has not answered yet\. You can"
        r" carry on in the meantime\.",
        text,
    )
    assert at.button(key="publish").disabled
    go_to(at, "board")
    assert not at.exception and not at.toast
    assert at.button(key="publish").disabled

    shared.api_delay = 0
    assert eventually(lambda: toasts(at.run()) == ["Published. Events count from now on."])
    assert not at.exception and not at.info
    assert not has(at, "publish")
    assert toasts(at.run()) == []

"""The connection page: which account is in use, who may change it, and whether it works.

And what a person sees of settings that cannot be used.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.TextInput_pb2 import TextInput
from streamlit.runtime import context
from streamlit.testing.v1 import AppTest

from lib.sandbox.server import serving
from lib.world import jobs, polling
from tests.support.account import ACCOUNT
from tests.support.internet import Internet
from tests.support.snowplow import Snowplow, running_snowplow
from tests.support.steps import (
    alerts,
    click,
    complete,
    count,
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

PAGES = ("board", "definitions", "attributes", "interventions", "events", "connection", "presenter")


def test_page_says_that_the_sandbox_is_no_snowplow(open_app: OpenApp) -> None:
    at = go_to(open_app(), "connection")

    assert not at.exception
    ((title, text),) = alerts(at.info)
    assert title == "This is the sandbox"
    assert "It is not Snowplow" in text
    assert any("Sandbox" in each.label for each in at.sidebar.page_link)
    assert f"You are the user `{at.query_params['user']}`" in texts(at)


def test_page_says_how_a_tutorial_runs_here_and_what_is_replaced(open_app: OpenApp) -> None:
    at = go_to(open_app(), "connection")

    (tutorial,) = (each for each in at.expander if each.label == "Run a tutorial's script")
    assert "python -m lib.sandbox run script.py" in tutorial.code[0].value
    assert "answers this one request on your machine" in tutorial.markdown[0].value


@pytest.mark.parametrize(
    "page", ["board", "definitions", "attributes", "interventions", "connection"]
)
def test_no_page_shows_the_token_of_the_sandbox(open_app: OpenApp, page: str) -> None:
    at = go_to(open_app(), page)

    assert not at.exception
    assert len(everything(at)) > 1000
    assert world(at).connection.token not in everything(at)


@pytest.mark.parametrize("given", list(ACCOUNT))
def test_partly_configured_account_names_each_missing_key(
    unconfigured: pytest.MonkeyPatch, open_app: OpenApp, given: str
) -> None:
    unconfigured.setenv(given, ACCOUNT[given])
    at = open_app()

    assert not at.exception
    ((_, message),) = alerts(at.error)
    named = [key for key in ACCOUNT if f"{key} is missing, while {given} is set." in message]
    assert named == [key for key in ACCOUNT if key != given]
    assert not has(at, "complete_task")
    assert ACCOUNT[given] not in everything(at)


@pytest.mark.parametrize(
    ("key", "value", "message", "fix"),
    [
        (
            "SIGNALS_API_URL",
            "0b6e3c4a.signals.snowplowanalytics.com",
            "SIGNALS_API_URL does not start with https://"
            " (0b6e3c4a.signals.snowplowanalytics.com).",
            'Write "https://0b6e3c4a.signals.snowplowanalytics.com".',
        ),
        (
            "COLLECTOR_URL",
            "http://collector.example.com",
            "COLLECTOR_URL does not start with https:// (collector.example.com).",
            'Write "https://collector.example.com".',
        ),
        (
            "CONSOLE_API_KEY_ID",
            "",
            "CONSOLE_API_KEY_ID is missing, while COLLECTOR_URL is set.",
            "Set all of COLLECTOR_URL, SIGNALS_API_URL, CONSOLE_API_KEY, CONSOLE_API_KEY_ID,"
            " ORG_ID for Snowplow, or none for the sandbox.",
        ),
    ],
)
def test_mistake_in_the_settings_is_named_with_its_correction(
    unconfigured: pytest.MonkeyPatch,
    open_app: OpenApp,
    key: str,
    value: str,
    message: str,
    fix: str,
) -> None:
    for name, good in {**ACCOUNT, key: value}.items():
        unconfigured.setenv(name, good)
    at = open_app()

    assert not at.exception
    title = "The settings need a correction before the app can start"
    assert alerts(at.error) == [(title, f"- {message} {fix}")]
    assert not any(secret in everything(at) for secret in (*ACCOUNT.values(),)[2:])


def test_file_that_cannot_be_opened_is_named_with_what_to_do(
    unconfigured: pytest.MonkeyPatch, open_app: OpenApp, tmp_path: Path
) -> None:
    (tmp_path / "no.db").write_text("This is not a database, and long enough to be sure. " * 99)
    unconfigured.setenv("SANDBOX_DB", str(tmp_path / "no.db"))
    at = open_app()

    assert not at.exception
    ((title, advice),) = alerts(at.error)
    assert title == "The app's files cannot be opened: file is not a database"
    assert "SANDBOX_DB" in advice


def test_sandbox_is_not_asked_about_an_account(open_app: OpenApp) -> None:
    at: Any = go_to(open_app(), "connection")

    assert "Signals API:" not in texts(at)


# Accounts


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
def snowplow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snowplow]:
    """A Snowplow at a public address."""
    with running_snowplow(tmp_path, monkeypatch) as running:
        Internet(running, monkeypatch)
        yield running


@pytest.fixture
def shared(snowplow: Snowplow, visitor: Visitor, unconfigured: pytest.MonkeyPatch) -> Snowplow:
    """The account of the app's own settings, which everyone who opens the app shares."""
    for key, value in snowplow.settings.items():
        unconfigured.setenv(key, value)
    return snowplow


def fill_in(at: AppTest, **given: str) -> AppTest:
    """Enter an account on the connection page and have it used."""
    for key, value in given.items():
        at.text_input(key=f"own_{key.lower()}").set_value(value)
    return click(at, "use_account")


def own_fields(at: AppTest) -> list[Any]:
    return [each for each in at.text_input if str(each.key).startswith("own_")]


def with_own_account(at: AppTest, snowplow: Snowplow) -> AppTest:
    given = {**snowplow.settings, "DEFINITIONS_SUFFIX": "_ours"}
    return fill_in(go_to(at, "connection"), **given)


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


def badge(at: AppTest) -> str:
    """Which connection is in use, as every page says it."""
    labels = " ".join(link.label for link in at.sidebar.page_link)
    (name,) = re.findall(r"badge\[:material/cloud: (\w+)]", labels)
    return str(name)


def changes(snowplow: Snowplow) -> list[tuple[str, str]]:
    """What the Signals API was told to change of its definitions."""
    asked = snowplow.requests_to(snowplow.signals_host)
    told = [each for each in asked if "/registry/" in each.path or "/engines/" in each.path]
    return [(each.method, each.path) for each in told if each.method != "GET"]


def toasts(at: AppTest) -> list[str]:
    return [each.value for each in at.toast]


# An account that somebody brought


def test_own_account_is_used_and_its_secrets_are_shown_by_their_last_four_characters(
    snowplow: Snowplow, open_app: OpenApp
) -> None:
    at = with_own_account(open_app(), snowplow)

    assert not at.exception and not at.error
    assert badge(at) == "Snowplow"
    assert "your own account, in this tab only" in texts(at)
    for label, secret in zip(("API key", "API key ID", "Organization"), snowplow.secrets, strict=1):
        assert f"- {label}: `••••{secret[-4:]}`" in texts(at)
    assert not any(secret in everything(at) for secret in snowplow.secrets)
    assert not has(at, "use_account")
    assert [key for key in at.session_state if key.startswith("own_")] == ["own_account"]


def test_own_account_counts_nudges_and_is_gone_at_once_when_it_is_forgotten(
    snowplow: Snowplow, open_app: OpenApp, tmp_path: Path
) -> None:
    at = open_app()
    with_own_account(at, snowplow)
    complete(publish(go_to(at, "board")), 5)

    assert not at.exception and not at.error
    assert (count(at), has(at, "nudge"), badge(at)) == ("5", True, "Snowplow")
    assert changes(snowplow) != []
    assert eventually(lambda: snowplow.streams == 1)

    go_to(at, "connection")
    click(at, "forget_account")

    assert not at.exception
    assert badge(at) == "Sandbox"
    assert eventually(lambda: snowplow.streams == 0, seconds=3)
    of_the_account = [
        snowplow.signals_host,
        snowplow.collector_host,
        snowplow.settings["OWNER"],
        "_ours",
        *(secret[-4:] + "`" for secret in snowplow.secrets),
    ]
    for page in PAGES:
        go_to(at, page)
        assert not at.exception, page
        assert badge(at) == "Sandbox"
        assert [each for each in of_the_account if each in everything(at)] == [], page
    assert count(go_to(at, "board")) == "—"
    assert "own_account" not in at.session_state
    written = b"".join(path.read_bytes() for path in tmp_path.glob("sandbox*"))
    assert [each for each in (*snowplow.secrets, *snowplow.tokens) if each.encode() in written] == (
        []
    )


def test_what_was_entered_about_definitions_is_not_taken_along_to_another_account(
    snowplow: Snowplow, open_app: OpenApp
) -> None:
    at = go_to(open_app(), "definitions")
    at.text_input(key="owner").set_value("somebody@example.com")
    at.number_input(key="threshold").set_value(2).run()
    with_own_account(at, snowplow)
    publish(go_to(at, "definitions"))

    assert not at.exception and not at.error
    assert at.text_input(key="owner").value == snowplow.settings["OWNER"]
    assert at.number_input(key="threshold").value == 5

    at.number_input(key="threshold").set_value(3).run()
    click(go_to(at, "connection"), "forget_account")
    go_to(at, "definitions")

    assert at.text_input(key="owner").value == "demo@example.com"
    assert at.number_input(key="threshold").value == 5


def test_own_account_is_not_there_after_a_reload(snowplow: Snowplow, open_app: OpenApp) -> None:
    at = with_own_account(open_app(), snowplow)
    again = open_app(user=at.query_params["user"])

    assert not again.exception
    assert (badge(at), badge(again)) == ("Snowplow", "Sandbox")


def test_every_mistake_in_the_form_is_named_and_what_was_typed_stays(
    snowplow: Snowplow, open_app: OpenApp
) -> None:
    at = go_to(open_app(), "connection")
    secret = snowplow.settings["CONSOLE_API_KEY"]
    typed = {
        "COLLECTOR_URL": "http://collector.example.com",
        "SIGNALS_API_URL": "https://signals.example.com/api",
        "CONSOLE_API_KEY": secret[:-1],
        "CONSOLE_API_KEY_ID": "",
        "ORG_ID": snowplow.settings["ORG_ID"],
        "OWNER": "the growth team",
        "VENDOR": "com acme",
        "DEFINITIONS_SUFFIX": "-x",
    }
    fill_in(at, **typed)

    assert not at.exception
    assert [title for title, _ in alerts(at.error)] == [
        "CONSOLE_API_KEY_ID is missing.",
        "COLLECTOR_URL does not start with https:// (collector.example.com).",
        "SIGNALS_API_URL has a path after the address (signals.example.com).",
        "CONSOLE_API_KEY is not a UUID (35 characters).",
        "OWNER is not an email address ('the growth team').",
        "VENDOR is not a schema vendor ('com acme').",
        "DEFINITIONS_SUFFIX cannot end a name ('-x').",
    ]
    assert {key: at.text_input(key=f"own_{key.lower()}").value for key in typed} == typed
    assert not any(secret[:-1] in str(each.proto) for each in at.error)
    assert badge(at) == "Sandbox"

    fill_in(at, **snowplow.settings, VENDOR="", DEFINITIONS_SUFFIX="")

    assert not at.exception and not at.error
    assert badge(at) == "Snowplow"


def test_addresses_that_lead_inside_are_refused_on_the_page(
    snowplow: Snowplow, open_app: OpenApp
) -> None:
    inside = {"COLLECTOR_URL": "http://localhost:8501", "SIGNALS_API_URL": "https://127.0.0.1"}
    at = fill_in(go_to(open_app(), "connection"), **snowplow.settings | inside)

    assert not at.exception
    reason = "cannot be used here: it must be https and a host, like https://collector.example.com."
    advice = "Use the address that Snowplow gave you."
    assert alerts(at.error) == [(f"{key} {reason}", advice) for key in inside]
    assert badge(at) == "Sandbox"


def test_mistakes_are_gone_with_what_was_typed_on_the_next_visit(open_app: OpenApp) -> None:
    at = fill_in(go_to(open_app(), "connection"), OWNER="the growth team")
    assert len(alerts(at.error)) == 6
    go_to(go_to(at, "board"), "connection")

    assert not at.exception and not at.error
    assert {each.value for each in own_fields(at)} == {""}


def test_fields_of_secrets_are_masked_and_no_field_is_completed_by_the_browser(
    open_app: OpenApp,
) -> None:
    at = go_to(open_app(), "connection")
    fields = {each.key: each.proto for each in own_fields(at)}
    masked = {key for key, field in fields.items() if field.type == TextInput.PASSWORD}

    assert len(fields) == 8
    assert masked == {"own_console_api_key", "own_console_api_key_id", "own_org_id"}
    assert {field.autocomplete for field in fields.values()} == {"off"}


# The account of the app's settings, and who may publish to it


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
    assert [each.value for each in at.success] == ["Nothing is wrong."]
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
    assert toasts(at) == ["Deleted, with all values that were computed."]
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


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("not JSON", "it is not valid JSON"),
        ('{"type": "object"}', "the schema has no self part"),
        ('{"$schema": "http://json-schema.org/draft-07/schema#", "self": {}}', "its $schema is"),
    ],
)
def test_file_in_the_schemas_that_is_no_schema_is_named(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, reason: str
) -> None:
    file = tmp_path / "org.acme/thing/jsonschema/1-0-0"
    file.parent.mkdir(parents=True)
    file.write_text(content)
    monkeypatch.setattr(serving, "SCHEMAS", tmp_path)

    at = go_to(open_app(), "connection")

    assert not at.exception
    ((title, text),) = alerts(at.error)
    assert title.endswith("org.acme/thing/jsonschema/1-0-0")
    assert reason in text.replace("\\", "")
    assert "start the app again" in text


def test_session_is_shown_beside_the_user_and_another_can_begin(open_app):
    at = go_to(open_app(), "connection")
    before = world(at).session.known
    assert before in texts(at)

    click(at, "new_session")

    assert not at.exception
    assert world(at).session.known != before
    assert world(at).session.known in texts(at) and before not in texts(at)

"""The connection page in the sandbox, and what a person sees of settings that cannot be used."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.sandbox.server import serving
from tests.support.account import ACCOUNT
from tests.support.steps import alerts, click, everything, go_to, has, texts, world

OpenApp = Callable[..., AppTest]


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
    commands = [each.split()[:4] for each in tutorial.code[0].value.splitlines()]
    assert commands[0][:3] == commands[1][:3] == [".venv/bin/python", "-m", "lib.sandbox"]
    assert commands[1][3] == "run"
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

"""The connection page with an account that somebody brought, for their tab only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.proto.TextInput_pb2 import TextInput
from streamlit.testing.v1 import AppTest

from lib.snowplow.publishing import definition_of
from lib.ui import session
from tests.support.account_steps import badge, changes, use_own_account, with_own_account
from tests.support.internet import snowplow  # noqa: F401 (a fixture)
from tests.support.snowplow import Snowplow
from tests.support.steps import (
    alerts,
    click,
    complete,
    count,
    everything,
    go_to,
    has,
    publish,
    texts,
)
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]
PAGES = ("board", "definitions", "attributes", "interventions", "events", "connection", "presenter")


def own_fields(at: AppTest) -> list[Any]:
    return [each for each in at.text_input if str(each.key).startswith("own_")]


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


def test_what_others_made_in_an_account_is_neither_taken_offline_nor_published_over(
    snowplow: Snowplow, open_app: OpenApp
) -> None:
    at = publish(go_to(with_own_account(open_app(), snowplow), "definitions"))
    signals = snowplow.signals()
    nudge = definition_of(signals.interventions.get("power_user_nudge_ours"))
    signals.publish([nudge.model_copy(update={"description": "Ours now."})])
    click(at, "unpublish")

    assert not at.exception and not at.error
    assert at.toast[-1].value == (
        "Unpublished what this app made. What others made stays published."
    )
    publish(at)
    assert not at.exception
    ((title, advice),) = alerts(at.error)
    assert title == "power_user_nudge_ours is somebody else's: this app did not make it."
    assert advice.startswith("Set DEFINITIONS_SUFFIX, ")


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
    use_own_account(at, typed)

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

    use_own_account(at, {**snowplow.settings, "VENDOR": "", "DEFINITIONS_SUFFIX": ""})

    assert not at.exception and not at.error
    assert badge(at) == "Snowplow"


def test_addresses_that_lead_inside_are_refused_on_the_page(
    snowplow: Snowplow, open_app: OpenApp
) -> None:
    inside = {"COLLECTOR_URL": "http://localhost:8501", "SIGNALS_API_URL": "https://127.0.0.1"}
    at = use_own_account(go_to(open_app(), "connection"), snowplow.settings | inside)

    assert not at.exception
    reason = "cannot be used here: it must be https and a host, like https://collector.example.com."
    advice = "Use the address that Snowplow gave you."
    assert alerts(at.error) == [(f"{key} {reason}", advice) for key in inside]
    assert badge(at) == "Sandbox"


def test_mistakes_are_gone_with_what_was_typed_on_the_next_visit(open_app: OpenApp) -> None:
    at = use_own_account(go_to(open_app(), "connection"), {"OWNER": "the growth team"})
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


def test_account_that_another_one_replaces_is_forgotten_with_all_that_was_known_of_it(
    snowplow: Snowplow, open_app: OpenApp
) -> None:
    at = with_own_account(open_app(), snowplow)
    complete(publish(go_to(at, "board")), 1)
    first, state = world_with_account(at), session.process().state
    assert state.readings(first)
    click(go_to(at, "connection"), "set_account_aside")
    use_own_account(at, {**snowplow.settings, "DEFINITIONS_SUFFIX": "_others"})

    assert not at.exception and world_with_account(at) != first
    assert not state.readings(first)


def world_with_account(at: AppTest) -> str:
    """What the app calls the world of a session's own account."""
    place = session.process().backend.own_place(at.session_state["own_account"])
    return f"{place}:{at.query_params['user']}"

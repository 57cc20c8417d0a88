"""What the board says when somebody asks why nothing happened, as AppTest runs it."""

import re
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests.support.steps import (
    alerts,
    click,
    complete,
    diagnoses_of,
    has,
    publish,
    stop_sandbox,
)

OpenApp = Callable[..., AppTest]


def cause(at: AppTest) -> tuple[str, tuple[str, str]]:
    """The check that found the cause, and what the page says it is."""
    (shown,) = alerts(at.get_by_key("checks").warning)
    diagnosis = diagnoses_of(at).event
    assert diagnosis.cause is not None
    assert shown == (diagnosis.cause[1].evidence, diagnosis.cause[1].fix)
    return diagnosis.cause[0].name, shown


def test_nothing_is_looked_at_until_somebody_asks_why(open_app: OpenApp) -> None:
    at = complete(open_app(), 1)

    assert not at.exception and not at.warning
    assert at.get_by_key("why").label == "Why did nothing happen?"
    assert not has(at, "look_again")
    assert diagnoses_of(at).event.verdicts == {}


def test_cause_is_that_nothing_is_published_until_it_is(open_app: OpenApp) -> None:
    at = click(complete(open_app(), 1), "why")

    assert not at.exception
    name, (message, advice) = cause(at)
    assert name == "definitions"
    assert message == (
        "Not published: the attribute group project_engagement, the service"
        " project_engagement_service, the intervention power_user_nudge."
    )
    assert "Publish" in advice

    click(publish(at), "look_again")

    assert not at.exception
    assert cause(at)[0] == "matched"  # the task was completed before


def test_cause_is_how_many_are_lacking_before_the_fifth(open_app: OpenApp) -> None:
    at = click(complete(publish(open_app()), 3), "why")

    assert not at.exception
    name, (message, _) = cause(at)
    assert name == "criteria"
    assert message.startswith("Not yet")
    assert re.search(r"tasks_completed_count\b.* 3\b", message)


def test_nothing_is_wrong_right_after_the_nudge(open_app: OpenApp) -> None:
    at = click(complete(publish(open_app()), 5), "why")

    assert not at.exception and not at.warning
    assert alerts(at.success) == [("", "No problem found.")]
    found = diagnoses_of(at).event.verdicts
    assert [name for name, verdict in found.items() if verdict.status != "ok"] == []


def test_cause_after_the_nudge_is_that_it_fires_once_for_each_user(open_app: OpenApp) -> None:
    at = click(complete(publish(open_app()), 5), "why")
    complete(at, 1)
    click(at, "look_again")

    assert not at.exception and not at.success
    name, (message, advice) = cause(at)
    assert name == "fired"
    assert "once for each user" in message
    assert "Become a new user" in advice


def test_cause_is_the_collector_that_is_away_however_much_else_is_amiss(open_app: OpenApp) -> None:
    at = stop_sandbox(open_app())
    click(complete(at, 1), "why")

    assert not at.exception
    assert cause(at)[0] == "tls"
    found = diagnoses_of(at).event.verdicts
    assert found["sent"].status == "finding" and "1 event waits" in found["sent"].evidence


def test_answer_is_hidden_again_and_looked_for_anew_when_asked_again(open_app: OpenApp) -> None:
    at = click(complete(publish(open_app()), 4), "why")
    assert at.get_by_key("why").label == "Hide the checks"
    assert cause(at)[0] == "criteria"

    click(at, "why")
    assert not at.warning and not has(at, "look_again")

    click(complete(at, 1), "why")

    assert not at.exception and not at.warning
    assert alerts(at.success) == [("", "No problem found.")]

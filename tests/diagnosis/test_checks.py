"""Checks and diagnoses: the order, the cause, what is shared, and what a failing check means."""

import sqlite3
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import requests
from snowplow_signals import SignalsAPIError

from lib.diagnosis.checks import Check, Diagnosis, Verdict, finding, ok, unknown


def told(verdict: Verdict) -> Callable[[], Verdict]:
    return lambda: verdict


def test_the_cause_is_the_first_finding_in_the_order_of_the_checks():
    diagnosis = Diagnosis(
        "test",
        [
            Check("a", "A?", told(ok("Yes."))),
            Check("b", "B?", told(unknown("Who knows.", "Look there."))),
            Check("c", "C?", told(finding("No.", "Mend it."))),
            Check("d", "D?", told(finding("Neither.", "Mend C."))),
        ],
        lambda: None,
    )
    assert diagnosis.cause is None
    assert diagnosis.run().cause == (diagnosis.checks[2], finding("No.", "Mend it."))
    assert list(diagnosis.verdicts) == ["a", "b", "c", "d"]


def test_while_checks_run_news_tell_which_one_and_what_was_found_so_far():
    news: list[tuple[str | None, list[str]]] = []
    checks = [Check(name, f"{name}?", told(ok("Yes."))) for name in "ab"]

    def note() -> None:
        news.append((diagnosis.current and diagnosis.current.name, [*diagnosis.verdicts]))

    diagnosis = Diagnosis("test", checks, note)
    diagnosis.run()
    assert news == [("a", []), (None, ["a"]), ("b", ["a"]), (None, ["a", "b"])]
    news.clear()
    diagnosis.run_again("b")
    assert news == [("b", ["a", "b"]), (None, ["a", "b"])]


def test_a_run_starts_with_nothing_found():
    answers = iter([ok("Yes."), finding("No.", "Mend it.")])
    seen: list[list[str]] = []
    diagnosis = Diagnosis(
        "test",
        [Check("a", "A?", lambda: next(answers))],
        lambda: seen.append([*diagnosis.verdicts]),
    )
    assert diagnosis.run().cause is None
    assert diagnosis.run().cause is not None
    assert seen == [[], ["a"], [], ["a"]]


def test_what_checks_share_is_asked_once_for_a_run_and_again_for_a_check_that_is_run_again():
    asked: list[str] = []

    def ask() -> None:
        asked.append("signals")

    checks = [
        Check("a", "A?", told(ok("Yes."))),
        Check("b", "B?", told(ok("Yes.")), ask),
        Check("c", "C?", told(ok("Yes.")), ask),
    ]
    diagnosis = Diagnosis("test", checks, lambda: None).run()
    assert asked == ["signals"]
    diagnosis.run_again("a")
    assert asked == ["signals"]
    diagnosis.run_again("c")
    assert asked == ["signals"] * 2


SECRET = "http://127.0.0.1/sandbox/secret"


@pytest.mark.parametrize(
    ("error", "evidence"),
    [
        (OSError(28, "No space left on device"), "No space left on device."),
        (OSError(SECRET), "OSError."),
        (httpx.ReadTimeout(SECRET), "Signals did not answer in time."),
        (httpx.ConnectError(SECRET), "Signals cannot be reached."),
        (httpx.InvalidURL(SECRET), "The Signals API URL cannot be used."),
        (SignalsAPIError(500, "Out of order"), "Signals answered 500: Out of order"),
        (requests.ConnectionError(SECRET), "ConnectionError."),
        (sqlite3.OperationalError("disk I/O error"), "OperationalError."),
        (KeyError("stage"), "KeyError."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_a_check_that_fails_is_unknown_and_those_after_it_are_made(error, evidence):
    def fail() -> Any:
        raise error

    diagnosis = Diagnosis(
        "test",
        [
            Check("a", "A?", fail),
            Check("b", "B?", told(ok("Yes.")), fail),
            Check("c", "C?", told(finding("No.", "Mend it."))),
        ],
        lambda: None,
    )
    assert diagnosis.run().cause == (diagnosis.checks[2], finding("No.", "Mend it."))
    assert diagnosis.current is None
    for name in "ab":
        verdict = diagnosis.verdicts[name]
        assert verdict.status == "unknown"
        assert verdict.evidence == f"This could not be checked: {evidence}"
        assert verdict.fix and "secret" not in verdict.fix

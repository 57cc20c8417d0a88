"""Why there is no value, in words that name what is missing."""

import pytest

from lib.diagnosis.missing_values import computation_text, why_missing, why_no_profile
from lib.snowplow.definitions import Plan, attribute_group
from lib.studio import ideas

PLAN = Plan(owner="you@example.com", vendor="com.example")
COUNT, PRIORITY = (attribute_group(PLAN).attributes or [])[:2]
UUID = "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01"


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        (COUNT, "Never seen: no `task_completed` arrived since it was published."),
        (PRIORITY, "Never seen: no `task_completed` had a value for it since it was published."),
        (
            ideas.high_priority(PLAN)[0].attributes[0],
            "Never seen: no `task_completed` met its conditions since it was published.",
        ),
        (
            ideas.session(PLAN)[0].attributes[0],
            "Never seen: no event arrived since it was published.",
        ),
    ],
)
def test_what_was_never_seen_says_which_event_is_missing(definition, why) -> None:
    assert why_missing(definition, had_value=False) == why


def test_a_value_that_is_gone_left_its_window() -> None:
    assert why_missing(COUNT, had_value=True) == (
        "Nothing left in the window: what counted is older than 7 days."
    )


def test_a_value_without_a_window_was_deleted_after_a_while() -> None:
    definition = ideas.recency(PLAN)[0].attributes[0]
    assert "then deleted" in why_missing(definition, had_value=True)


def test_an_identifier_that_is_unknown_or_no_uuid_is_said() -> None:
    assert why_no_profile("network_userid", {}) == (
        "Profiles are keyed by `network_userid`, and this app sends no such identifier."
    )
    assert why_no_profile("user_id", {"user_id": "ada"}) == (
        "`ada` is not a UUID, and Signals keeps no values for such a `user_id`."
    )


def test_a_key_of_ones_own_needs_no_uuid() -> None:
    assert why_no_profile("project_id", {"project_id": "website"}) == ""
    assert why_no_profile("user_id", {"user_id": UUID}) == ""


def test_how_it_is_computed_is_told_in_a_few_words() -> None:
    assert computation_text(COUNT) == "counter of task_completed, last 7 days"
    assert computation_text(PRIORITY) == "last of priority in task_completed, last 7 days"
    day = ideas.active_days(PLAN)[0].attributes[0]
    assert computation_text(day) == "approx count distinct of active day in any event, last 30 days"


def test_a_key_of_one_s_own_is_not_said_to_be_unsent() -> None:
    assert why_no_profile("level", {}) == (
        "Profiles are keyed by `level`, and this app does not know which one to read."
    )

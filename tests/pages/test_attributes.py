"""The attributes page, as AppTest runs it."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
import streamlit as st
from snowplow_signals import network_userid
from streamlit.testing.v1 import AppTest

from lib.snowplow.definitions import ATTRIBUTES, COUNT, PRIORITY
from lib.studio import ideas
from lib.ui import session
from lib.world.history import Reading
from tests.support.attributes import count_and_priority
from tests.support.browser_labels import as_a_browser
from tests.support.steps import alerts, click, complete, go_to, has, metric, publish, texts, world
from tests.support.waiting import eventually
from tests.support.worlds import PLAN

OpenApp = Callable[..., AppTest]


def downloaded(at: AppTest) -> list[dict[str, str]]:
    """The rows of the file that the download button offers."""
    with patch.object(st, "download_button") as button:
        at.run()
    return list(csv.DictReader(button.call_args.args[1].splitlines()))


def test_page_has_the_button_that_publishes_when_nothing_is(open_app: OpenApp) -> None:
    at = go_to(open_app(), "attributes")

    assert not at.exception
    assert alerts(at.info) == [
        (
            "Nothing yet",
            "Publish the definitions, then press “Complete task” on the board. The values show"
            " here.",
        )
    ]
    assert not at.metric
    assert not has(at, "download_history")
    assert at.button(key="read_group").disabled
    click(at, "publish")
    assert not at.exception
    assert not has(at, "publish") and metric(at, COUNT) == "—"


def test_span_of_the_charts_stays_while_another_page_is_open(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 1), "attributes")
    at.radio(key="span").set_value("1 minute").run()
    go_to(go_to(at, "board"), "attributes")

    assert not at.exception and at.radio(key="span").value == "1 minute"


def test_page_says_to_complete_a_task_when_that_is_what_is_missing(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "attributes")

    assert not at.exception
    assert alerts(at.info) == [
        (
            "Nothing yet",
            "Signals has no values for this user yet. Press “Complete task” on the board.",
        )
    ]
    assert (metric(at, COUNT), metric(at, PRIORITY)) == ("—", "—")


def test_values_are_shown_with_the_time_they_were_read(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 3), "attributes")

    assert not at.exception and not at.info
    assert (metric(at, COUNT), metric(at, PRIORITY)) == ("3", "medium")
    read_at = world(at).seen.values.tstamp  # type: ignore[union-attr]
    assert f"Read at {read_at:%H:%M:%S} UTC." in texts(at)


def test_every_attribute_has_a_chart_with_a_text_for_those_who_cannot_see_it(
    open_app: OpenApp,
) -> None:
    at = go_to(complete(publish(open_app()), 3), "attributes")

    alternatives = [chart.proto.alt for chart in at.get("plotly_chart")]
    assert [each.partition(" over time:")[0] for each in alternatives] == list(ATTRIBUTES)
    assert alternatives[:2] == [
        f"{COUNT} over time: it changed 3 times and is now 3. A line marks power_user_nudge: ≥ 5.",
        f"{PRIORITY} over time: it changed 2 times and is now medium.",
    ]


def read_again(at: AppTest) -> AppTest:
    """The page once the values were read anew."""
    at.run()
    before = read_at(at)
    assert eventually(lambda: read_at(at.run()) != before)
    return at


def read_at(at: AppTest) -> str:
    """The time at which the page says that the values were read."""
    return next(each.value for each in at.caption if each.value.startswith("Read at"))


@pytest.mark.parametrize("shown", ["service:project_engagement_service", "service:recency_service"])
def test_reading_without_news_leaves_the_charts_as_they_are(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, shown: str
) -> None:
    monkeypatch.setattr("lib.ui.attribute_values.REDRAWN_AFTER", timedelta(days=1))
    at = publish_own(publish(open_app()), *ideas.recency(PLAN))
    complete(go_to(at, "board"), 1)
    show(go_to(at, "attributes"), shown)
    assert eventually(lambda: "—" not in [each.value for each in at.run().metric])
    before = [chart.proto.spec for chart in at.get("plotly_chart")]

    read_again(at)
    assert [chart.proto.spec for chart in at.get("plotly_chart")] == before != []


def publish_own(at: AppTest, *definitions: Any) -> AppTest:
    """Publish definitions of one's own, and look at what there is."""
    world(at).signals.publish([*definitions])
    world(at).polling.ask_again()
    return go_to(at, "attributes")


def show(at: AppTest, key: str) -> AppTest:
    at.selectbox(key="attributes_of").select(key).run()
    return at


def charts(at: AppTest) -> list[str]:
    """The charts in words."""
    return [chart.proto.alt for chart in at.get("plotly_chart")]


def test_chosen_group_has_a_chart_for_each_attribute_and_stays_chosen(open_app: OpenApp) -> None:
    at = show(publish_own(publish(open_app()), *ideas.mix(PLAN)), "group:mix_of_work")
    complete(go_to(at, "board"), 1)

    assert eventually(lambda: "is now {'high': 1}" in charts(go_to(at, "attributes"))[0])
    assert not at.exception and not at.error
    assert [each.partition(" over time:")[0] for each in charts(at)] == [
        "tasks_by_priority",
        "priorities_seen",
    ]


def test_several_keys_are_side_by_side_each_with_its_identifier(open_app: OpenApp) -> None:
    definitions = [*ideas.session(PLAN), *ideas.project(PLAN)]
    at = show(publish_own(open_app(), *definitions), "all")

    assert not at.exception and not at.error
    participant = world(at)
    assert f"**Session** `{participant.session.known}`" in [each.value for each in at.markdown]
    assert f"**Project** `{participant.project.id}`" in [each.value for each in at.markdown]
    assert len(charts(at)) == 4


def test_a_key_that_the_app_has_no_identifier_of_says_so(open_app: OpenApp) -> None:
    group = ideas.mix(PLAN)[0].model_copy(update={"attribute_key": network_userid})
    at = publish_own(open_app(), group)

    assert not at.exception and not charts(at)
    assert "this app sends no such identifier" in texts(at)


def test_raw_answers_are_those_of_what_is_chosen_each_with_its_call(open_app: OpenApp) -> None:
    at = show(publish_own(open_app(), *ideas.session(PLAN)), "group:this_session")

    session_id = world(at).session.known
    names = '["events_this_session", "tasks_this_session"]'
    call = f'get_group_attributes("this_session", 1, {names}, "domain_sessionid", "{session_id}")'
    assert call in texts(at)
    assert set(json.loads(at.code[-1].value)) == {"events_this_session", "tasks_this_session"}


def test_every_published_rule_has_its_line(open_app: OpenApp) -> None:
    at = show(publish_own(open_app(), *ideas.combined(PLAN)), "group:momentum")

    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    lines = [each["name"] for each in figure["data"] if each.get("line", {}).get("dash")]
    assert [each for each in lines if each != "no value"] == ["on_a_roll: ≥ 3", "on_a_roll: ≥ 6"]


def test_a_value_that_is_missing_has_its_reason(open_app: OpenApp) -> None:
    at = publish_own(open_app(), *ideas.minutes(PLAN))

    assert "Never seen: no time_logged had a value for it since it was published." in texts(
        at
    ).replace("`", "")


def test_of_fifty_attributes_the_chosen_are_charts_and_all_are_in_a_table(
    open_app: OpenApp,
) -> None:
    group = ideas.session(PLAN)[0]
    many = [
        group.attributes[0].model_copy(update={"name": f"events_{n}", "default_value": 0})
        for n in range(50)
    ]
    at = publish_own(open_app(), group.model_copy(update={"attributes": many}))

    assert not at.exception and not at.error
    assert len(charts(at)) == 4
    assert len(at.dataframe[0].value) == 50
    at.multiselect(key="charts_group:this_session").set_value(["events_7"]).run()
    assert [each.partition(" over time:")[0] for each in charts(at)] == ["events_7"]


def test_raw_answer_is_what_the_service_returned(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 1), "attributes")

    assert not at.exception
    answer = json.loads(at.code[-1].value)
    assert (answer["user_id"], *count_and_priority(answer)) == (at.query_params["user"], 1, "high")


def test_group_that_is_shown_stays_so_in_its_next_version(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_a_browser(monkeypatch)
    at = show(go_to(publish(open_app()), "attributes"), "group:project_engagement")
    participant = world(at)
    participant.definitions.publish(replace(participant.plan, period=timedelta(days=30)))
    for _ in range(3):
        at.run()
    chosen = at.selectbox(key="attributes_of")
    assert "project_engagement version 2 (group)" in chosen.options
    assert (chosen.value, at.exception[:]) == ("group:project_engagement", [])


def test_group_is_read_on_request_in_its_version(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 2), "attributes")
    assert not at.json
    click(at, "read_group")

    assert not at.exception and not at.error
    answer = json.loads(at.json[0].value)
    assert (answer["user_id"], *count_and_priority(answer)) == (at.query_params["user"], 2, "high")
    assert "project_engagement, version 1" in texts(at)


def test_what_was_read_of_a_group_is_not_passed_off_as_its_next_version(
    open_app: OpenApp,
) -> None:
    at = click(go_to(publish(open_app()), "attributes"), "read_group")
    world(at).definitions.publish(replace(world(at).plan, attributes=(COUNT,)))
    world(at).polling.ask_again()

    assert not at.run().exception
    assert "project_engagement, version" not in texts(at) and not at.json


def test_history_is_downloaded_with_a_row_for_each_change(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 2), "attributes")

    rows = downloaded(at)

    assert not at.exception
    assert [(row[COUNT], row[PRIORITY]) for row in rows] == [("", ""), ("1", "high"), ("2", "high")]
    assert all(row["time_utc"].endswith("+00:00") for row in rows)


def test_text_that_looks_like_a_formula_stays_text_in_the_download(open_app: OpenApp) -> None:
    at = go_to(open_app(), "attributes")
    values = {"a": "=1+1", "b": "-3", "c": -3, "d": "plain", "e": "@SUM(A1)"}
    read = Reading(datetime(2026, 1, 1, tzinfo=UTC), values)
    session.process().state.add_reading(world(at).world, read)

    assert downloaded(at) == [
        {
            "time_utc": "2026-01-01T00:00:00+00:00",
            "a": "'=1+1",
            "b": "'-3",
            "c": "-3",
            "d": "plain",
            "e": "'@SUM(A1)",
        }
    ]


def test_eight_days_ahead_the_count_is_gone_and_every_page_says_how_far_the_clock_is(
    open_app: OpenApp,
) -> None:
    at = go_to(complete(publish(open_app()), 3), "attributes")
    click(click(at, "forward_day"), "forward_period")

    assert not at.exception and not at.error
    assert (metric(at, COUNT), metric(at, PRIORITY)) == ("—", "—")
    assert (
        "Nothing left in the window",
        "Every event that counted is older than the period of 7 days.",
    ) in alerts(at.info)
    assert f"In the sandbox it is {datetime.now(UTC) + timedelta(days=8):%A, %Y-%m-%d}" in texts(at)
    for page in ("board", "definitions", "interventions", "connection"):
        assert "The sandbox's clock is 8 days ahead" in texts(go_to(at, page)), page


def test_going_back_says_what_is_lost_and_loses_it_only_then(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 3), "attributes")
    assert at.get_by_key("back_to_now").disabled
    click(at, "forward_hour")
    # A run for news closes the dialog, as it does in a browser.
    assert eventually(lambda: has(click(at, "back_to_now"), "confirm_back"))
    assert "all events, the attribute values, and what fired" in texts(at)
    assert metric(at, COUNT) == "3"

    click(at, "confirm_back")

    assert not at.exception and not at.error
    assert metric(at, COUNT) == "—"
    assert "ahead" not in texts(at)
    assert [row[COUNT] for row in downloaded(at)] == [""]


def test_clock_is_moved_from_where_the_page_showed_it(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "attributes")
    world(at).time.forward(timedelta(days=1))
    click(at, "forward_day")
    assert world(at).ahead == timedelta(days=1)
    click(at, "forward_day")
    assert world(at).ahead == timedelta(days=2)


def test_reason_why_the_clock_was_not_moved_is_gone_on_the_next_visit(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "attributes")
    world(at).time.forward(timedelta(days=3_659))
    assert click(at.run(), "forward_period").error
    assert not go_to(go_to(at, "board"), "attributes").error


def test_clock_that_cannot_be_moved_says_why(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "attributes")
    world(at).time.forward(timedelta(days=3_659))
    click(at.run(), "forward_period")

    assert alerts(at.error) == [
        (
            "The sandbox's clock goes at most ten years ahead.",
            "Go back to now first. The clock was not moved.",
        )
    ]

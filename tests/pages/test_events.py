"""The events page, as AppTest runs it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib.demo.profile_link import link_of
from lib.demo.ready_profiles import ready_profiles
from lib.diagnosis.broken_events import MISTAKES
from lib.world.event_feed import EventFeed
from lib.world.events import UserEvent
from tests.support.browser_labels import as_a_browser
from tests.support.events_page import (
    broken,
    listed,
    lists,
    patience,  # noqa: F401 (a fixture)
)
from tests.support.sandbox import HTTP, TP2, payload, seen
from tests.support.snowplow import Snowplow, running_snowplow
from tests.support.steps import (
    alerts,
    click,
    complete,
    go_to,
    has,
    publish,
    stop_sandbox,
    texts,
    world,
)
from tests.support.waiting import PATIENCE_SECONDS, eventually

OpenApp = Callable[..., AppTest]


@pytest.fixture
def snowplow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unconfigured: pytest.MonkeyPatch
) -> Iterator[Snowplow]:
    """The app's settings name an account."""
    with running_snowplow(tmp_path, monkeypatch) as running:
        for key, value in running.settings.items():
            unconfigured.setenv(key, value)
        yield running


def everything(at: AppTest) -> str:
    """All that was sent to the browser."""
    return "".join(str(getattr(node, "proto", "")) for node in at._tree)


def test_empty_list_says_what_will_be_here_and_how_to_get_it(open_app: OpenApp) -> None:
    at = go_to(open_app(user="6b1f2c7e-8d0a-4c53-9b8f-0d3a51c7e924"), "events")
    click(at, "clear_events")  # the board, which opened first, tracked that it was opened

    assert not at.exception
    assert alerts(at.info)[0] == (
        "No events yet",
        "Press “Complete task” on the board, or send a broken event below. Your events show here.",
    )
    assert not lists(at)
    assert "shows here once you have events" in alerts(at.info)[1][1]


def test_events_are_listed_with_what_became_of_each(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 2), "events")
    broken(at, "wrong_enum")

    assert not at.exception
    assert sorted(listed(at.run())) == [
        ("page_view", "accepted"),
        ("screen_view", "accepted"),
        ("task_completed", "accepted"),
        ("task_completed", "accepted"),
        ("task_completed", "failed"),
    ]
    assert "Accepted **4**" in texts(at)
    assert "Failed **1**" in texts(at)


def test_each_row_is_high_enough_for_a_finger(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    (table,) = lists(at)
    assert table.proto.row_height == 40


def test_list_is_filtered_and_searched(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 2), "events")
    broken(at, "missing_field")

    at.multiselect(key="event_status").select("failed").run()
    assert listed(at) == [("task_completed", "failed")]
    assert "1 of 5 events." in texts(at)
    at.multiselect(key="event_status").unselect("failed").run()
    at.multiselect(key="event_names").select("page_view").run()
    assert listed(at) == [("page_view", "accepted")]
    at.multiselect(key="event_names").unselect("page_view").run()
    at.text_input(key="event_search").set_value("task-1").run()
    assert listed(at) == [("task_completed", "accepted")]
    at.text_input(key="event_search").set_value("nowhere to be found").run()

    assert not at.exception
    assert not lists(at)
    assert alerts(at.info)[0][0] == "None of your 5 events matches"


def test_filters_stay_while_another_page_is_open(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 2), "events")
    at.multiselect(key="event_status").select("accepted").run()
    at.multiselect(key="event_names").select("task_completed").run()
    at.text_input(key="event_search").set_value("task-1").run()
    go_to(go_to(at, "board"), "events")

    assert not at.exception
    assert at.multiselect(key="event_status").value == ["accepted"]
    assert at.multiselect(key="event_names").value == ["task_completed"]
    assert at.text_input(key="event_search").value == "task-1"
    assert listed(at) == [("task_completed", "accepted")]


def test_filter_for_a_name_that_is_gone_is_none(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 2), "events")
    at.multiselect(key="event_names").select("task_completed").run()
    go_to(at, "board")
    world(at).events.forget()
    go_to(at, "events")

    assert not at.exception
    assert at.multiselect(key="event_names").value == []
    assert lists(at) == [] or set(listed(at)) <= {
        ("page_view", "accepted"),
        ("screen_view", "accepted"),
    }
    complete(go_to(at, "board"), 1)
    assert ("page_view", "accepted") in listed(go_to(at, "events")) and not at.exception


def test_only_event_is_not_called_events(open_app: OpenApp) -> None:
    at = go_to(open_app(user="6b1f2c7e-8d0a-4c53-9b8f-0d3a51c7e924"), "events")
    click(at, "clear_events")  # of the board, which opened first
    broken(at, "wrong_enum")
    assert "1 of 1 event. The list" in texts(at.run())
    at.text_input(key="event_search").set_value("nowhere to be found").run()

    assert not at.exception
    assert alerts(at.info)[0][0] == "Your only event does not match"


def test_journey_shows_the_newest_task_until_another_event_is_chosen(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 5), "events")

    assert not at.exception
    assert "**attributes** tasks_completed_count: 4 → 5" in texts(at)
    assert "**criteria** power_user_nudge v1: false → true" in texts(at)
    assert "**in the app** the app received power_user_nudge" in texts(at)
    (table,) = lists(at)
    row = list(table.value["event"]).index("page_view")
    chooser = at.selectbox(key="event")
    chooser.select_index(row + 1).run()
    assert "unchanged, as no published attribute is computed from it" in texts(at)
    assert "tasks_completed_count: 4 → 5" not in texts(at)


def test_event_that_is_looked_at_stays_so_when_it_is_sent(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_a_browser(monkeypatch)
    accepted = EventFeed.events.fget
    at = go_to(complete(publish(open_app()), 1), "events")

    def waiting(feed: EventFeed) -> list[UserEvent]:
        earlier = timedelta(seconds=1)  # until then it has the time of the browser
        return [
            replace(each, status="waiting", tstamp=each.tstamp - earlier) for each in accepted(feed)
        ]

    with monkeypatch.context() as before:
        before.setattr(EventFeed, "events", property(waiting))
        chosen = at.run().selectbox(key="event").select_index(2).run().selectbox(key="event").value
    for _ in range(3):
        at.run()
    assert not at.exception
    assert "waiting" not in str(at.selectbox(key="event").options)
    assert at.selectbox(key="event").value == chosen != ""


def test_events_that_came_together_are_chosen_each(open_app: OpenApp) -> None:
    at = open_app()
    body = payload(*(seen(world(at).user_id, {"n": number}) for number in (1, 2)))
    HTTP.post(world(at).connection.collector_url + TP2, content=body).raise_for_status()

    def offered() -> list[str]:
        return [
            each for each in go_to(at, "events").selectbox(key="event").options if "seen" in each
        ]

    assert eventually(lambda: len(offered()) == 2)

    shown = [at.selectbox(key="event").select_index(place).run().json[0].value for place in (1, 2)]
    assert [json.loads(each)["n"] for each in shown] == [2, 1]


def test_without_a_completed_task_the_newest_event_is_shown(
    open_app: OpenApp,
) -> None:
    at = go_to(open_app(), "events")
    assert at.selectbox(key="event").options[0] == "The newest event"

    at = go_to(complete(go_to(at, "board"), 1), "events")
    assert at.selectbox(key="event").options[0] == "The newest completed task"


def test_failed_event_shows_the_schema_the_field_and_the_reason(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    broken(at, "wrong_enum")
    at.multiselect(key="event_status").select("failed").run()

    assert [text for _, text in alerts(at.error)] == [
        "iglu:com.example/task_completed/jsonschema/1-0-0 $.priority:"
        ' "urgent" is not one of "low", "medium" or "high"'
    ]


def test_every_broken_event_shows_its_stage_field_and_reason(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    said = {kind: broken(at, kind) for kind in MISTAKES}

    assert not at.exception
    expected = {
        "wrong_enum": ("validation", "priority", '"urgent" is not one of'),
        "missing_field": ("validation", "priority", "is a required property"),
        "unknown_schema": ("validation", "schema", "task_finished is not in this Iglu"),
        "no_user_id": ("attributes", "user_id", "the event has no user_id"),
        "user_id_no_uuid": ("attributes", "user_id", "user_id is not a UUID"),
    }
    for kind, (stage, field, reason) in expected.items():
        assert f"Stopped at **{stage}**, field **{field}**" in said[kind], kind
        assert reason in said[kind], kind


def test_with_the_sandbox_stopped_the_list_stays_and_broken_events_wait(
    open_app: OpenApp,
) -> None:
    at = go_to(complete(publish(open_app()), 2), "events")
    before = listed(at)
    stop_sandbox(at)

    assert "Waiting to be sent." in broken(at, "wrong_enum")
    assert not at.exception
    assert "The sandbox does not answer." in [title for title, _ in alerts(at.warning)]
    assert listed(at) == [("task_completed", "waiting"), *before]
    click(at, "clear_events")
    assert not at.exception
    assert "Signals cannot be reached." in [title for title, _ in alerts(at.error)]
    assert len(listed(at)) == len(before) + 1


def test_clearing_forgets_the_events_and_not_the_values(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 2), "events")
    assert len(listed(at)) == 4
    click(at, "clear_events")

    assert not at.exception and not at.error
    assert alerts(at.info)[0][0] == "No events yet"
    assert world(at).seen.current["tasks_completed_count"] == 2


def test_token_of_the_sandbox_is_not_on_the_page(open_app: OpenApp) -> None:
    at = go_to(complete(publish(open_app()), 5), "events")
    broken(at, "wrong_enum")

    assert "<your collector>" in everything(at)
    assert world(at).connection.token not in everything(at)


def test_markup_in_an_event_is_shown_as_text(open_app: OpenApp) -> None:
    at = open_app()
    world(at).emitter.input(
        {
            "e": "pv",
            "p": "web",
            "tv": "test-1.0",
            "eid": "**bold** :red[x]",
            "uid": world(at).user_id,
            "url": "http://a.example",
        }
    )
    assert world(at).emitter.wait_until_sent(PATIENCE_SECONDS)
    at = go_to(at, "events")

    assert not at.exception
    assert ":red[x]" not in "".join(str(each.value) for each in (*at.markdown, *at.caption))


def test_on_snowplow_only_what_can_be_known_is_shown(snowplow: Snowplow, open_app: OpenApp) -> None:
    at = go_to(complete(open_app(), 1), "events")

    assert not at.exception
    assert eventually(lambda: ("task_completed", "sent") in listed(at.run()))
    assert "only knows what the app itself tracked" in alerts(at.info)[0][1]
    assert "Accepted **—**" in texts(at)
    assert "**accepted** by the collector" in texts(at)
    assert "**validated**" not in texts(at)
    assert not has(at, "clear_events")
    assert "not visible from here" in broken(at, "wrong_enum")


def test_the_schema_of_a_profile_s_event_is_there_to_put_into_a_registry(
    snowplow: Snowplow, open_app: OpenApp
) -> None:
    own = link_of(replace(ready_profiles()["webshop"], product="Fjord"))
    at = go_to(complete(open_app(profile=own), 1), "events")

    assert not at.exception
    assert at.selectbox(key="schema").value.label == "product_added 1-0-0 of com.fjordandfell"
    assert any('"vendor": "com.fjordandfell"' in each.value for each in at.code)


def test_composer_and_mistakes_begin_with_a_profile_s_event(open_app: OpenApp) -> None:
    at = go_to(complete(open_app(profile="webshop"), 1), "events")

    assert at.selectbox(key="compose_schema").value.label == (
        "product_added 1-0-0 of com.fjordandfell"
    )
    assert "product_added without its priority" in texts(at)
    broken(at, "wrong_enum")
    assert ("product_added", "failed") in listed(at) and ("product_added", "accepted") in listed(at)

"""Any event, composed on the events page: by form, as JSON, and what became of it."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui.composer import JOB
from tests.support.events_page import (
    broken,
    patience,  # noqa: F401 (a fixture)
    tasks,
)
from tests.support.steps import alerts, click, go_to, publish, texts, world
from tests.support.waiting import PATIENCE_SECONDS, eventually

OpenApp = Callable[..., AppTest]


def composed(at: AppTest) -> str:
    """What became of the event that was composed."""
    click(at, "send_composed")
    return texts(at)


def json_area(at: AppTest) -> Any:
    """Where the event is written as JSON: the schema's own field."""
    (found,) = (each for each in at.text_area if (each.key or "").startswith("composed_json_"))
    return found


def test_any_event_is_composed_with_the_form_of_its_schema(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    at.text_input(key="compose_task_completed_task_id").set_value("mine").run()

    assert "Nothing stopped it" in composed(at)
    assert [kept.status for kept in tasks(at)] == ["accepted"]
    assert tasks(at)[0].data == {"task_id": "mine", "priority": "low"}
    assert [each["data"]["plan"] for each in tasks(at)[0].entities] == ["growth"]


def test_fate_of_a_composed_event_is_not_that_of_another_schema(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    assert "Nothing stopped it" in composed(at)
    chooser = at.selectbox(key="compose_schema")
    chosen = chooser.index
    assert chosen is not None

    assert "Nothing stopped it" not in texts(chooser.select_index(chosen - 1).run())
    chooser = at.selectbox(key="compose_schema")
    assert "Nothing stopped it" in texts(chooser.select_index(chosen).run())


def test_fate_of_an_event_goes_when_the_events_are_cleared(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    assert "Nothing stopped it" in composed(at) and "Stopped at" in broken(at, "wrong_enum")
    click(at, "clear_events")

    assert not at.exception
    assert "Nothing stopped it" not in texts(at) and "Stopped at" not in texts(at)
    assert "Nothing stopped it" in composed(at)


def test_waiting_event_is_shown_as_waiting_until_it_is_sent(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.diagnosis.followed_event.SENT_WITHIN_SECONDS", 0.01)
    at = go_to(publish(open_app()), "events")
    emitter = world(at).emitter
    with emitter.together():  # until the block ends
        assert "Waiting to be sent." in composed(at)
    assert emitter.wait_until_sent(PATIENCE_SECONDS)

    assert "Sent after a delay." in texts(at.run())
    assert "Waiting to be sent." not in texts(at)


def test_second_event_waits_until_the_first_is_sent(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    is_sent = threading.Event()
    world(at).jobs.start(JOB, is_sent.wait)
    click(at, "send_composed")

    assert not at.exception
    assert at.button(key="send_composed").disabled
    assert tasks(at) == []
    is_sent.set()
    assert eventually(lambda: not at.run().button(key="send_composed").disabled)
    assert "Nothing stopped it" in composed(at)


def test_event_without_a_required_field_stops_at_that_field(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    at.text_input(key="compose_task_completed_task_id").set_value("").run()

    assert "Stopped at **validation**, field **task_id**" in composed(at)


def test_json_begins_with_what_is_in_the_form_and_is_sent_as_it_is(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    at.text_input(key="compose_task_completed_task_id").set_value("mine").run()
    at.radio(key="compose_as").set_value("JSON").run()
    area = json_area(at)
    assert json.loads(area.value) == {"task_id": "mine", "priority": "low"}
    area.set_value('{"task_id": 15, "priority": "low"}').run()

    assert "Stopped at **validation**, field **task_id**" in composed(at)


def test_invalid_json_is_reported_and_not_sent(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    at.radio(key="compose_as").set_value("JSON").run()
    json_area(at).set_value("{").run()
    composed(at)

    assert not at.exception
    assert [text for _, text in alerts(at.error)][0].startswith("This is not JSON")
    assert json_area(at).value == "{"

    json_area(at).set_value("{}").run()
    assert not at.error


def test_form_is_as_it_was_after_a_look_at_the_json(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    at.text_input(key="compose_task_completed_task_id").set_value("mine").run()
    at.radio(key="compose_as").set_value("JSON").run()
    at.radio(key="compose_as").set_value("Form").run()

    assert at.text_input(key="compose_task_completed_task_id").value == "mine"


def choose_schema(at: AppTest, start: str) -> AppTest:
    """Choose what to compose by how its label begins."""
    chooser = at.selectbox(key="compose_schema")
    (found,) = (at for at, each in enumerate(chooser.options) if each.startswith(start))
    chooser.select_index(found)
    return at


def test_what_is_composed_stays_while_another_page_is_open(open_app: OpenApp) -> None:
    at = choose_schema(go_to(publish(open_app()), "events"), "nudge_interaction").run()
    at.radio(key="compose_as").set_value("JSON").run()
    at.checkbox(key="compose_project").set_value(False).run()
    json_area(at).set_value('{"mine": 1}').run()
    go_to(go_to(at, "board"), "events")

    assert not at.exception
    assert at.selectbox(key="compose_schema").value.name == "nudge_interaction"
    assert at.radio(key="compose_as").value == "JSON"
    assert at.checkbox(key="compose_project").value is False
    assert json_area(at).value == '{"mine": 1}'


def test_json_of_each_schema_is_kept(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    at.radio(key="compose_as").set_value("JSON").run()
    json_area(at).set_value('{"task_id": "mine"}').run()
    choose_schema(at, "nudge_interaction").run()
    choose_schema(at, "task_completed").run()

    assert json_area(at).value == '{"task_id": "mine"}'


def test_json_begins_again_once_the_form_says_something_else(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    at.text_input(key="compose_task_completed_task_id").set_value("first").run()
    at.radio(key="compose_as").set_value("JSON").run()
    json_area(at).set_value("{}").run()
    at.radio(key="compose_as").set_value("Form").run()
    at.radio(key="compose_as").set_value("JSON").run()
    assert json_area(at).value == "{}"

    at.radio(key="compose_as").set_value("Form").run()
    at.text_input(key="compose_task_completed_task_id").set_value("second").run()
    at.radio(key="compose_as").set_value("JSON").run()

    assert json.loads(json_area(at).value)["task_id"] == "second"


def test_empty_json_is_not_sent_as_something_else(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    at.radio(key="compose_as").set_value("JSON").run()
    json_area(at).set_value("").run()
    composed(at)

    assert [text for _, text in alerts(at.error)][0].startswith("This is not JSON")
    assert not tasks(at)


@pytest.mark.parametrize("form", ["Form", "JSON"])
def test_schema_that_was_chosen_just_before_is_sent(open_app: OpenApp, form: str) -> None:
    at = go_to(publish(open_app()), "events")
    at.radio(key="compose_as").set_value(form).run()
    at.checkbox(key="compose_project").set_value(False)
    composed(choose_schema(at, "nudge_interaction"))

    assert not at.exception
    (sent,) = (each for each in world(at).events.events if each.name == "nudge_interaction")
    assert (sent.status, sent.entities) == ("accepted", [])
    assert "no published attribute is computed from it" in texts(at)


def test_json_is_that_of_the_chosen_schema(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "events")
    at.radio(key="compose_as").set_value("JSON").run()
    choose_schema(at, "nudge_interaction").run()

    assert "task_id" not in json_area(at).value
    assert not tasks(at)

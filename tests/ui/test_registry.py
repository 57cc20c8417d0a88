"""The list of what the API has, and when it is asked for again."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from snowplow_signals import SignalsAPIError, SignalsSandbox
from streamlit.testing.v1 import AppTest

from lib.studio.registry import GROUP, Registry, Unreadable, read_registry
from tests.support.sandbox import attribute, group
from tests.support.steps import alerts, click, go_to, has, publish, texts, world
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]
STORY = "attribute_groups_project_engagement"


def test_what_a_program_publishes_is_listed(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "attributes")
    place = world(at).connection
    program = SignalsSandbox(api_url=place.api_client.api_url, sandbox_token=place.token)
    program.publish([group(attribute("counted", "counter"), name="of_a_program")])

    assert not has(at, "open_attribute_groups_of_a_program")
    go_to(at, "definitions")
    assert eventually(lambda: has(at.run(), "open_attribute_groups_of_a_program"))


def test_a_list_that_was_read_before_a_change_is_read_again(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = go_to(publish(open_app()), "definitions")
    may_go_on, readings = threading.Event(), []

    def read(signals: Any) -> Any:
        readings.append(found := read_registry(signals))
        if len(readings) == 1:
            may_go_on.wait()
        return found

    monkeypatch.setattr("lib.ui.registry.read_registry", read)
    click(at, "ask_registry")
    click(at, "unpublish")
    may_go_on.set()

    assert eventually(lambda: has(at.run(), f"publish_{STORY}"))
    assert not at.exception


def test_group_that_a_service_reads_cannot_be_deleted_before_it(open_app: OpenApp) -> None:
    at = go_to(publish(open_app()), "definitions")
    click(at, f"delete_{STORY}")

    assert not at.exception
    assert at.get_by_key("confirm_delete").disabled
    assert "First delete what reads it: `project_engagement_service`." in texts(at)
    assert "Without it, this may never fire again: `power_user_nudge`." in texts(at)


def test_what_cannot_be_read_is_named_beside_the_rest(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(signals: Any) -> Registry:
        return replace(read_registry(signals), unreadable=(Unreadable(GROUP, "of_the_data_team"),))

    monkeypatch.setattr("lib.ui.registry.read_registry", read)
    at = go_to(publish(open_app()), "definitions")

    assert not at.exception
    assert "Attribute group `of_the_data_team`" in texts(at)
    assert has(at, f"open_{STORY}") and not has(at, "open_attribute_groups_of_the_data_team")


@pytest.mark.parametrize("page", ["interventions", "guide", "definitions"])
def test_page_says_once_why_the_api_does_not_tell_what_it_has(
    page: str, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(signals: object) -> Registry:
        raise SignalsAPIError(403, "Not yours")

    monkeypatch.setattr("lib.ui.registry.read_registry", refuse)
    at = go_to(publish(open_app()), page)

    assert not at.exception
    assert [title for title, _ in alerts(at.error)] == ["Signals answered 403: Not yours"]


@pytest.mark.parametrize("page", ["interventions", "guide"])
def test_page_asks_an_api_again_that_did_not_tell(
    page: str, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, asked = publish(open_app()), []

    def read(signals: Any) -> Registry:
        asked.append(signals)
        if len(asked) == 1:
            raise SignalsAPIError(500, "Not now")
        return read_registry(signals)

    monkeypatch.setattr("lib.ui.registry.ASKED_AGAIN_AFTER", timedelta(0))
    monkeypatch.setattr("lib.ui.registry.read_registry", read)
    go_to(at, page)  # the look with which a page begins to tick

    assert not at.exception and not at.error
    assert len(asked) > 1

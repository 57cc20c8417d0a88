"""The list of what the API has, and when it is asked for again."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from snowplow_signals import SignalsSandbox
from streamlit.testing.v1 import AppTest

from lib.studio.registry import read_registry
from tests.support.sandbox import attribute, group
from tests.support.steps import click, go_to, has, publish, world
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

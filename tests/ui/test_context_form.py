"""The form of an agentic context in the studio, as AppTest runs it."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lib.snowplow.contexts import PROMPT, read_context
from lib.studio.templates import TEMPLATES
from tests.support.steps import click, complete, go_to, publish, texts, world
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]


@pytest.fixture
def studio(open_app: OpenApp) -> AppTest:
    """With the template of the context that the assistant reads."""
    at = go_to(publish(open_app()), "definitions")
    (template,) = (each for each in TEMPLATES if each.key == "context")
    at.selectbox(key="template").select(template).run()
    assert not at.exception and not at.error
    return at


def field(at: AppTest, name: str) -> Any:
    """A field of the form by the start of its key."""
    kinds = (at.text_area, at.number_input, at.selectbox, at.multiselect)
    (found,) = (
        each
        for kind in kinds
        for each in kind
        if each.key and each.key.rpartition("_")[0] == f"context_{name}"
    )
    return found


def source(at: AppTest) -> str:
    return str(at.text_area(key="python_source").value)


def test_template_is_what_is_published_with_the_story(studio: AppTest) -> None:
    assert "Published, as shown here." in texts(studio)
    assert field(studio, "prompt").value == PROMPT
    assert "EventLog(" in source(studio) and "max_events=20" in source(studio)


def test_fields_change_the_python(studio: AppTest) -> None:
    field(studio, "max_events").set_value(7).run()
    field(studio, "prompt").input("Be kind.").run()
    field(studio, "events").set_value(["task_completed", "comment_added"]).run()

    assert not studio.exception
    for words in ("max_events=7", 'prompt="Be kind."', 'name="comment_added"'):
        assert words in source(studio)
    assert "time_logged" not in source(studio)


def test_context_without_events_is_refused_at_its_field(studio: AppTest) -> None:
    before = source(studio)
    field(studio, "events").set_value([]).run()

    assert not studio.exception
    assert "EventLog refuses" in texts(studio)
    assert source(studio) == before


def test_properties_that_are_not_chosen_are_not_kept(studio: AppTest) -> None:
    field(studio, "events").set_value(["task_completed"]).run()
    properties = field(studio, "properties_0")
    properties.set_value(properties.value[:1]).run()
    click(studio, "publish_draft")
    assert not studio.exception and not studio.error
    complete(go_to(studio, "board"), 1)

    participant = world(studio)
    newest = lambda: (  # noqa: E731
        read_context(
            participant.signals, participant.session.known, participant.names.context
        ).events
        or [{}]
    )[-1]
    assert eventually(lambda: newest() == {"task_id": "task-1"})


def test_another_context_can_be_added_and_published(studio: AppTest) -> None:
    click(studio, "add_context")
    assert not studio.exception
    assert 'name="my_context"' in source(studio)
    click(studio, "publish_draft")
    assert not studio.exception and not studio.error
    assert world(studio).signals.registry.get_event_log("my_context").is_published

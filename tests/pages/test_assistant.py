"""The assistant page, as AppTest runs it: two answers to each question, and what was read."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from lib.snowplow import contexts
from lib.story.conversation import Conversation, Exchange
from tests.support.chat_server import ChatServer, chat_server
from tests.support.presentations import (
    guest_of,
    presenter,  # noqa: F401 (a fixture)
)
from tests.support.servers import free_port
from tests.support.steps import (
    PATIENCE_SECONDS,
    alerts,
    click,
    complete,
    everything,
    go_to,
    has,
    publish,
    stop_sandbox,
    texts,
    world,
)
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]
HOSTILE = "<script>alert(1)</script> **x** ![](https://evil.example/?q=1) [a](javascript:1)"


@pytest.fixture
def model(unconfigured: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """The settings name a model."""
    with chat_server() as server:
        unconfigured.setenv("ASSISTANT_URL", server.url)
        unconfigured.setenv("ASSISTANT_KEY", "sk-very-secret")
        unconfigured.setenv("ASSISTANT_MODEL", "echo-1")
        yield server


def with_context(open_app: OpenApp, **query: str) -> AppTest:
    return publish(open_app(**query))


def exchange(at: AppTest) -> Exchange:
    """The newest one, once both answers are written."""
    conversation: Conversation = at.session_state["conversation"]
    newest = conversation.exchanges[-1]
    assert eventually(lambda: newest.is_done)
    at.run()
    assert not at.exception
    return newest


def test_before_anything_is_published_the_page_has_the_button_for_it(open_app: OpenApp) -> None:
    at = go_to(open_app(), "assistant")
    assert alerts(at.info)[0][0] == "The story is not published yet"
    assert not has(at, "new_session")
    click(at, "publish")
    assert not at.exception
    assert has(at, "new_session") and not has(at, "publish")


def test_context_alone_can_be_published_too(open_app: OpenApp) -> None:
    at = with_context(open_app)
    contexts.unpublish_context(world(at).signals, world(at).plan)
    go_to(at, "assistant")
    assert alerts(at.info)[0][0] == "The agentic context is not published yet"
    click(at, "publish_context")
    assert not at.exception
    assert has(at, "new_session") and not has(at, "publish_context")


def test_each_attribute_says_when_it_changed(open_app: OpenApp) -> None:
    at = go_to(complete(with_context(open_app), 1), "assistant")
    (values,) = (each for each in texts(at).split("**Attributes**")[1:])
    for name in ("tasks_completed_count", "last_completed_task_priority"):
        (line,) = (each for each in values.splitlines() if each.startswith(f"`{name}`"))
        assert re.search(r"changed \d+ seconds? ago", line)


def test_answer_with_signals_names_five_gestures_and_the_other_none(open_app: OpenApp) -> None:
    at = complete(with_context(open_app), 4)
    click(at, "start_next")
    click(go_to(at, "assistant"), "ask_1")

    said = exchange(at)
    assert said.without.text == "I cannot see what you did."
    assert said.with_signals.text.startswith("In this session you completed 4 tasks (")
    assert "and started 1 task (" in said.with_signals.text
    assert ":violet-background[4]" in everything(at)
    assert texts(at).count("Scripted, no model.") == 2


def test_new_session_knows_nothing(open_app: OpenApp) -> None:
    at = go_to(complete(with_context(open_app), 2), "assistant")
    before = world(at).session.known
    click(at, "new_session")
    click(at, "ask_1")

    assert world(at).session.known != before
    assert exchange(at).with_signals.text.startswith("Nothing yet in this session.")


def test_what_somebody_asks_stays_text(open_app: OpenApp) -> None:
    at = go_to(with_context(open_app), "assistant")
    at.chat_input(key="question").set_value(HOSTILE).run()

    assert exchange(at).question == HOSTILE
    assert HOSTILE not in everything(at) and HOSTILE in texts(at)


def test_guest_of_a_room_cannot_publish_the_context(
    presenter: AppTest,
    open_app: OpenApp,
) -> None:
    guest = go_to(guest_of(presenter, open_app), "assistant")
    assert not guest.exception
    assert guest.get_by_key("publish").proto.disabled


def test_with_the_sandbox_stopped_the_page_says_so_and_still_answers(open_app: OpenApp) -> None:
    at = go_to(complete(with_context(open_app), 1), "assistant")
    stop_sandbox(at)
    world(at).context.refresh()
    click(at, "ask_1")

    assert "completed 1 task" in exchange(at).with_signals.text
    assert "Signals cannot be reached." in [title for title, _ in alerts(at.error)]


def test_a_model_is_asked_twice_and_only_one_request_has_the_context(
    model: ChatServer, open_app: OpenApp
) -> None:
    at = go_to(complete(with_context(open_app), 1), "assistant")
    click(at, "ask_1")

    said = exchange(at)
    assert said.with_signals.note == said.without.note == "From the model echo-1."
    told = sorted("[START CONTEXT]" in each["messages"][0]["content"] for each in model.asked)
    assert told == [False, True]
    assert "sk-very-secret" not in everything(at)


def test_while_a_model_writes_the_page_shows_what_there_is_and_goes_on(
    model: ChatServer, open_app: OpenApp
) -> None:
    model.goes_on.clear()
    at = go_to(complete(with_context(open_app), 1), "assistant")
    click(at, "ask_1")
    conversation: Conversation = at.session_state["conversation"]
    (written,) = conversation.exchanges
    assert eventually(lambda: written.with_signals.text != "" != written.without.text)
    at.run()

    assert not at.exception and not written.is_done
    assert texts(at).count("Writing…") == 2 and texts(at).count("\n\nYou") == 2
    complete(go_to(at, "board"), 1)
    assert not at.exception and not written.is_done

    model.goes_on.set()
    assert eventually(lambda: written.is_done)
    assert written.with_signals.text.count(" ") > 10


def test_new_session_in_another_tab_empties_the_page_while_a_model_writes(
    model: ChatServer, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.goes_on.clear()
    at = click(go_to(with_context(open_app), "assistant"), "ask_1")
    assert "Writing…" in texts(at)
    in_another_tab = world(at).session.renew
    # Between the page and the part of it that ticks.
    monkeypatch.setattr("lib.ui.known.show_known", lambda _: in_another_tab())
    at.run()
    model.goes_on.set()

    assert not at.exception
    assert "Writing…" not in texts(at)


def test_without_anybody_at_the_models_address_the_answers_are_scripted(
    unconfigured: pytest.MonkeyPatch, open_app: OpenApp
) -> None:
    unconfigured.setenv("ASSISTANT_URL", f"http://127.0.0.1:{free_port()}/v1")
    unconfigured.setenv("ASSISTANT_KEY", "sk-very-secret")
    unconfigured.setenv("ASSISTANT_MODEL", "echo-1")
    at = go_to(complete(with_context(open_app), 1), "assistant")
    click(at, "ask_1")

    said = exchange(at).with_signals
    assert said.note.startswith("Scripted, because the model cannot be reached.")
    assert said.text.startswith("In this session you completed 1 task")


@pytest.mark.parametrize(
    ("status", "is_cut", "note"),
    [
        (500, False, "Scripted, because the model answered with status 500."),
        (401, False, "Scripted, because the model refused the key. Check ASSISTANT_KEY."),
        (429, False, "Scripted, because the model was asked too often."),
        (200, True, "Scripted, because the model's answer was cut off."),
    ],
)
def test_when_the_model_fails_the_scripted_answer_says_why(
    model: ChatServer, open_app: OpenApp, status: int, is_cut: bool, note: str
) -> None:
    model.status, model.is_cut = status, is_cut
    at = go_to(complete(with_context(open_app), 1), "assistant")
    click(at, "ask_1")

    said = exchange(at).with_signals
    assert said.note.startswith(note)
    assert said.text.startswith("In this session you completed 1 task")


def test_what_a_model_echoes_of_hostile_titles_stays_text(
    model: ChatServer, open_app: OpenApp
) -> None:
    at = did_hostile_things(with_context(open_app))
    click(go_to(at, "assistant"), "ask_1")

    assert HOSTILE in exchange(at).with_signals.text
    assert HOSTILE in texts(at)
    assert not any(HOSTILE in each.value for each in at.markdown)


def test_what_the_scripted_assistant_says_of_hostile_titles_stays_text(open_app: OpenApp) -> None:
    at = did_hostile_things(with_context(open_app))
    click(go_to(at, "assistant"), "ask_1")

    said = exchange(at).with_signals
    assert said.text == (
        f"In this session you added 1 task ({HOSTILE}), commented on 1 task ({HOSTILE})"
        f" and completed 1 task ({HOSTILE})."
    )
    assert HOSTILE in texts(at)
    assert not any(HOSTILE in each.value for each in at.markdown)


def did_hostile_things(at: AppTest) -> AppTest:
    """A title, a comment and an event's own field say it."""
    participant = world(at)
    task = participant.own_project.add(HOSTILE, "low")
    participant.own_project.comment(task.id, HOSTILE)
    stranger = replace(task, id=HOSTILE)
    participant.tracking.task_completed(stranger, participant.project)
    assert participant.emitter.wait_until_sent(PATIENCE_SECONDS)
    return at

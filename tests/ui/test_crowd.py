"""The simulated team on the presenter page: who may, its size, its end, what it shows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib.people.crowd import Crowd, simulated_ids
from lib.ui import crowd as crowd_elements
from lib.ui import session
from tests.support.snowplow import running_snowplow
from tests.support.steps import alerts, click, everything, go_to, has, publish, texts, world
from tests.support.waiting import PATIENCE_SECONDS, eventually

OpenApp = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the browser were on the machine that the app runs on."""
    monkeypatch.setattr(session, "is_local", lambda *_: True)


def crowd_of(at: AppTest) -> Crowd | None:
    return crowd_elements.crowds().find(world(at).connection.place)


def start(at: AppTest, users: int, rate: int, seconds: int) -> Crowd | None:
    for name, value in (("users", users), ("rate", rate), ("seconds", seconds)):
        at.number_input(key=f"crowd_{name}").set_value(value)
    click(at, "start_crowd")
    return crowd_of(at)


def titles(at: AppTest) -> list[str]:
    return [title for title, _ in alerts(at.error)]


def test_run_is_shown_as_simulated_and_names_nobody(open_app: OpenApp) -> None:
    at = go_to(open_app(), "presenter")
    publish(at)
    crowd = start(at, 6, 60, 1)
    assert crowd is not None and not at.exception
    assert crowd.wait(PATIENCE_SECONDS)
    at.run()

    assert not at.exception and not at.error
    assert "Simulated team of 6 ended at" in everything(at)
    assert "60 of 60 events tracked, 60 sent" in everything(at)
    assert "Simulated users by what they completed" in texts(at)
    assert has(at, "crowd_tasks_chart") and has(at, "crowd_nudges_chart")
    assert not has(at, "stop_crowd") and not at.get_by_key("start_crowd").disabled
    ids = simulated_ids(world(at).connection.place, 6)
    assert [each for each in ids if each in everything(at)] == []


def test_run_can_be_stopped(open_app: OpenApp) -> None:
    at = go_to(open_app(), "presenter")
    publish(at)
    crowd = start(at, 3, 1, 600)
    assert crowd is not None
    at.run()
    assert at.get_by_key("start_crowd").disabled
    click(at, "stop_crowd")
    assert crowd.wait(PATIENCE_SECONDS)
    at.run()
    assert not at.exception
    assert "(stopped)" in everything(at) and not has(at, "stop_crowd")


def test_its_size_stays_while_another_page_is_open(open_app: OpenApp) -> None:
    at = go_to(open_app(), "presenter")
    at.number_input(key="crowd_users").set_value(7).run()
    go_to(go_to(at, "board"), "presenter")
    assert at.number_input(key="crowd_users").value == 7


def test_going_back_to_now_forgets_it(open_app: OpenApp) -> None:
    at = go_to(open_app(), "presenter")
    publish(at)
    crowd = start(at, 6, 60, 1)
    assert crowd is not None and crowd.wait(PATIENCE_SECONDS)
    click(go_to(at, "attributes"), "forward_hour")
    click(click(at, "back_to_now"), "confirm_back")

    assert not at.exception
    assert eventually(lambda: crowd_of(at) is None)


def test_without_definitions_nothing_starts_and_it_says_so_until_there_are_some(
    open_app: OpenApp,
) -> None:
    at = go_to(open_app(), "presenter")
    assert titles(at) == []
    assert start(at, 3, 1, 1) is None
    for _ in range(2):
        assert titles(at) == ["The definitions are not published, so nobody would be counted."]
        at.run()
    publish(at)
    assert titles(at.run()) == []


def test_why_it_did_not_start_does_not_come_back_unasked(open_app: OpenApp) -> None:
    at = go_to(open_app(), "presenter")
    assert start(at, 3, 1, 1) is None
    world(at).definitions.publish(world(at).plan)
    at.run()
    world(at).definitions.unpublish()
    assert titles(at.run()) == []

    assert start(at, 3, 1, 1) is None
    assert titles(go_to(go_to(at, "board"), "presenter")) == []


def test_it_is_not_on_the_big_screen_and_not_for_those_who_do_not_present(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = go_to(open_app(view="screen"), "presenter")
    assert has(screen, "screen") and not has(screen, "start_crowd")
    monkeypatch.setattr(session, "is_local", lambda *_: False)
    at = go_to(open_app(), "presenter")
    assert not at.exception and not has(at, "start_crowd")


def test_on_an_account_it_is_small_and_asks_first(
    unconfigured: pytest.MonkeyPatch, open_app: OpenApp, tmp_path: Path
) -> None:
    with running_snowplow(tmp_path, unconfigured) as snowplow:
        for key, value in snowplow.settings.items():
            unconfigured.setenv(key, value)
        at = go_to(open_app(), "presenter")
        publish(at)
        fields = [at.number_input(key=f"crowd_{each}") for each in ("users", "rate", "seconds")]
        assert [(each.value, each.max) for each in fields] == [(50, 50), (5, 5), (30, 60)]

        assert start(at, 4, 5, 1) is None
        assert "5 simulated events" in texts(at)
        click(at, "cancel_crowd")
        assert crowd_of(at) is None and not has(at, "confirm_crowd")

        click(at, "start_crowd")
        click(at, "confirm_crowd")
        crowd = crowd_of(at)
        assert crowd is not None and eventually(lambda: crowd.is_over)
        assert (crowd.progress.sent, sum(crowd.progress.tasks)) == (5, 5)
        assert crowd.progress.problem is None
        session.process.clear()

"""Becoming one of the ready people, and coming back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from lib.people.personas import PERSONAS
from lib.world.emitter import BackgroundEmitter, Delivery
from lib.world.tracked_event import TrackedEvent
from tests.support.steps import click, complete, count, has, publish, texts, world
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]


def become(at: AppTest, name: str) -> AppTest:
    return click(at, f"persona_{name.lower()}")


def is_chosen(at: AppTest, name: str) -> bool:
    return bool(at.get_by_key(f"persona_{name.lower()}").icon == ":material/radio_button_checked:")


def test_each_person_has_values_and_an_inbox_of_their_own(open_app: OpenApp) -> None:
    at = complete(publish(open_app()), 1)
    me = at.query_params["user"]
    become(at, "Ana")
    ana = at.query_params["user"]

    assert not at.exception
    assert ana == PERSONAS[0].user_id(world(at).connection.place) != me
    assert (count(at), has(at, "publish")) == ("—", False)
    complete(at, 5)
    assert has(at, "nudge")
    become(at, "Ben")
    assert (count(at), has(at, "nudge")) == ("—", False)
    become(at, "Ana")
    assert (at.query_params["user"], count(at), has(at, "nudge")) == (ana, "5", True)


def test_how_a_person_became_a_uuid_is_shown(open_app: OpenApp) -> None:
    at = become(open_app(), "Chi")

    assert f"chi@example.com is the user id `{at.query_params['user']}`." in texts(at)


def test_after_the_nudge_the_sidebar_says_that_it_is_sent_once(open_app: OpenApp) -> None:
    at = complete(become(publish(open_app()), "Ana"), 6)

    assert not at.exception
    assert len(world(at).inbox) == 1
    (progress,) = at.get("progress")
    assert progress.proto.text == "The nudge at 5 was sent. Each user gets it once"


def test_a_new_user_is_none_of_them(open_app: OpenApp) -> None:
    at = become(open_app(), "Ana")
    assert [is_chosen(at, each.name) for each in PERSONAS] == [True, False, False]
    click(at, "new_user")

    assert not at.exception
    assert not any(is_chosen(at, each.name) for each in PERSONAS)


def test_in_another_persons_sandbox_no_ready_made_person_is_offered(open_app: OpenApp) -> None:
    guest = open_app(sandbox=world(open_app()).connection.token)

    assert not guest.exception
    assert not has(guest, "persona")


def test_event_whose_first_try_has_not_ended_is_said_to_be_sent(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_app()
    assert eventually(lambda: "No events waiting" in texts(at.run()))
    tracked = datetime.now(UTC) - timedelta(seconds=2)
    event = TrackedEvent("id", "task_completed", None, None, tracked)
    slow = Delivery(waiting=1, events=(event,))
    monkeypatch.setattr(BackgroundEmitter, "delivery", property(lambda _: slow))
    at.run()

    assert not at.exception
    assert "1 event being sent" in texts(at) and "No events waiting" not in texts(at)

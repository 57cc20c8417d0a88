"""Who and where a session is, by the address that it comes with."""

import uuid

import pytest

from tests.support.pages import OpenApp
from tests.support.steps import (
    alerts,
    click,
    complete,
    count,
    go_to,
    has,
    publish,
    world,
)

NOT_A_UUID = "Signals ignores user ids that are not UUIDs, without an error"


def test_new_session_is_a_person_with_a_uuid_in_the_address(open_app: OpenApp) -> None:
    at = open_app()

    assert not at.exception
    assert str(uuid.UUID(at.query_params["user"])) == at.query_params["user"]
    assert "sandbox" not in at.query_params


def test_user_in_the_address_comes_back_to_all_they_had(open_app: OpenApp) -> None:
    at = complete(publish(open_app()), 6)
    before = world(at)

    again = open_app(user=at.query_params["user"])

    assert not again.exception
    assert again.query_params == at.query_params
    assert count(again) == "6"
    after = world(again)
    assert len(after.project.filtered("done")) == 6
    assert [reading.values for reading in after.history] == [
        reading.values for reading in before.history
    ]
    assert [each.intervention.name for each in after.inbox] == ["power_user_nudge"]
    assert has(again, "nudge")


@pytest.mark.parametrize("asked", ["ada", "1234", "<b>x</b>", "x" * 500])
def test_user_that_is_not_a_uuid_is_reported_and_replaced(open_app: OpenApp, asked: str) -> None:
    at = open_app(user=asked)

    assert not at.exception
    ((title, text),) = alerts(at.error)
    assert title == f"The user id in the address, {asked[:60]!r}, is not a UUID."
    assert text.startswith(NOT_A_UUID)
    assert uuid.UUID(at.query_params["user"])

    assert not click(at, "new_user").error and not at.exception


@pytest.mark.parametrize(
    "token",
    [
        "short",
        "no spaces are allowed in it",
        "../../etc/passwd",
        "amber-otter-stones-4825",
        "amber-otter-stone-482amber-otter-stone-482",
    ],
)
def test_impossible_sandbox_is_reported_and_replaced(open_app: OpenApp, token: str) -> None:
    at = open_app(sandbox=token)

    assert not at.exception
    ((title, advice),) = alerts(at.error)
    assert title == "The room or sandbox in the address is not complete."
    assert "Ask for the whole link again" in advice
    assert world(at).connection.token != token
    assert not has(publish(at), "publish")


def test_tab_that_comes_back_to_a_server_without_its_files_is_told_that_it_starts_over(
    unconfigured: pytest.MonkeyPatch, open_app: OpenApp
) -> None:
    unconfigured.delenv("SANDBOX_DB")
    at = complete(publish(open_app()), 1)
    back = open_app(user=at.query_params["user"])
    assert list(back.error) == []

    back = open_app(user=str(uuid.uuid4()))  # whom an earlier server knew
    assert [title for title, _ in alerts(back.error)] == [
        "This server does not know the user in the address."
    ]
    assert count(back) == "—"
    assert not click(back, "new_user").error


def test_what_was_entered_about_definitions_is_not_taken_along_by_link(open_app: OpenApp) -> None:
    host, at = open_app(), go_to(open_app(), "definitions")
    at.number_input(key="threshold").set_value(8).run()
    click(at, "new_user")
    assert go_to(at, "definitions").number_input(key="threshold").value == 8

    at.query_params["sandbox"] = world(host).connection.token
    assert go_to(at.run(), "definitions").number_input(key="threshold").value == 5
    assert not at.exception and world(at).connection.place == world(host).connection.place

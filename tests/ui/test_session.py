"""Who a browser session is, and whose world it looks at."""

import uuid

import pytest
from streamlit.testing.v1 import AppTest

from lib.ui import session
from tests.support.pages import OpenApp
from tests.support.steps import (
    click,
    complete,
    count,
    has,
    names,
    publish,
    world,
)
from tests.support.waiting import PATIENCE_SECONDS


def test_new_user_starts_over_with_the_definitions_published(open_app: OpenApp) -> None:
    at = complete(publish(open_app()), 3)
    before = at.query_params["user"]
    click(at, "new_user")

    assert not at.exception
    assert uuid.UUID(at.query_params["user"]) != uuid.UUID(before)
    assert (count(at), len(world(at).project.filtered("done"))) == ("—", 0)
    assert not has(at, "publish")
    assert count(complete(at, 1)) == "1"


def test_different_people_do_not_see_each_other(open_app: OpenApp) -> None:
    one, other = open_app(), open_app()
    complete(publish(one), 5)
    other.run()

    assert not one.exception and not other.exception
    assert has(one, "nudge") and not has(other, "nudge")
    assert (count(other), len(world(other).project.filtered("done"))) == ("—", 0)
    assert has(other, "publish")


def test_two_tabs_of_one_person_show_the_same(open_app: OpenApp) -> None:
    one = open_app()
    other = open_app(user=one.query_params["user"])
    complete(publish(one), 5)
    other.run()

    assert not one.exception and not other.exception
    assert count(other) == "5"
    assert has(other, "nudge")
    click(other, "dismiss_nudge")
    assert not has(one.run(), "nudge")
    assert names(one).count("nudge_interaction") == 1


def test_those_who_join_by_link_share_definitions_and_nothing_else(open_app: OpenApp) -> None:
    host = complete(publish(open_app()), 2)
    token = world(host).connection.token

    guest = open_app(sandbox=token)

    assert not guest.exception
    assert guest.query_params["user"] != host.query_params["user"]
    assert guest.query_params["sandbox"] == token
    assert not has(guest, "publish")
    assert count(complete(guest, 1)) == "1"
    assert count(host.run()) == "2"


def show_who_may_present() -> None:
    import streamlit as st

    from lib.ui import session

    st.text("nobody" if session.presenting_ban() else "whoever is at the machine")


@pytest.mark.parametrize(
    ("is_for_programs", "address", "expected"),
    [
        (False, None, "whoever is at the machine"),
        (False, "0.0.0.0", "whoever is at the machine"),
        (True, "localhost", "whoever is at the machine"),
        (True, "0.0.0.0", "nobody"),
        (True, None, "nobody"),
    ],
)
def test_nobody_is_local_while_other_machines_reach_the_agent_interface(
    unconfigured: pytest.MonkeyPatch, is_for_programs: bool, address: str | None, expected: str
) -> None:
    options = {"server.enableAgentApi": is_for_programs, "server.address": address}
    unconfigured.setattr(session.st, "get_option", options.get)
    # The test's own browser is at the machine; a server's address is asked about as a host.
    unconfigured.setattr(
        session, "is_local", lambda headers, _: headers.get("Host") in (None, "localhost")
    )
    at = AppTest.from_function(show_who_may_present, default_timeout=PATIENCE_SECONDS).run()
    assert not at.exception
    assert [each.value for each in at.text] == [expected]

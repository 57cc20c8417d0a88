"""Code of somebody's own: the snippets as the page shows them, run from other processes."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from snowplow_signals import SignalsSandbox
from snowplow_tracker import Emitter, PageView, Tracker
from streamlit.testing.v1 import AppTest

from lib.people.code_addresses import GUESTS_ARE_OFF, CodeAddress
from lib.people.visits import Visit, Visits
from lib.story.own_code import OwnCode
from lib.ui import sandbox_route, session
from lib.ui.own_code import MEANS_EVENTS, MEANS_EVERYTHING, NOT_SERVED, visit_lines
from lib.ui.reach import PROBLEMS
from tests.support.app_server import Server
from tests.support.code_address import address_on
from tests.support.node import MODULES, module
from tests.support.other_origin import page_of_another_origin, redirecting
from tests.support.presentations import guest_of, presenter  # noqa: F401 (a fixture)
from tests.support.sandbox import TASK_COMPLETED, new_id
from tests.support.sessions import BrowserSession
from tests.support.steps import alerts, click, everything, go_to, has, world
from tests.support.waiting import PROGRAM_SECONDS

OpenApp = Callable[..., AppTest]
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def page(server: Server) -> Iterator[BrowserSession]:
    """The connection page of a person who published, with the address shown."""
    user = "11111111-2222-4333-8444-555555555555"
    with BrowserSession.open(server.url, query=f"user={user}", ticking=False) as board:
        board.wait_until_run()
        board.click("publish")
        board.wait_until_run()
        with BrowserSession.open(
            server.url, path="/connection", query=f"user={user}"
        ) as connection:
            connection.wait_until_run()
            connection.click("show_address")
            connection.wait_until_run()
            yield connection


def snippet(page: BrowserSession, beginning: str) -> str:
    """The snippet on the page that begins like this."""
    (found,) = (
        each.code_text for each in page.elements("code") if each.code_text.startswith(beginning)
    )
    return str(found)


def ran(*command: str) -> str:
    """What a program prints, which sees no proxies."""
    environment = {"PATH": os.environ["PATH"], "NODE_PATH": str(MODULES)}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PROGRAM_SECONDS
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ran_by_node(code: str, folder: Path) -> str:
    """What Node prints of a file, without the `crypto` that files have from Node 20 on."""
    module("@snowplow/node-tracker")
    node = shutil.which("node")
    assert node is not None
    file = folder / "snippet.js"
    file.write_text(f"delete globalThis.crypto;\n{code}")
    return ran(node, str(file))


def count_in(printed: str) -> int:
    found = re.search(r"tasks_completed_count\W+(\d+)", printed)
    assert found is not None, printed
    return int(found[1])


def test_snippet_for_python_runs_as_it_is(page: BrowserSession) -> None:
    assert count_in(ran(sys.executable, "-c", snippet(page, "# pip install"))) >= 1
    page.wait_for(lambda: any("s ago, accepted." in each for each in page.texts()))


def test_snippet_for_node_runs_as_it_is(page: BrowserSession, tmp_path: Path) -> None:
    assert count_in(ran_by_node(snippet(page, "// npm install"), tmp_path)) >= 1


def test_snippet_for_curl_runs_as_it_is(page: BrowserSession) -> None:
    assert count_in(ran("sh", "-c", snippet(page, "curl"))) >= 1


@pytest.mark.parametrize("name", ["Python", "Node", "curl"])
def test_snippet_of_a_guest_sends_its_event_and_reads_nothing(
    page: BrowserSession, name: str, tmp_path: Path
) -> None:
    """With an address for everything, so that the value tells."""
    app, _, token = address_on(page).rpartition("/sandbox/")
    own = OwnCode(app, token, new_id(), TASK_COMPLETED, "project_engagement_service", True)
    code = own.snippets[name]
    assert "token" not in code and "Signals" not in code
    if name == "Node":
        ran_by_node(code, tmp_path)
    else:
        ran({"Python": sys.executable, "curl": "sh"}[name], "-c", code)
    signals = SignalsSandbox(api_url=f"{app}/sandbox/{token}", sandbox_token=token)
    values = signals.get_service_attributes(own.service, "user_id", own.user_id)
    assert values["tasks_completed_count"] == 1


def addresses_on(at: AppTest) -> list[str]:
    """The tokens of the addresses that the page shows."""
    found = (re.fullmatch(r"http\S+/sandbox/(\S+)", each.value) for each in at.code)
    return [each[1] for each in found if each]


def test_address_is_shown_on_request_only(open_app: OpenApp) -> None:
    at = go_to(open_app(), "connection")
    assert addresses_on(at) == []
    (token,) = addresses_on(click(at, "show_address"))
    assert world(at).connection.token not in everything(at)
    assert token not in everything(click(at, "hide_address"))


def test_address_is_replaced_in_one_click_and_the_sandbox_stays(open_app: OpenApp) -> None:
    at = click(go_to(open_app(), "connection"), "show_address")
    before, (old,) = world(at).connection.token, addresses_on(at)
    (new,) = addresses_on(click(at, "replace_address"))
    assert not at.exception
    found = [session.process().code_addresses.find(each) for each in (old, new)]
    assert (found, world(at).connection.token) == ([None, CodeAddress(before)], before)


def test_address_is_shown_with_what_it_may_do(open_app: OpenApp) -> None:
    at = click(go_to(open_app(), "connection"), "show_address")
    assert MEANS_EVERYTHING in everything(at)


def test_audience_sees_no_card(open_app: OpenApp) -> None:
    at = go_to(open_app(mode="presentation"), "connection")
    assert not has(at, "show_address")


def test_server_without_the_route_says_what_is_missing(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_app()
    monkeypatch.setattr(sandbox_route, "is_served", lambda: False)
    go_to(at, "connection")
    assert not has(at, "show_address")
    assert (NOT_SERVED.message, NOT_SERVED.advice) in alerts(at.info)


def test_tracker_that_is_sent_to_a_login_takes_it_for_success() -> None:
    """So the card says to trust its lines instead."""
    results: list[str] = []
    with page_of_another_origin("<title>Sign in</title>") as login, redirecting(login) as address:
        emitter = Emitter(
            address,
            batch_size=1,
            request_timeout=10,
            on_success=lambda _: results.append("success"),
            on_failure=lambda *_: results.append("failure"),
        )
        Tracker("my-code", emitter).track(PageView("https://shop.example"))
    assert results == ["success"]
    assert "mistake a login page for success" in PROBLEMS["login"].advice


def test_guest_is_told_that_the_presenter_has_not_let_them(
    presenter: AppTest, open_app: OpenApp
) -> None:
    at = go_to(guest_of(presenter, open_app), "connection")
    assert not has(at, "show_address")
    assert (GUESTS_ARE_OFF.message, GUESTS_ARE_OFF.advice) in alerts(at.info)


def test_guest_whom_the_presenter_lets_gets_an_address_for_events_only(
    presenter: AppTest, open_app: OpenApp
) -> None:
    presenter.toggle(key="guests_bring_code").set_value(True).run()
    at = click(go_to(guest_of(presenter, open_app), "connection"), "show_address")
    (token,) = addresses_on(at)
    room = world(presenter).connection.place
    assert session.process().code_addresses.find(token) == CodeAddress(room, world(at).user_id)
    assert MEANS_EVENTS in everything(at)
    assert not any("get_service_attributes" in each.value for each in at.code)


def test_guide_leads_to_the_card(open_app: OpenApp) -> None:
    at = go_to(open_app(), "guide")
    (link,) = (each for each in at.main.get("page_link") if "own code" in each.proto.label)
    assert link.proto.page == "connection"


def test_lines_say_what_came_and_how_it_was_answered() -> None:
    visits = Visits(
        events=Visit(NOW - timedelta(seconds=3), 200),
        api=Visit(NOW, 404),
        stream=Visit(NOW, 200),
        open_streams=2,
    )
    assert [each.partition(" ")[2] for each in visit_lines(visits, NOW)] == [
        "Last event from your code: 3 s ago, accepted.",
        "Last call of the Signals API: 0 s ago, refused with 404.",
        "Subscriptions: 2 listening now.",
    ]


def test_lines_say_that_an_event_failed_and_that_nothing_came() -> None:
    event, call, streams = visit_lines(Visits(events=Visit(NOW, 200, failed=1)), NOW)
    assert event.endswith("0 s ago, failed.")
    assert call.endswith("Last call of the Signals API: none yet.")
    assert streams.endswith("Subscriptions: none yet.")


def test_lines_say_that_a_subscription_has_ended() -> None:
    *_, streams = visit_lines(Visits(stream=Visit(NOW, 200)), NOW)
    assert streams.endswith("none listening now. Last one 0 s ago, accepted.")

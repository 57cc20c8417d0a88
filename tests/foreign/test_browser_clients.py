"""The browser tracker and the Signals browser plugin, as npm has them, on a page of another origin.

The tracker posts batches of plain JSON (it has no gzip), with credentials, and appends its path to
whatever collector URL it is given, so a sandbox's path needs no setting. The same goes for the
plugin and its endpoint. JSON and `SP-Anonymous` make Chromium ask with a preflight, and not send
anything unless the answer allows it. Between two ports of one host cookies count as first-party;
where the host differs, a `Lax` cookie does not stay, and each request makes somebody new.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from lib.snowplow.definitions import SERVICE
from tests.support.chromium import Chromium, Visit
from tests.support.micro import accepted_events, failed_events
from tests.support.sandbox import World, new_id
from tests.support.waiting import eventually

TP2 = "/com.snowplowanalytics.snowplow/tp2"
NOBODY = "00000000-0000-0000-0000-000000000000"
ONE_OF_EACH = ["page", "click", "task"]


@pytest.fixture
def page(shop_port: int) -> str:
    return f"http://127.0.0.1:{shop_port}"


def by(user: str, *events: str, interventions: int = 0, **options: Any) -> dict[str, Any]:
    """Instructions for visit.js. The plugin tracks two events of its own for each intervention."""
    until = {"sent": len(events) + 2 * interventions, "interventions": interventions}
    return {"user": user, "events": events, "until": until, **options}


def asked(visit: Visit, collector: str) -> list[tuple[str, str]]:
    """Method and path of what the page asked of the collector, in order."""
    return [
        (each.method, each.url.removeprefix(collector))
        for each in visit.requests
        if each.url.startswith(collector)
    ]


def sent(visit: Visit) -> int:
    """How many events the tracker says the collector took; fails if the browser complained."""
    assert (visit.complaints, visit.report["failed"]) == ([], [])
    assert {request["status"] for request in visit.report["sent"]} == {200}
    return sum(request["events"] for request in visit.report["sent"])


# The tracker


def test_events_of_the_browser_tracker_are_accepted_from_another_origin(
    chromium: Chromium, page: str, world: World
) -> None:
    user = new_id()
    visit = chromium.person().visit(page, world.collector, **by(user, *ONE_OF_EACH))
    assert sent(visit) == 3
    events = accepted_events(world, user_id=user)
    assert [(each["event_name"], each["page_url"]) for each in events] == [
        ("page_view", f"{page}/"),
        ("event", f"{page}/"),
        ("task_completed", f"{page}/"),
    ]
    assert events[1]["se_value"] == 1.5
    assert events[2]["unstruct_event"]["data"]["data"] == {"task_id": "t-ü", "priority": "high"}
    assert failed_events(world) == []


def test_cookie_stays_the_same_and_is_the_network_userid(
    chromium: Chromium, page: str, world: World
) -> None:
    user, person = new_id(), chromium.person()
    first, second = (person.visit(page, world.collector, **by(user, "page")) for _ in range(2))
    cookie = first.cookies["sp"]
    assert second.cookies["sp"] == cookie
    events = accepted_events(world, user_id=user)
    assert [each["network_userid"] for each in events] == [cookie, cookie]
    attributes = world.signals.get_service_attributes("visits", "network_userid", cookie)
    assert attributes == {"network_userid": cookie, "page_views": 2}


def test_two_people_have_two_cookies(chromium: Chromium, page: str, alone: World) -> None:
    visits = [
        chromium.person().visit(page, alone.collector, **by(new_id(), "page")) for _ in range(2)
    ]
    assert visits[0].cookies["sp"] != visits[1].cookies["sp"]


def test_get_requests_of_the_browser_tracker_are_accepted(
    chromium: Chromium, page: str, world: World
) -> None:
    user = new_id()
    tracker = {"eventMethod": "get"}
    visit = chromium.person().visit(
        page, world.collector, **by(user, *ONE_OF_EACH, tracker=tracker)
    )
    assert sent(visit) == 3
    assert asked(visit, world.collector) == [("GET", "/i")] * 3
    names = [each["event_name"] for each in accepted_events(world, user_id=user)]
    assert names == ["page_view", "event", "task_completed"]


def test_anonymous_visitor_gets_no_cookie_and_no_address_is_kept(
    chromium: Chromium, page: str, isolated: World
) -> None:
    tracker = {"anonymousTracking": {"withServerAnonymisation": True}}
    visit = chromium.person().visit(
        page, isolated.collector, **by(new_id(), "page", tracker=tracker)
    )
    assert (sent(visit), visit.cookies) == (1, {})
    assert asked(visit, isolated.collector) == [("POST", TP2)]
    assert visit.requests[-1].headers["sp-anonymous"] == "*"
    (event,) = accepted_events(isolated, network_userid=NOBODY)
    known = {"user_id", "domain_userid", "domain_sessionid"}
    assert {name: event.get(name) for name in known} == dict.fromkeys(known)
    assert event["user_ipaddress"] == "unknown"


def test_event_of_a_page_that_is_left_at_once_arrives_with_keepalive(
    chromium: Chromium, page: str, alone: World
) -> None:
    user = new_id()
    leaving = by(user, "task", tracker={"keepalive": True})
    leaving["until"]["sent"] = 0
    visit = chromium.person().visit(page, alone.collector, **leaving)
    assert visit.report["sent"] == []
    assert eventually(lambda: len(accepted_events(alone, user_id=user)) == 1)


def test_events_from_another_host_are_accepted_though_no_cookie_stays(
    chromium: Chromium, shop_port: int, alone: World
) -> None:
    user = new_id()
    visit = chromium.person().visit(
        f"http://localhost:{shop_port}", alone.collector, **by(user, *ONE_OF_EACH)
    )
    assert (sent(visit), visit.cookies) == (3, {})
    assert len(accepted_events(alone, user_id=user)) == 3


# The Signals plugin


def test_fifth_task_shows_the_nudge_on_the_page(
    chromium: Chromium, page: str, world: World
) -> None:
    user = new_id()
    subscription = {
        "endpoint": world.collector,
        "attributeKeyTargets": {"user_id": "/user_id"},
    }
    visit = chromium.person().visit(
        page,
        world.collector,
        **by(user, *["task"] * 5, interventions=1, subscription=subscription),
    )
    assert (sent(visit), visit.text) == (7, "Nudge: power_user_nudge")
    (got,) = visit.report["interventions"]
    assert got == {
        "intervention_id": got["intervention_id"],
        "name": "power_user_nudge",
        "version": 1,
        "target_attribute_key": {"name": "user_id", "id": user},
        "attributes": {"tasks_completed_count": "5", "last_completed_task_priority": "high"},
    }
    assert world.read("user_id", user, service=SERVICE)["tasks_completed_count"] == [5]


@pytest.mark.parametrize("days_off", [-1, 1])
def test_browser_whose_clock_is_a_day_off_sees_the_nudge_and_its_tasks_are_of_now(
    chromium: Chromium, page: str, alone: World, days_off: int
) -> None:
    user, clock_off = new_id(), timedelta(days=days_off)
    options = {
        "subscription": {"endpoint": alone.url, "attributeKeyIds": {"user_id": user}},
        # Only the page's clock is off: the browser's cookies would be a day old by its own.
        "tracker": {"stateStorageStrategy": "localStorage"},
    }
    visit = chromium.person(clock_off).visit(
        page, alone.collector, **by(user, *["task"] * 5, interventions=1, **options)
    )
    assert (sent(visit), visit.text) == (7, "Nudge: power_user_nudge")
    events = accepted_events(alone, user_id=user, event_name="task_completed")
    assert len(events) == 5
    for each in events:
        created, collected, derived = (
            datetime.fromisoformat(each[f"{name}_tstamp"])
            for name in ("dvce_created", "collector", "derived")
        )
        assert abs(created - collected - clock_off) < timedelta(minutes=1)
        assert abs(derived - collected) < timedelta(minutes=1)


def test_plugin_reports_that_it_got_the_intervention_and_that_a_handler_took_it(
    chromium: Chromium, page: str, alone: World
) -> None:
    user = new_id()
    subscription = {"endpoint": alone.url, "attributeKeyIds": {"user_id": user}}
    visit = chromium.person().visit(
        page, alone.collector, **by(user, *["task"] * 5, interventions=1, subscription=subscription)
    )
    assert sent(visit) == 7
    (got,) = visit.report["interventions"]
    reports = accepted_events(alone, user_id=user, event_vendor="com.snowplowanalytics.signals")
    assert [each["event_name"] for each in reports] == [
        "intervention_receive",
        "intervention_handle",
    ]
    for each in reports:
        names = [entity["data"].get("intervention_id") for entity in each["contexts"]["data"]]
        assert got["intervention_id"] in names


def test_plugin_listens_for_the_session_without_being_told(
    chromium: Chromium, page: str, world: World
) -> None:
    visit = chromium.person().visit(
        page,
        world.collector,
        **by(new_id(), "page", "page", interventions=1, subscription={"endpoint": world.collector}),
    )
    assert sent(visit) == 4
    (got,) = visit.report["interventions"]
    assert (got["name"], got["attributes"]) == ("second_page", {"session_page_views": "2"})
    assert got["target_attribute_key"]["name"] == "domain_sessionid"

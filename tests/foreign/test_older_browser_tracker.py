"""Version 3 of the browser tracker with its plugins, as npm has them, on a page of another origin.

The tag-based tracker (`sp.js`) of the same version is this tracker and these plugins in one file
behind a queue of calls. npm does not have that file; what reaches a collector is the same, as both
are built from one source (`trackers/` and `plugins/` in snowplow/snowplow-javascript-tracker).
The address of the page has a query of a campaign, and the page has a link and a form.
"""

from typing import Any

import pytest

from lib.snowplow.definitions import SERVICE
from tests.support.chromium import Chromium, Visit
from tests.support.micro import accepted_events, failed_events
from tests.support.sandbox import World, listening, new_id
from tests.support.waiting import PATIENCE_SECONDS

SNOWPLOW = "com.snowplowanalytics.snowplow"
NAMES = {
    "page": "page_view",
    "click": "event",
    "task": "task_completed",
    "link": "link_click",
    "error": "application_error",
    "search": "site_search",
    "timing": "timing",
    "ad": "ad_impression",
    "consent": "consent_granted",
    "purchase": "action",
}
FORM = ["change_form", "submit_form"]  # what filling in and sending the form brings
OF_EVERY_PLUGIN = {
    f"iglu:{SNOWPLOW}/web_page/jsonschema/1-0-0",
    f"iglu:{SNOWPLOW}/gdpr/jsonschema/1-0-0",
    "iglu:org.ietf/http_client_hints/jsonschema/1-0-0",
    "iglu:com.google.analytics/cookies/jsonschema/1-0-0",
    "iglu:org.w3/PerformanceTiming/jsonschema/1-0-0",
}


@pytest.fixture
def page(shop_port: int) -> str:
    return f"http://127.0.0.1:{shop_port}/older?utm_source=letter&utm_campaign=autumn"


def visit(
    chromium: Chromium, page: str, world: World, user: str, *events: str, **tracker: Any
) -> Visit:
    """A visit that fails if the browser complained or an event did not arrive."""
    until = {"sent": len(events) + events.count("form")}
    happened = chromium.person().visit(
        page, world.collector, user=user, events=events, tracker=tracker, until=until
    )
    assert (happened.complaints, happened.report["failed"]) == ([], [])
    assert sum(happened.report["sent"]) == until["sent"]
    return happened


def told(events: list[dict[str, Any]]) -> dict[str, Any]:
    """What each self-describing event says, by its name."""
    return {
        each["event_name"]: each["unstruct_event"]["data"]["data"]
        for each in events
        if each["event"] == "unstruct"
    }


def test_events_of_version_3_and_its_plugins_are_accepted(
    chromium: Chromium, page: str, world: World
) -> None:
    user = new_id()
    visit(chromium, page, world, user, *NAMES, "form")
    events = accepted_events(world, user_id=user)
    assert [each["event_name"] for each in events] == [*NAMES.values(), *FORM]
    assert {each["v_tracker"] for each in events} == {"js-3.24.6"}
    assert failed_events(world) == []


def test_what_the_plugins_tell_is_read_whole(chromium: Chromium, page: str, alone: World) -> None:
    user = new_id()
    visit(chromium, page, alone, user, "link", "form", "search", "task")
    events = told(accepted_events(alone, user_id=user))
    link = {
        "targetUrl": f"{page}#more",
        "elementId": "more",
        "elementClasses": ["blue", "bold"],
        "elementTarget": "",
    }
    assert events["link_click"] == link
    assert events["submit_form"]["elements"] == [
        {"name": "email", "value": "ada@example.com", "nodeName": "INPUT", "type": "text"}
    ]
    assert events["site_search"] == {"terms": ["blue", "hat"], "totalResults": 3}
    assert events["task_completed"] == {"task_id": "t-ü", "priority": "high"}


def test_what_the_plugins_attach_to_each_event_is_kept(
    chromium: Chromium, page: str, alone: World
) -> None:
    user = new_id()
    visit(chromium, page, alone, user, "page", "purchase")
    viewed, purchase = accepted_events(alone, user_id=user)
    assert (viewed["mkt_source"], viewed["mkt_campaign"]) == ("letter", "autumn")
    assert viewed["os_timezone"]
    attached = [
        {each["schema"] for each in event["contexts"]["data"]} for event in (viewed, purchase)
    ]
    product = "iglu:com.google.analytics.enhanced-ecommerce/productFieldObject/jsonschema/1-0-0"
    assert attached == [OF_EVERY_PLUGIN, OF_EVERY_PLUGIN | {product}]


def test_get_requests_of_version_3_count_one_each(
    chromium: Chromium, page: str, world: World
) -> None:
    user = new_id()
    happened = visit(chromium, page, world, user, "task", "task", "link", eventMethod="get")
    assert happened.report["sent"] == [1, 1, 1]
    assert world.read("user_id", user, service=SERVICE)["tasks_completed_count"] == [2]


def test_fifth_task_of_version_3_brings_the_intervention(
    chromium: Chromium, page: str, alone: World
) -> None:
    user = new_id()
    with listening(alone.signals, user_id=user) as subscription:
        visit(chromium, page, alone, user, *["task"] * 5)
        assert subscription.get(timeout=PATIENCE_SECONDS).name == "power_user_nudge"

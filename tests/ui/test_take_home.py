"""What a page offers to take home: what is published, and no secret that is not theirs."""

from collections.abc import Callable
from pathlib import Path

import pytest
import snowplow_signals as sdk
from streamlit.testing.v1 import AppTest

from lib.connection.backend import new_token
from lib.people.code_addresses import CodeAddress
from lib.snowplow.definitions import Plan, attribute_group
from lib.studio.take_home import TakeHome
from lib.ui import sandbox_route, session, take_home
from tests.support.presentations import guest_of, presenter  # noqa: F401 (a fixture)
from tests.support.sandbox import attribute, group, new_id, service
from tests.support.snowplow import running_snowplow
from tests.support.steps import click, go_to, has, publish, texts, world
from tests.support.waiting import eventually

OpenApp = Callable[..., AppTest]
STORY = [
    "project_engagement",
    "project_engagement_service",
    "power_user_nudge",
    "recent_activity",
]


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> list[TakeHome]:
    """What the pages make archives of, the newest last."""
    found: list[TakeHome] = []

    def archive(home: TakeHome) -> bytes:
        found.append(home)
        return b"archive"

    monkeypatch.setattr(take_home, "_archive", archive)
    monkeypatch.setattr(sandbox_route, "is_served", lambda: True)
    return found


def names(home: TakeHome) -> list[str]:
    return [each.name for each in home.definitions]


@pytest.mark.parametrize("page", ["guide", "definitions"])
def test_everything_published_goes_along_with_the_address(
    open_app: OpenApp, offered: list[TakeHome], page: str
) -> None:
    at = go_to(publish(open_app()), page)
    assert eventually(lambda: has(at.run(), "take_home"))
    assert not at.exception
    assert names(offered[-1]) == STORY
    place = world(at).connection.place
    token = session.process().code_addresses.token(CodeAddress(place))
    assert offered[-1].address == f"http://localhost:8501/sandbox/{token}"
    assert "The files for the sandbox hold its address for code." in texts(at)


def test_without_the_part_that_takes_code_there_is_no_address(
    open_app: OpenApp, offered: list[TakeHome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_route, "is_served", lambda: False)
    at = go_to(publish(open_app()), "guide")
    assert eventually(lambda: has(at.run(), "take_home"))
    assert offered[-1].address == ""
    assert "expect one on your machine" in texts(at)


def test_what_is_only_a_draft_stays(open_app: OpenApp, offered: list[TakeHome]) -> None:
    at = publish(open_app())
    signals = world(at).signals
    draft = world(at).seen.published.group.model_copy(update={"name": "a_draft"})
    signals.api_client.make_request(
        "POST",
        "registry/attribute_groups/",
        data=sdk.StreamAttributeGroup.model_validate(
            draft.model_dump(exclude_none=True) | {"is_published": False}
        ).model_dump(mode="json", exclude_none=True),
    )
    go_to(at, "guide")
    assert eventually(lambda: has(at.run(), "take_home"))
    assert "a_draft" not in names(offered[-1])


@pytest.mark.parametrize("is_unpublished", [False, True])
def test_the_older_version_that_a_service_still_reads_goes_along(
    open_app: OpenApp, offered: list[TakeHome], is_unpublished: bool
) -> None:
    at = open_app()
    place = world(at).connection
    older, newer = group(attribute("count", "counter")), group(attribute("other"), version=2)
    program = sdk.SignalsSandbox(api_url=place.api_client.api_url, sandbox_token=place.token)
    program.publish([older, service(older), newer])
    if is_unpublished:
        program.unpublish([older])
    go_to(at, "guide")
    assert eventually(lambda: has(at.run(), "take_home"))
    assert not at.exception

    taken = [*offered[-1].definitions]
    elsewhere = sdk.SignalsSandbox(api_url=place.api_client.api_url, sandbox_token=new_token())
    elsewhere.publish(taken)

    assert [each.version for each in taken if each.name == "things"] == [2, 1]
    values = elsewhere.get_service_attributes("everything", "user_id", new_id())
    assert values.keys() == {"user_id", "count"}


def test_guests_of_a_room_get_no_address(
    open_app: OpenApp,
    presenter: AppTest,
    offered: list[TakeHome],
) -> None:
    click(presenter, "publish")
    guest = go_to(guest_of(presenter, open_app), "guide")
    assert eventually(lambda: has(guest.run(), "take_home"))
    assert [each.address for each in offered] == [""] * len(offered)
    assert "expect one on your machine" in texts(guest)


def test_nothing_is_offered_to_an_audience(open_app: OpenApp, offered: list[TakeHome]) -> None:
    user = publish(open_app()).query_params["user"]
    at = go_to(open_app(user=user, mode="presentation"), "guide")
    assert world(at).seen.published.is_complete
    assert not has(at, "take_home") and offered == []


def test_in_an_account_only_what_this_app_made_goes_along(
    unconfigured: pytest.MonkeyPatch,
    open_app: OpenApp,
    offered: list[TakeHome],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lib.ui.session.is_local", lambda *_: True)
    with running_snowplow(tmp_path, unconfigured) as snowplow:
        for key, value in snowplow.settings.items():
            unconfigured.setenv(key, value)
        plan = Plan(owner="ana@example.com", vendor="com.example")
        theirs = attribute_group(plan).model_copy(update={"name": "theirs", "description": ""})
        snowplow.signals().publish([theirs])
        at = go_to(publish(open_app()), "guide")
        assert eventually(lambda: has(at.run(), "take_home"))
        assert not at.exception
        assert names(offered[-1]) == STORY
        assert offered[-1].address == ""

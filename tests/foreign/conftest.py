"""Sandboxes in processes of their own, with everything published, for clients none of us wrote.

Tests share them: each is a new person.
"""

from collections.abc import Iterator

import pytest
from snowplow_signals import Event, LinkAttributeKey, domain_sessionid, network_userid

from lib.snowplow.definitions import COUNT, PRIORITY, Plan
from lib.snowplow.publishing import publish
from tests.support.chromium import Chromium, shop
from tests.support.sandbox import (
    OWNER,
    SandboxProcess,
    World,
    attribute,
    criterion,
    group,
    intervention,
    service,
)

PAGE_VIEW = Event(name="page_view")
VISITS = group(
    attribute("page_views", "counter", events=[PAGE_VIEW]),
    name="visits",
    attribute_key=network_userid,
)
SESSIONS = group(
    attribute("session_page_views", "counter", events=[PAGE_VIEW]),
    name="sessions",
    attribute_key=domain_sessionid,
)
SECOND_PAGE = intervention(
    criterion("sessions:session_page_views", ">=", 2),
    name="second_page",
    target_attribute_keys=[LinkAttributeKey(name="domain_sessionid")],
)


class WorldForAll(World):
    """The one sandbox of a server that is not isolated: trackers are pointed at its root."""

    @property
    def collector(self) -> str:
        return self.url


def publish_all(world: World) -> None:
    plan = Plan(owner=OWNER, vendor="com.example", attributes=(COUNT, PRIORITY))
    publish(world.signals, plan)
    world.signals.publish([VISITS, SESSIONS, service(VISITS, name="visits"), SECOND_PAGE])


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """`python -m lib.sandbox`."""
    process = SandboxProcess(tmp_path_factory.mktemp("alone") / "sandbox.db")
    world = WorldForAll(process.signals)
    publish_all(world)
    yield world
    process.kill()


@pytest.fixture(scope="session")
def isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One sandbox of `python -m lib.sandbox --isolated`."""
    process = SandboxProcess(tmp_path_factory.mktemp("isolated") / "sandbox.db", "--isolated")
    world = World(process.signals)
    publish_all(world)
    yield world
    process.kill()


@pytest.fixture(params=["alone", "isolated"])
def world(request: pytest.FixtureRequest) -> World:
    """Each of the two: the address is a root in one and a path in the other."""
    chosen: World = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    chromium = Chromium()
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def shop_port() -> Iterator[int]:
    with shop() as port:
        yield port

"""How large a simulated team may be, and what is due when."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from lib.connection.backend import Backend, Connection, new_token
from lib.connection.settings import load_settings
from lib.people.crowd import Crowd
from lib.people.crowd_progress import IN_THE_SANDBOX, ON_AN_ACCOUNT, Size, starting_problem
from lib.snowplow.definitions import Names, Plan
from lib.snowplow.publishing import Published, publish, published

PLAN = Plan(owner="you@example.com", vendor="com.example")
PATIENCE_SECONDS = 20.0


class FastClock:
    """Each pause is as long as it was asked to be, and over at once."""

    def __init__(self) -> None:
        self.now = 0.0
        self.at_pause: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.at_pause()


class Place:
    """A sandbox, with runs in it."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.token = new_token()
        self.connections: list[Connection] = []
        self.clock = FastClock()

    def connect(self) -> Connection:
        connection = self.backend.connect(self.token)
        self.connections.append(connection)
        return connection

    def publish(self) -> None:
        connection = self.connect()
        publish(connection.signals, PLAN)
        connection.close()

    def begin(self, size: Size, is_watched: Callable[[], bool] = lambda: True) -> Crowd:
        clock = self.clock
        return Crowd(size, self.connect, PLAN.vendor, Names(), 5, is_watched, clock, clock.pause)

    def run(self, size: Size) -> Crowd:
        crowd = self.begin(size)
        assert crowd.wait(PATIENCE_SECONDS)
        return crowd

    def events(self) -> list[dict[str, object]]:
        """What the sandbox accepted."""
        assert self.backend.sandbox is not None
        url = f"{self.backend.sandbox.url}/sandbox/{self.token}/micro/good"
        answer = httpx.get(url, trust_env=False)
        return [each["event"] for each in answer.json()]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    backend = Backend(load_settings({"SANDBOX_DB": str(tmp_path / "sandbox.db")}, {}, None))
    yield Place(backend)
    backend.close()


def test_events_are_due_at_the_rate_and_never_more_than_asked():
    size = Size(users=3, rate=5, seconds=2)
    assert [size.due(each) for each in (0.0, 0.19, 0.2, 1.0, 2.0, 99.0)] == [0, 0, 1, 5, 10, 10]


@pytest.mark.parametrize(
    "size", [Size(51, 5, 60), Size(50, 6, 60), Size(50, 5, 61), Size(0, 1, 1), Size(1, 0, 1)]
)
def test_on_an_account_no_part_may_be_beyond_the_limit(place, size):
    place.publish()
    connection = place.connect()
    complete = published(connection.signals, Names())
    connection.close()
    assert starting_problem(ON_AN_ACCOUNT, ON_AN_ACCOUNT, complete) is None
    problem = starting_problem(size, ON_AN_ACCOUNT, complete)
    assert problem is not None
    assert problem.advice == "Choose at most 50 users, 5 events a second and 60 seconds."


def test_without_definitions_it_says_so():
    problem = starting_problem(Size(1, 1, 1), IN_THE_SANDBOX, Published())
    assert problem is not None
    assert problem.message == "The definitions are not published, so nobody would be counted."

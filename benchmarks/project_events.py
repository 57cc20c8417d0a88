"""What the project tool sends and reads, as finished HTTP requests: by the real tracker and SDK."""

import json
import random
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from snowplow_signals import SignalsSandbox
from snowplow_tracker import SelfDescribing, SelfDescribingJson, Subject, Tracker
from snowplow_tracker.emitters import Emitter

from benchmarks.load import post_request
from lib.connection.backend import new_token, sandbox_collector
from lib.snowplow import definitions, publishing
from lib.snowplow.tracking import APP_ID, NAMESPACE
from tests.support.processes import running
from tests.support.servers import free_port

VENDOR = "com.example"
OWNER = "benchmark@example.com"
TP2 = "/com.snowplowanalytics.snowplow/tp2"
READ = "/api/v1/get-online-attributes"
PRIORITIES = ("low", "medium", "high")


@dataclass(frozen=True)
class ServedSandbox:
    """One sandbox of a server in a process of its own, with the default definitions published."""

    port: int
    token: str
    process: psutil.Process
    database: Path

    @property
    def collector_path(self) -> str:
        """Where its events go."""
        return sandbox_collector("", self.token) + TP2

    def requests(self, bodies: Sequence[bytes]) -> list[bytes]:
        """Bodies as requests to its collector."""
        return [post_request(self.collector_path, body) for body in bodies]


@contextmanager
def served_sandbox() -> Iterator[ServedSandbox]:
    """A server with a new database, ready to be measured."""
    port, token = free_port(), new_token()
    url = f"http://127.0.0.1:{port}"
    with TemporaryDirectory(prefix="benchmark-") as folder:
        database = Path(folder) / "sandbox.db"
        command = ["-m", "benchmarks.sandbox_server", str(port), str(database)]
        with running(command, f"{url}/health") as process:
            signals = SignalsSandbox(api_url=url, sandbox_token=token)
            publishing.publish(signals, definitions.Plan(OWNER, VENDOR))
            yield ServedSandbox(port, token, process, database)


@contextmanager
def served_baseline() -> Iterator[tuple[int, psutil.Process]]:
    """The port and the process of the bare server."""
    port = free_port()
    command = ["-m", "benchmarks.bare_server", str(port)]
    with running(command, f"http://127.0.0.1:{port}/health") as process:
        yield port, process


@contextmanager
def served_floor() -> Iterator[tuple[int, psutil.Process]]:
    """The port and the process of the collector's floor, with a new database."""
    port = free_port()
    with TemporaryDirectory(prefix="benchmark-") as folder:
        command = ["-m", "benchmarks.floor_server", str(port), str(Path(folder) / "floor.db")]
        with running(command, f"http://127.0.0.1:{port}/health") as process:
            yield port, process


def new_users(count: int) -> list[str]:
    """Ids of users."""
    return [str(uuid.uuid4()) for _ in range(count)]


def collector_bodies(count: int, events_each: int, users: Sequence[str]) -> list[bytes]:
    """Bodies as the tracker sends them: completed tasks of random users, each with its project."""
    emitter = _KeptRequests(events_each)
    tracker = Tracker(NAMESPACE, emitter, app_id=APP_ID)
    for number in range(count * events_each):
        subject = Subject().set_platform("web").set_user_id(random.choice(users))
        tracker.track(_task_completed(number, subject))
    return emitter.bodies


def event_bodies(users: Sequence[str]) -> list[bytes]:
    """Bodies of a single completed task, one for each of the users."""
    return [body for user in users for body in collector_bodies(1, 1, [user])]


def read_request(token: str, user: str, path: str = READ) -> bytes:
    """What the SDK sends to read the service for one user."""
    body = {"service": definitions.SERVICE, "attribute_keys": {"user_id": [user]}}
    return post_request(path, json.dumps(body).encode(), Authorization=f"Bearer {token}")


class _KeptRequests(Emitter):
    """The tracker's emitter, which keeps what it would have sent."""

    def __init__(self, batch_size: int) -> None:
        super().__init__("http://localhost", batch_size=batch_size)
        self.bodies: list[bytes] = []

    def http_post(self, data: str) -> int:
        self.bodies.append(data.encode())
        return 200


def _task_completed(number: int, subject: Subject) -> SelfDescribing:
    task = {"task_id": f"task-{number}", "priority": random.choice(PRIORITIES)}
    project = {"project_id": "project-1", "plan": "free"}
    event, entity = _json("task_completed", task), _json("project", project)
    return SelfDescribing(event, context=[entity], event_subject=subject)


def _json(name: str, data: dict[str, object]) -> SelfDescribingJson:
    return SelfDescribingJson(f"iglu:{VENDOR}/{name}/jsonschema/1-0-0", data)

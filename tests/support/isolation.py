"""Two sandboxes of one server: somebody else's, and requests of one who tries to reach it.

Requests are written byte by byte, as clients tidy up the paths that they are given.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

from tests.support.sandbox import (
    PAYLOAD,
    World,
    attribute,
    criterion,
    group,
    intervention,
    seen,
    service,
)
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.wire import address, exchange, request

SECRET = "only-in-the-others-sandbox"
API = "/api/v1"
REGISTRY = f"{API}/registry"


def definitions(description: str) -> list[Any]:
    things = group(
        attribute("count", "counter"), attribute("value", "last"), description=description
    )
    return [things, service(things), intervention(criterion("things:count", ">=", 1))]


@dataclass
class Answer:
    """The status and the body of an answer."""

    status: int
    text: str


def request_bytes(method: str, path: str, body: Any, bearer: str | None) -> bytes:
    """A request with a JSON body, if any, and a bearer token, if any."""
    headers = [("Content-Type", b"application/json")]
    if bearer is not None:
        headers.append(("Authorization", f"Bearer {bearer}".encode()))
    return request(method, path, headers, b"" if body is None else json.dumps(body).encode())


def ask(url: str, method: str, path: str, body: Any = None, bearer: str | None = None) -> Answer:
    """What a request is answered with, its path sent as it is."""
    answer = exchange(url, request_bytes(method, path, body, bearer))
    return Answer(answer.status, answer.body.decode(errors="replace"))


@dataclass
class Other:
    """Somebody else's sandbox: a room with a user, an event and the intervention that it fired."""

    world: World
    user: str
    event_id: str
    intervention_id: str
    code: str
    number: int

    @property
    def state(self) -> dict[str, Any]:
        """Everything in it that an intruder could have changed."""
        inside = f"/sandbox/{self.world.token}"
        stats = json.loads(ask(self.world.url, "GET", f"{inside}/stats").text)
        kinds = ("attribute_groups", "services", "interventions", "attribute_keys")
        read = [f"{REGISTRY}/{kind}/" for kind in kinds] + ["/events", f"/trace/{self.event_id}"]
        return {
            "ahead": stats["clock"]["ahead_seconds"],
            "counts": (stats["events"], stats["definitions"]),
            "values": self.world.read("user_id", self.user),
            **{path: ask(self.world.url, "GET", inside + path).text for path in read},
        }

    def leaks(self, text: str, *sent: str) -> set[str]:
        """What is told of it, other than what was asked with."""
        secrets = {SECRET, self.event_id, self.intervention_id, self.user, self.world.token}
        return {each for each in secrets if each in text and each not in " ".join(sent)}


def event_for(other: Other) -> dict[str, Any]:
    return {"schema": PAYLOAD, "data": [seen(other.user, {"value": "forged"})]}


class Stream:
    """An open subscription."""

    def __init__(self, lines: TextIO) -> None:
        self._lines = lines
        while ": connected\n" not in self._lines.readline():
            pass

    def next(self) -> dict[str, Any]:
        """The next intervention; fails after ten seconds without one."""
        while not (line := self._lines.readline()).startswith("data: "):
            assert line, "the stream ended"
        intervention: dict[str, Any] = json.loads(line.removeprefix("data: "))
        return intervention

    def names_until(self, last: str) -> list[str]:
        """The names of all interventions up to one with this name."""
        names = [self.next()["name"]]
        while names[-1] != last:
            names.append(self.next()["name"])
        return names


@contextmanager
def listening_raw(world: World, path: str, bearer: str | None) -> Iterator[Stream]:
    """A subscription that is open when the block begins."""
    with socket.create_connection(address(world.url), timeout=PATIENCE_SECONDS) as client:
        client.sendall(request_bytes("GET", path, None, bearer))
        with client.makefile("r", encoding="utf-8") as lines:
            yield Stream(lines)


def push(world: World, user: str, name: str, bearer: str, inside: str = "") -> Answer:
    path = f"{inside}{API}/interventions?user_id={user}"
    return ask(world.url, "POST", path, {"name": name, "version": 1}, bearer)

"""Events per second that one process of the sandbox takes in, against the least that is possible.

Events of the real tracker, of a thousand users at random, in requests of one, ten and five hundred.
Each is validated against the bundled schemas, computed for the default definitions, and committed
before the answer. The floor validates and commits the same and computes nothing, and the bare
server only parses. All get the same bodies in turns, so that they see the same machine.
"""

from statistics import median
from typing import NamedTuple

from benchmarks import bare_server, floor_server
from benchmarks.load import beside, post_request, seconds_for
from benchmarks.project_events import (
    ServedSandbox,
    collector_bodies,
    new_users,
    served_baseline,
    served_floor,
    served_sandbox,
)
from benchmarks.report import Line

USERS = 1_000
CONNECTIONS = 8
TURNS = 6


class Size(NamedTuple):
    """Requests of so many events, how many of them in a turn, and the least share of the floor."""

    events: int
    requests: int
    min_ratio: float


SIZES = (Size(1, 2_000, 0.5), Size(10, 500, 0.6), Size(500, 12, 0.6))


def lines() -> list[Line]:
    """One line for each size of request."""
    return [_line(size) for size in SIZES]


def _line(size: Size) -> Line:
    bodies = collector_bodies(TURNS * size.requests, size.events, new_users(USERS))
    with (
        served_sandbox() as sandbox,
        served_floor() as (floor, floor_process),
        served_baseline() as (bare, bare_process),
        beside(sandbox.process, floor_process, bare_process),
    ):
        places = _places(sandbox, floor, bare)
        rates = [
            [
                _events_per_second(port, path, size.events, bodies[turn::TURNS])
                for port, path in places
            ]
            for turn in range(TURNS)
        ]
    ratio = median(ours / least for ours, least, _ in rates)
    ours, least, parsed = (median(each) for each in zip(*rates, strict=True))
    return Line(
        f"collector: events a second, {size.events} a request, committed",
        f"≥ {size.min_ratio} of a server that only validates and commits them",
        f"{ours:,.0f}, {ratio:.2f} of it",
        f"{least:,.0f}; {parsed:,.0f} only parsed",
        ratio >= size.min_ratio,
    )


def _places(sandbox: ServedSandbox, floor: int, bare: int) -> list[tuple[int, str]]:
    """The port and path of the sandbox, of the floor and of the bare server."""
    return [
        (sandbox.port, sandbox.collector_path),
        (floor, floor_server.COLLECT),
        (bare, bare_server.COLLECT),
    ]


def _events_per_second(port: int, path: str, events_each: int, bodies: list[bytes]) -> float:
    requests = [post_request(path, body) for body in bodies]
    return events_each * len(bodies) / seconds_for(port, requests, CONNECTIONS)


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(lines()))

"""Events per second that one process of the sandbox takes in, against a server that only parses.

Ten events of the real tracker in each request, of a thousand users at random. Each is validated
against the bundled schemas, computed for the default definitions, and committed before the answer.
The bare server gets the same bodies in turns with the sandbox, so that both see the same machine.
"""

from statistics import median

from benchmarks import bare_server
from benchmarks.load import beside, post_request, seconds_for
from benchmarks.project_events import (
    collector_bodies,
    new_users,
    served_baseline,
    served_sandbox,
)
from benchmarks.report import Line

EVENTS_A_REQUEST = 10
USERS = 1_000
CONNECTIONS = 8
TURNS = 8
REQUESTS_A_TURN = 750
MIN_RATIO = 0.25


def lines() -> list[Line]:
    """The collector's one line."""
    bodies = collector_bodies(TURNS * REQUESTS_A_TURN, EVENTS_A_REQUEST, new_users(USERS))
    turns = [bodies[number::TURNS] for number in range(TURNS)]
    with (
        served_sandbox() as sandbox,
        served_baseline() as (port, process),
        beside(sandbox.process, process),
    ):
        rates = [
            (
                _events_per_second(sandbox.port, sandbox.collector_path, each),
                _events_per_second(port, bare_server.COLLECT, each),
            )
            for each in turns
        ]
    ratio = median(ours / theirs for ours, theirs in rates)
    ours, theirs = (median(each) for each in zip(*rates, strict=True))
    return [
        Line(
            f"collector: events a second, {EVENTS_A_REQUEST} a request, committed",
            f"≥ {MIN_RATIO} of a bare endpoint that parses the same",
            f"{ours:,.0f}, {ratio:.2f} of it",
            f"{theirs:,.0f}",
            ratio >= MIN_RATIO,
        )
    ]


def _events_per_second(port: int, path: str, bodies: list[bytes]) -> float:
    requests = [post_request(path, body) for body in bodies]
    return EVENTS_A_REQUEST * len(bodies) / seconds_for(port, requests, CONNECTIONS)


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(lines()))

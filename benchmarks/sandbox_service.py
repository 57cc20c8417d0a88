"""Reading a service of one user over HTTP, against a bare endpoint that answers the same JSON.

Both read the request's body as JSON. They are asked in turns, so that both see the same machine.
"""

from statistics import median

from benchmarks import bare_server
from benchmarks.load import beside, post_request, seconds_for
from benchmarks.project_events import (
    collector_bodies,
    new_users,
    read_request,
    served_baseline,
    served_sandbox,
)
from benchmarks.report import Line

USERS = 1_000
CONNECTIONS = 8
TURNS = 8
READS_A_TURN = 3_000
MIN_RATIO = 0.5


def lines() -> list[Line]:
    """The one line of reading."""
    users = new_users(USERS)
    asked = [users[number % USERS] for number in range(READS_A_TURN)]
    with served_sandbox() as sandbox, served_baseline() as (port, process):
        bodies = collector_bodies(USERS // 2, 10, users)
        seconds_for(
            sandbox.port, [post_request(sandbox.collector_path, body) for body in bodies], 1
        )
        ours = [read_request(sandbox.token, user) for user in asked]
        theirs = [read_request(sandbox.token, user, bare_server.READ) for user in asked]
        with beside(sandbox.process, process):
            seconds = [
                (
                    seconds_for(sandbox.port, ours, CONNECTIONS),
                    seconds_for(port, theirs, CONNECTIONS),
                )
                for _ in range(TURNS)
            ]
    ratio = median(bare / sandbox for sandbox, bare in seconds)
    ours_rate, bare_rate = (READS_A_TURN / median(each) for each in zip(*seconds, strict=True))
    return [
        Line(
            "reading a service of one user: answers a second",
            f"≥ {MIN_RATIO} of a bare endpoint that answers the same",
            f"{ours_rate:,.0f}, {ratio:.2f} of it",
            f"{bare_rate:,.0f}",
            ratio >= MIN_RATIO,
        )
    ]


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(lines()))

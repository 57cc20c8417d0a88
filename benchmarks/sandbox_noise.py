"""One noisy participant cannot slow the room: how long others wait while one sandbox is flooded.

The server is the one that the app embeds, with its default limits. In one sandbox a service is read
and an event is sent, in turns, every few milliseconds: first alone, then while other sandboxes are
flooded, each over a few connections as fast as they are answered: with requests as a tracker sends
them, until long after the limit answers most of them with 429, and with bodies of 2 MB, nearly as
large as may be. Then everything that `spoilers` has happens at once, from many sandboxes and over
thousands of connections, while the memory of the server's process is watched.

What the room feels of it is what it adds to a click, so each of the two may take half of what a
click may take as a whole (see `app_clicks`); how long they take without the flood is shown beside.
The floods share a core with who waits, so the time includes some 20 µs for each of their
connections that happens to be dealt with first.
"""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import uvloop
from snowplow_signals import SignalsSandbox

from benchmarks.http_client import connected
from benchmarks.load import beside, post_request
from benchmarks.project_events import (
    OWNER,
    TP2,
    VENDOR,
    collector_bodies,
    event_bodies,
    new_users,
    read_request,
)
from benchmarks.report import Line, percentile
from benchmarks.spoilers import spoiled
from lib.connection.backend import new_token, sandbox_collector
from lib.snowplow import definitions, publishing
from tests.support.processes import running
from tests.support.servers import free_port

# As benchmarks/sandbox_server.py, but with the limits that the app starts it with.
SERVER = """
import gc, sys, threading
from pathlib import Path
from lib.connection.backend import start_sandbox
start_sandbox(Path(sys.argv[2]), int(sys.argv[1]))
gc.collect()
gc.freeze()
threading.Event().wait()
"""
USERS = 100
QUIET_SECONDS = 2.0
PAUSE_SECONDS = 0.004
PATIENCE_SECONDS = 10.0
P95_MS = 30.0

SPOILED_SECONDS = 20.0
SPOILED_P99_MS = 250.0
SPOILED_MAX_MS = 1_000.0
GROWTH_MB = 300.0

WAITED_FOR = {"reading a service": "read", "sending an event": "post"}
# A body's events have the same eight digits at the start of their ids, which change each time.
ID_START = re.compile(rb'(?<="eid": ")[0-9a-f]{8}')

Seconds = dict[str, list[float]]


@dataclass(frozen=True)
class Flood:
    """What is sent to a sandbox without a pause, and for how long."""

    events_a_request: int
    connections: int
    seconds: float


# The first uses up what may come at once, in about eight seconds, and goes on.
FLOODS = (Flood(10, 8, 10.0), Flood(2_500, 2, 4.0))


def lines() -> list[Line]:
    """One line for each flood and for each of what others do."""
    with (
        _served() as (port, process),
        beside(process),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        quiet, flooded = runner.run(_waits(port))
        growth = process.memory_info().rss
        spoiled_seconds = runner.run(_spoiled_waits(port))
        growth = process.memory_info().rss - growth
    return [
        _line(what, flood, answers, quiet[kind], seconds[kind])
        for flood, answers, seconds in flooded
        for what, kind in WAITED_FOR.items()
    ] + _spoiled_lines(quiet["post"], spoiled_seconds["post"], growth / 1_000_000)


def _line(
    what: str, flood: Flood, answers: Counter[str], quiet: list[float], flooded: list[float]
) -> Line:
    baseline, measured = (1000 * percentile(each, 95) for each in (quiet, flooded))
    refused = answers["429"] / answers.total()
    return Line(
        f"{what} while another sandbox is flooded, {flood.events_a_request:,} events a request",
        f"p95 ≤ {P95_MS:.0f} ms",
        f"p95 {measured:.1f} ms ({answers.total():,} requests, {refused:.0%} refused)",
        f"without the flood: p95 {baseline:.1f} ms",
        measured <= P95_MS,
    )


def _spoiled_lines(quiet: list[float], seconds: list[float], growth_mb: float) -> list[Line]:
    p99, longest = 1000 * percentile(seconds, 99), 1000 * max(seconds)
    return [
        Line(
            "sending an event while others do all that they can to spoil it",
            f"p99 ≤ {SPOILED_P99_MS:.0f} ms, none > {SPOILED_MAX_MS:,.0f} ms",
            f"p99 {p99:.0f} ms, longest {longest:,.0f} ms ({len(seconds):,} events)",
            f"without them: p99 {1000 * percentile(quiet, 99):.1f} ms",
            p99 <= SPOILED_P99_MS and longest <= SPOILED_MAX_MS,
        ),
        Line(
            "what the server's memory grows by meanwhile",
            f"≤ {GROWTH_MB:.0f} MB",
            f"{growth_mb:.0f} MB",
            "",
            growth_mb <= GROWTH_MB,
        ),
    ]


async def _spoiled_waits(port: int) -> Seconds:
    """How long one waits in a sandbox while others do all that they can to spoil it."""
    users = new_users(USERS)
    token = await asyncio.to_thread(_new_sandbox, port)
    async with spoiled(port):
        posts = _Posts(token, event_bodies(users))
        return await _seconds_of(port, token, users, posts, SPOILED_SECONDS)


@contextmanager
def _served() -> Iterator[tuple[int, psutil.Process]]:
    """The port and the process of a server with a new database."""
    port = free_port()
    with TemporaryDirectory(prefix="benchmark-") as folder:
        command = ["-c", SERVER, str(port), str(Path(folder) / "sandbox.db")]
        with running(command, f"http://127.0.0.1:{port}/health") as process:
            yield port, process


async def _waits(port: int) -> tuple[Seconds, list[tuple[Flood, Counter[str], Seconds]]]:
    """How long one waits in a sandbox without a flood, and with each of them elsewhere."""
    users = new_users(USERS)
    token = _new_sandbox(port)
    posts = _Posts(token, event_bodies(users))
    quiet = await _seconds_of(port, token, users, posts, QUIET_SECONDS)
    flooded = []
    for flood in FLOODS:
        bodies = collector_bodies(
            max(1, 1_000 // flood.events_a_request), flood.events_a_request, users
        )
        async with _flooded(port, _Posts(_new_sandbox(port), bodies), flood) as answers:
            seconds = await _seconds_of(port, token, users, posts, flood.seconds)
        flooded.append((flood, answers, seconds))
    return quiet, flooded


def _new_sandbox(port: int) -> str:
    """The token of a sandbox with the default definitions published."""
    token = new_token()
    signals = SignalsSandbox(api_url=f"http://127.0.0.1:{port}", sandbox_token=token)
    publishing.publish(signals, definitions.Plan(OWNER, VENDOR))
    return token


class _Posts:
    """Requests to the collector of a sandbox, with bodies again and again but never the same id."""

    def __init__(self, token: str, bodies: Sequence[bytes]) -> None:
        self._path = sandbox_collector("", token) + TP2
        self._bodies = [ID_START.split(body) for body in bodies]
        self._numbers = count()

    def next(self) -> bytes:
        """The next request."""
        number = next(self._numbers)
        body = self._bodies[number % len(self._bodies)]
        return post_request(self._path, (b"%08x" % number).join(body))


async def _seconds_of(
    port: int, token: str, users: Sequence[str], posts: _Posts, seconds: float
) -> Seconds:
    """How long each answer took that one waited for in that time. Raises `RuntimeError` if one was
    refused, and `TimeoutError`."""
    client = await connected(port)
    waited: Seconds = {kind: [] for kind in WAITED_FOR.values()}
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for kind in waited:
            await asyncio.sleep(random.uniform(0, 2 * PAUSE_SECONDS))
            request = read_request(token, random.choice(users)) if kind == "read" else posts.next()
            began = time.perf_counter()
            async with asyncio.timeout(PATIENCE_SECONDS):
                status = await client.status_of(request)
            waited[kind].append(time.perf_counter() - began)
            if status != "200":
                raise RuntimeError(f"{kind} was answered with {status}")
    client.close()
    return waited


@asynccontextmanager
async def _flooded(port: int, posts: _Posts, flood: Flood) -> AsyncIterator[Counter[str]]:
    """A sandbox is flooded while the block runs; how often it answered what."""
    answers: Counter[str] = Counter()

    async def send() -> None:
        client = await connected(port)
        try:
            while True:
                answers[await client.status_of(posts.next())] += 1
        finally:
            client.close()

    tasks = [asyncio.create_task(send()) for _ in range(flood.connections)]
    try:
        yield answers
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    failed = [each for each in ended if not isinstance(each, asyncio.CancelledError)]
    if failed or not answers:
        raise RuntimeError(f"the flood ended by itself: {failed}")


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(lines()))

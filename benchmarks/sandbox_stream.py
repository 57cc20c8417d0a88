"""From sending an event to the intervention at its subscriber, with five hundred of them open.

Each event is the fifth task of one of the 500 users and triggers the nudge for them. The clock runs
from the moment that the event's request is sent until its `data:` line is here; the subscribers
and whoever sends are in another process than the server.
"""

import asyncio
import random
import time

import uvloop

from benchmarks.load import beside, seconds_for
from benchmarks.project_events import ServedSandbox, event_bodies, new_users, served_sandbox
from benchmarks.report import Line, percentile

SUBSCRIPTIONS = 500
TASKS_BEFORE = 4
CONNECTIONS = 8
PAUSE_SECONDS = 0.01
PATIENCE_SECONDS = 10.0
P99_MS = 20.0


def lines() -> list[Line]:
    """The one line of latency."""
    users = new_users(SUBSCRIPTIONS)
    with served_sandbox() as sandbox, beside(sandbox.process):
        for _ in range(TASKS_BEFORE):
            seconds_for(sandbox.port, sandbox.requests(event_bodies(users)), CONNECTIONS)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            latencies = runner.run(_latencies(sandbox, users))
    p50, p99 = (1000 * percentile(latencies, percent) for percent in (50, 99))
    return [
        Line(
            f"event sent to its `data:` line, {SUBSCRIPTIONS} subscriptions open",
            f"p99 ≤ {P99_MS:.0f} ms",
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms",
            "",
            p99 <= P99_MS,
        )
    ]


async def _latencies(sandbox: ServedSandbox, users: list[str]) -> list[float]:
    """The seconds of each user's intervention, one user after the other."""
    loop = asyncio.get_running_loop()
    subscribers = {user: _Subscriber(sandbox.token, user) for user in users}
    for each in subscribers.values():
        await loop.create_connection(lambda each=each: each, "127.0.0.1", sandbox.port)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*(each.connected for each in subscribers.values()))
    sender, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", sandbox.port)
    requests = dict(zip(users, sandbox.requests(event_bodies(users)), strict=True))
    latencies = []
    for user in random.sample(users, len(users)):
        await asyncio.sleep(random.uniform(0, 2 * PAUSE_SECONDS))
        sent_at = time.perf_counter()
        sender.write(requests[user])
        async with asyncio.timeout(PATIENCE_SECONDS):
            latencies.append(await subscribers[user].received_at - sent_at)
    return latencies


class _Subscriber(asyncio.Protocol):
    """One open stream of interventions, which notes when the first arrives."""

    def __init__(self, token: str, user: str) -> None:
        loop = asyncio.get_running_loop()
        self.connected: asyncio.Future[None] = loop.create_future()
        self.received_at: asyncio.Future[float] = loop.create_future()
        self._request = (
            f"GET /api/v1/interventions?user_id={user} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {token}\r\n\r\n"
        ).encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if b": connected" in data and not self.connected.done():
            self.connected.set_result(None)
        if b"data: " in data and not self.received_at.done():
            self.received_at.set_result(time.perf_counter())


if __name__ == "__main__":
    from benchmarks.report import table

    print(table(lines()))

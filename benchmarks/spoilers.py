"""What somebody might send to a sandbox's server to spoil it for the others, all at once.

Each kind goes on until it is cancelled: as fast as it is answered, over connections of its own, and
mostly to a new sandbox each time, so that no limit of a sandbox ends it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import count, cycle

from benchmarks.http_client import Client, connected
from benchmarks.load import post_request
from benchmarks.project_events import TP2
from lib.connection.backend import new_token, sandbox_collector

CONTEXTS = "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0"
PAYLOAD = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
PROJECT = {"schema": "iglu:com.example/project/jsonschema/1-0-0", "data": {"project_id": "a"}}
USER = "6a7b2c1e-0a3c-4d9e-8a57-2f5b1c7d9e01"
UNFINISHED = 1_000
UNFINISHED_BYTES = 1_900_000
SILENT = 1_000
DEAF = 20
GROUPS = 100
ATTRIBUTES = 100


def event_body(**fields: str) -> bytes:
    """A payload with one event."""
    event = {"e": "se", "p": "web", "tv": "test", **fields}
    return json.dumps({"schema": PAYLOAD, "data": [event]}).encode()


def event_requests() -> Iterator[bytes]:
    """Large numbers, many entities, many keys and deep nesting."""
    entities = json.dumps({"schema": CONTEXTS, "data": [PROJECT] * 15_000})
    deep = json.dumps({"schema": CONTEXTS, "data": json.loads("[" * 99 + "]" * 99)})
    bodies = [
        event_body(se_va="1" * 1_000_000),
        event_body(se_va="0." + "0" * 1_000_000 + "1"),
        event_body(co=entities),
        event_body(co=deep),
        event_body(**{f"key{number}": "" for number in range(100_000)}),
        b'{"schema":"%b","data":[%b{}]}' % (PAYLOAD.encode(), b'{"a":[[]]},' * 150_000),
    ]
    for body in cycle(bodies):
        yield post_request(sandbox_collector("", new_token()) + TP2, body)


def definition_requests() -> Iterator[bytes]:
    """Groups with many attributes, in one sandbox after the other."""
    for number in count():
        if number % GROUPS == 0:
            path = f"/sandbox/{new_token()}/api/v1/registry/attribute_groups/"
        yield post_request(path, json.dumps(_group(f"group_{number}")).encode())


def _group(name: str) -> dict[str, object]:
    attributes = [
        {"name": f"a{number}", "type": "int32", "aggregation": "counter", "events": [{"name": "a"}]}
        for number in range(ATTRIBUTES)
    ]
    key = {"name": "user_id"}
    owner = "ada@example.com"
    published = {"is_published": True, "online": True, "ttl": None, "version": 1}
    return {
        "name": name,
        "attribute_key": key,
        "owner": owner,
        "attributes": attributes,
    } | published


def sandbox_requests() -> Iterator[bytes]:
    """A new sandbox with each request."""
    while True:
        yield f"GET /sandbox/{new_token()}/stats HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def push_requests(token: str) -> Iterator[bytes]:
    """Interventions of 50 kB for somebody who does not read them."""
    path = f"/sandbox/{token}/api/v1/interventions?user_id={USER}"
    pushed = {"name": "a", "version": 1, "attributes": {"a": "x" * 50_000}}
    while True:
        yield post_request(path, json.dumps(pushed).encode())


async def _send_all(port: int, requests: Iterator[bytes]) -> None:
    """Send one request after the other, and connect again when the server hangs up."""
    while True:
        client = await connected(port)
        try:
            while True:
                await client.status_of(next(requests))
        except RuntimeError:
            continue
        finally:
            client.close()


async def _hold(port: int, start: bytes, at_once: int) -> None:
    """Keep so many connections open that sent `start` and read nothing."""

    async def one() -> None:
        while True:
            loop = asyncio.get_running_loop()
            transport, client = await loop.create_connection(Client, "127.0.0.1", port)
            try:
                transport.pause_reading()
                transport.write(start)
                await client.is_lost.wait()
            finally:
                transport.abort()
            await asyncio.sleep(0.5)

    await asyncio.gather(*(one() for _ in range(at_once)))


def kinds(port: int) -> list[Callable[[], Awaitable[None]]]:
    """Everything that goes on at once."""
    token, head = new_token(), "Host: localhost\r\nContent-Length: 2000000\r\n\r\n"
    unfinished = f"POST {sandbox_collector('', token)}{TP2} HTTP/1.1\r\n{head}".encode()
    listen = f"GET /sandbox/{token}/api/v1/interventions?user_id={USER} HTTP/1.1\r\n"
    return [
        *[lambda: _send_all(port, event_requests())] * 2,
        lambda: _send_all(port, definition_requests()),
        lambda: _send_all(port, sandbox_requests()),
        lambda: _send_all(port, push_requests(token)),
        lambda: _hold(port, f"{listen}Host: localhost\r\n\r\n".encode(), DEAF),
        lambda: _hold(port, unfinished + b" " * UNFINISHED_BYTES, UNFINISHED),
        lambda: _hold(port, b"", SILENT),
    ]


@asynccontextmanager
async def spoiled(port: int) -> AsyncIterator[None]:
    """All of it goes on while the block runs. Raises what a kind ended with by itself."""
    tasks = [asyncio.create_task(kind()) for kind in kinds(port)]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)

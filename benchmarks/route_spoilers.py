"""What somebody might do to the address for code to spoil the app for everybody else, all at once.

`python -m benchmarks.route_spoilers PORT TOKEN` goes on until it is ended: requests as fast as they
are answered, with a token and with wrong ones, streams that nobody needs, and bodies that never
end. Half of its requests obey no limit.
"""

import asyncio
import sys
from contextlib import suppress
from itertools import count

import uvloop

from benchmarks.http_client import connected
from benchmarks.load import post_request
from benchmarks.project_events import TP2
from benchmarks.spoilers import event_body

FLOODS = 8
WRONG = 4
STREAMS = 40
SLOW_BODIES = 40
DROP_SECONDS = 0.5


async def main(port: int, token: str) -> None:
    """Everything at once, for ever."""
    path = f"/sandbox/{token}"
    event = post_request(path + TP2, event_body())
    reset = post_request(f"{path}/reset", b"")
    wrong = post_request(f"/sandbox/{token[::-1]}{TP2}", event_body())
    async with asyncio.TaskGroup() as group:
        for _ in range(FLOODS):
            group.create_task(_again_and_again(port, event))
        for request in (reset, wrong) * (WRONG // 2):
            group.create_task(_again_and_again(port, request))
        for number in range(STREAMS):
            group.create_task(_listening(port, path, number))
        for _ in range(SLOW_BODIES):
            group.create_task(_dripping(port, path))


async def _again_and_again(port: int, request: bytes) -> None:
    while True:
        with suppress(OSError, RuntimeError):
            client = await connected(port)
            while True:
                await client.status_of(request)


async def _listening(port: int, path: str, number: int) -> None:
    """A stream, opened again whenever it is refused or ends."""
    line = f"GET {path}/api/v1/interventions?user_id={number} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    while True:
        with suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(line.encode())
            while await reader.read(65_536):
                pass


async def _dripping(port: int, path: str) -> None:
    """A body that comes byte by byte, and another one whenever it is refused."""
    head = f"POST {path}{TP2} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head.encode())
            for _ in count():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(DROP_SECONDS)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1]), sys.argv[2]))

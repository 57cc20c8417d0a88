"""Running the server: in a thread of the app's process, or as the process itself.

`Server` overrides methods of uvicorn's that are not documented. A test says so when they are gone
(tests/sandbox/server/test_relied_on.py).
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from lib.sandbox.clock import Clock, system_clock
from lib.sandbox.limits import Limits
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.server.app import create_app
from lib.sandbox.server.host_check import LOOPBACK_NAMES
from lib.sandbox.server.prompt_http import prompt_http
from lib.sandbox.storage.limited_store import LimitedStore
from lib.sandbox.storage.store import Store

SCHEMAS = Path(__file__).parent.parent.parent / "schemas"
IGLU_CENTRAL = Path(__file__).parent.parent.parent / "iglu_central"
LOOPBACK = "127.0.0.1"
START_SECONDS = 10.0
STOP_SECONDS = 10.0

log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """A uvicorn server that ends its endless streams when it stops, instead of waiting for them.

    `proxies` are the addresses whose `X-Forwarded-For` is believed: a client's address is the last
    one in it that is not a proxy's.
    """

    def __init__(self, app: FastAPI, host: str, port: int, proxies: Sequence[str] = ()) -> None:
        protocol = prompt_http()
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                http=protocol,
                ws="none",
                limit_concurrency=protocol.held.at_most,  # beyond it uvicorn answers 503
                proxy_headers=bool(proxies),
                forwarded_allow_ips=list(proxies),
                log_level="warning",
                access_log=False,  # its paths contain tokens
            )
        )
        self._sandboxes: Sandboxes = app.state.sandboxes
        self.started_or_failed = threading.Event()

    @property
    def loop_factory(self) -> Callable[[], asyncio.AbstractEventLoop] | None:
        """Makes the event loop that the server runs on: uvloop's where it is installed."""
        return self.config.get_loop_factory()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.started_or_failed.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._sandboxes.close_streams()
        await super().shutdown(sockets)


def sandbox_app(
    database: Path,
    *,
    isolated: bool,
    clock: Clock = system_clock,
    limits: Limits | None = None,
    hosts: Iterable[str] | None = None,
) -> FastAPI:
    """The application on a database file. Raises `sqlite3.Error` if it cannot be opened."""
    store = Store(database) if limits is None else LimitedStore(database, limits)
    iglu = Iglu(SCHEMAS, on_request=_iglu_central())
    for problem in iglu.problems:
        log.warning("Schema %s: %s", problem.schema, problem.reason)
    sandboxes = Sandboxes(store, iglu, clock, isolated=isolated, limits=limits)
    return create_app(sandboxes, hosts)


@cache
def _iglu_central() -> Iglu:
    """The optional schemas of sandboxes. All servers of a process share them: nobody changes them,
    and reading them takes two thirds of the time that a server takes to start."""
    return Iglu(IGLU_CENTRAL)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket for a server; port 0 picks a free one. Raises `OSError` if it is taken.

    Its connections send at once. Otherwise an answer on a kept connection waits 40 ms for the
    client to acknowledge its first half. asyncio turns that off only for sockets whose protocol is
    explicitly TCP, which `create_server` does not make.
    """
    listening = socket.create_server((host, port))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class EmbeddedServer:
    """A server in a daemon thread, on a loopback port, which answers only to loopback names.

    `url` is its address, without a slash at the end. `is_stopped` says that `stop` was called: a
    thread that ended otherwise has died. `app` is FastAPI's and `server` uvicorn's. Raises
    `RuntimeError` if it does not start.
    """

    def __init__(
        self,
        database: Path,
        clock: Clock = system_clock,
        port: int = 0,
        limits: Limits | None = None,
    ) -> None:
        self.app = sandbox_app(
            database, isolated=True, clock=clock, limits=limits, hosts=LOOPBACK_NAMES
        )
        try:
            self._socket = listening_socket(LOOPBACK, port)
        except OSError:
            self.app.state.sandboxes.store.close()
            raise
        self.is_stopped = False
        self.server = Server(self.app, LOOPBACK, self._socket.getsockname()[1])
        self.url = f"http://{LOOPBACK}:{self.server.config.port}"
        self._thread = threading.Thread(
            target=self.server.run, args=([self._socket],), name="sandbox", daemon=True
        )
        self._thread.start()
        self.server.started_or_failed.wait(START_SECONDS)
        if not self.server.started:
            self.stop()
            raise RuntimeError("The sandbox server did not start.")

    @property
    def schema_problems(self) -> list[tuple[str, str]]:
        """The schemas that are not used, or not wholly: each one's file or URI, and the reason."""
        sandboxes: Sandboxes = self.app.state.sandboxes
        return [(each.schema, each.reason) for each in sandboxes.iglu.problems]

    @property
    def is_alive(self) -> bool:
        """Whether the server's thread runs."""
        return self._thread.is_alive()

    @property
    def trouble(self) -> str:
        """What is wrong with the database's file; empty while nothing is."""
        trouble: str = self.app.state.sandboxes.store.file.trouble
        return trouble

    def stop(self) -> None:
        """End the server and wait for its thread; the database and the port are closed.

        A thread that does not end within STOP_SECONDS keeps them until the process ends.
        """
        self.is_stopped = True
        self.server.should_exit = True
        self._thread.join(STOP_SECONDS)
        if self.is_alive:
            return
        self._socket.close()  # uvloop closes it; asyncio's own loop does not
        self.app.state.sandboxes.close()

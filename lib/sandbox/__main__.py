"""`python -m lib.sandbox`: the sandbox alone, for any Snowplow tracker and any Signals SDK.

`python -m lib.sandbox run` runs a program against it: see `run`.
"""

import argparse
import asyncio
import gc
import logging
import socket
import sqlite3
import sys
import tempfile
from contextlib import closing
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from lib.sandbox.console import CREDENTIALS, FIRST_CELL
from lib.sandbox.limits import Limits
from lib.sandbox.run import command, run

# The server is imported where it is used: importing it takes most of a second, and `run` does not
# need it.
if TYPE_CHECKING:
    from fastapi import FastAPI

    from lib.sandbox.server.serving import Server

OPEN_TO_ALL = (
    "Warning: anyone who can reach {} can read and write everything here. There is no TLS and no"
    " sign-in; --isolated gives each token its own sandbox."
)
OPEN_TO_TOKENS = (
    "Warning: anyone who can reach {} can make sandboxes, and use one whose token they know."
    " There is no TLS: tokens can be read in transit."
)


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    parser = argparse.ArgumentParser(
        prog=command(),
        description="The sandbox alone, for any Snowplow tracker and any Signals SDK.",
        epilog=f"{command()} run SCRIPT runs a program that connects with Signals(...).",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8085, help="port; 0 picks a free one")
    parser.add_argument("--db", type=Path, help="file to keep everything in (default: a new one)")
    parser.add_argument(
        "--isolated", action="store_true", help="one sandbox for each token instead of one for all"
    )
    parser.add_argument(
        "--limits",
        action="store_true",
        help="limit what a sandbox may send and keep, and what an address may send if others can"
        " reach this server; always on with --isolated",
    )
    parser.add_argument(
        "--proxy",
        action="append",
        default=[],
        type=proxy_address,
        metavar="ADDRESS",
        help="an address or network of proxies in front of this server, whose X-Forwarded-For says"
        " who sends a request; may be given more than once (default: none)",
    )
    return parser


def proxy_address(text: str) -> str:
    """An option's IP address or network. Raises `ValueError`."""
    return str(ip_network(text))


def app_for(options: argparse.Namespace, bound: str, database: Path) -> "FastAPI":
    """The application for a server that is bound to this IP address."""
    from lib.sandbox.server.host_check import LOOPBACK_NAMES
    from lib.sandbox.server.serving import sandbox_app

    is_loopback = ip_address(bound).is_loopback
    is_limited = options.limits or options.isolated
    return sandbox_app(
        database,
        isolated=options.isolated,
        limits=Limits(per_address=bool(options.proxy) or not is_loopback) if is_limited else None,
        # A server that others can reach may have any name.
        hosts={*LOOPBACK_NAMES, bound, options.host} if is_loopback else None,
    )


def serve(listening: socket.socket, options: argparse.Namespace, database: Path) -> None:
    """Serve until interrupted, on uvloop where it is installed."""
    from lib.sandbox.server.serving import Server

    host, port = listening.getsockname()[:2]
    app = app_for(options, host, database)
    server = Server(app, host, port, options.proxy)
    gc.collect()
    gc.freeze()  # imported objects stay: collecting through them again and again delays requests
    with (
        closing(app.state.sandboxes.store),
        asyncio.Runner(loop_factory=server.loop_factory) as runner,
    ):
        runner.run(serve_on_loop(server, listening, options))


async def serve_on_loop(
    server: "Server", listening: socket.socket, options: argparse.Namespace
) -> None:
    """Serve until interrupted; prints where once the server answers."""
    host, port = listening.getsockname()[:2]
    isolated: bool = options.isolated
    if not ip_address(host).is_loopback:
        warning = OPEN_TO_TOKENS if isolated else OPEN_TO_ALL
        print(warning.format(options.host), file=sys.stderr, flush=True)
    serving = asyncio.create_task(server.serve([listening]))
    await asyncio.to_thread(server.started_or_failed.wait)
    if server.started:
        print(addresses(f"http://{host}:{port}", isolated=isolated), flush=True)
    await serving


def addresses(url: str, *, isolated: bool) -> str:
    """What a client of this server needs to know."""
    named = f"{url}/sandbox/<token>" if isolated else url
    constants = {"COLLECTOR_URL": named, "SIGNALS_API_URL": named, **CREDENTIALS}
    return "\n".join(
        [
            f"Collector URL: {named}",
            f"Signals URL:   {url}",
            "",
            "For a program that connects with Signals(api_url=..., api_key=...), as tutorials do:",
            *(f'{name} = "{value}"' for name, value in constants.items()),
            f"Run it with: {command()} run SCRIPT",
            f"Or begin a notebook with: {FIRST_CELL}",
            "Both answer Console's token request on this machine, and replace nothing else.",
        ]
    )


def show_warnings() -> None:
    """Print the sandbox's warnings, for the one person or team that it serves."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("Warning: %(message)s"))
    logging.getLogger("lib.sandbox").addHandler(handler)


def main() -> int:
    """Returns the exit code: 1 if the address or the database cannot be used."""
    if sys.argv[1:2] == ["run"]:
        return run(sys.argv[2:])
    from lib.sandbox.server.serving import listening_socket

    options = parser().parse_args()
    if not options.isolated:
        show_warnings()
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        database = options.db or Path(folder) / "sandbox.db"
        try:
            with listening_socket(options.host, options.port) as listening:
                serve(listening, options, database)
        except KeyboardInterrupt:
            return 0
        except OSError as error:
            print(f"Cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
            return 1
        except sqlite3.Error as error:
            print(f"Cannot use the database {database}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

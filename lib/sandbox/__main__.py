"""`python -m lib.sandbox`: the sandbox alone, for any Snowplow tracker and any Signals SDK."""

import argparse
import asyncio
import socket
import sqlite3
import sys
import tempfile
from pathlib import Path

from lib.sandbox.serving import Server, listening_socket, sandbox_app


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m lib.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8085, help="port; 0 picks a free one")
    parser.add_argument("--db", type=Path, help="file to keep everything in (default: a new one)")
    parser.add_argument(
        "--isolated", action="store_true", help="one sandbox for each token instead of one for all"
    )
    return parser


async def serve(listening: socket.socket, database: Path, *, isolated: bool) -> None:
    """Serve until interrupted; says where once the server answers."""
    host, port = listening.getsockname()[:2]
    app = sandbox_app(database, isolated=isolated)
    server = Server(app, host, port)
    serving = asyncio.create_task(server.serve([listening]))
    await asyncio.to_thread(server.started_or_failed.wait)
    if server.started:
        url = f"http://{host}:{port}"
        path = "/sandbox/<token>" if isolated else ""
        print(f"Collector URL: {url}{path}\nSignals URL:   {url}", flush=True)
    await serving
    app.state.sandboxes.store.close()


def main() -> int:
    """Returns the exit code: 1 if the address or the database cannot be used."""
    options = parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        database = options.db or Path(folder) / "sandbox.db"
        try:
            with listening_socket(options.host, options.port) as listening:
                asyncio.run(serve(listening, database, isolated=options.isolated))
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

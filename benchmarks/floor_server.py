"""The collector's floor: the least that a server in Python can do and still keep what it is sent.

`python -m benchmarks.floor_server PORT FILE`. It parses, decodes, validates with jsonschema-rs,
inserts the event and what it changes, and commits before it answers, with the sandbox's schemas,
tables and file settings. It computes nothing, and whatever is wrong is an error. The stack is the
bare server's.
"""

import base64
import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from jsonschema_rs import Draft4Validator
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lib.sandbox.storage.database import Database

COLLECT = "/collect"
SCHEMAS = Path(__file__).parents[1] / "lib" / "schemas"
GROUP_ID = 1
NEW_EVENT = (
    "INSERT OR IGNORE INTO event (sandbox_id, event_id, collector_tstamp, user_id, payload,"
    " received) VALUES (1, ?, ?, ?, ?, ?) RETURNING seq"
)
NEW_CHANGE = "INSERT INTO profile_change VALUES (?, ?, ?, ?)"


def validators() -> dict[str, Draft4Validator]:
    """The bundled schemas by their Iglu address."""
    found = {}
    for path in SCHEMAS.glob("*/*/jsonschema/*"):
        schema = json.loads(path.read_text())
        vendor, name = path.parts[-4], path.parts[-3]
        del schema["$schema"]  # Iglu's own, which only says where the schema belongs
        found[f"iglu:{vendor}/{name}/jsonschema/{path.name}"] = Draft4Validator(schema)
    return found


class Floor:
    """The one route, and what it needs."""

    def __init__(self, file: Path) -> None:
        self._validators = validators()
        self._database = Database(file)

    async def collect(self, request: Request) -> Response:
        """Keeps the events of a payload, all of them or none."""
        rows = orjson.loads(await request.body())["data"]
        now = time.time_ns() // 1_000_000
        received = orjson.dumps([now, request.client.host if request.client else None])
        with self._database.transaction(is_synced=False):
            for row in rows:
                self._keep(row, now, received)
        return PlainTextResponse("ok")

    def _keep(self, row: dict[str, str], now: int, received: bytes) -> None:
        event = _decoded(row["ue_px"])["data"]
        entities = _decoded(row["cx"])["data"]
        for each in (event, *entities):
            self._validators[each["schema"]].validate(each["data"])
        user_id, payload = row["uid"], orjson.dumps(row)
        values = (uuid.UUID(row["eid"]).bytes, now, user_id, payload, received)
        (number,) = self._database.db.execute(NEW_EVENT, values).fetchone()
        change = orjson.dumps(event["data"]["priority"])
        self._database.db.execute(NEW_CHANGE, (GROUP_ID, user_id, number, change))


def _decoded(text: str) -> Any:
    return orjson.loads(base64.urlsafe_b64decode(text))


async def health(request: Request) -> Response:
    """Whether the server answers."""
    return PlainTextResponse("ok")


if __name__ == "__main__":
    floor = Floor(Path(sys.argv[2]))
    app = Starlette(
        routes=[
            Route(COLLECT, floor.collect, methods=["POST"]),
            Route("/health", health),
        ]
    )
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)

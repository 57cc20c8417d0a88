"""The baseline of the sandbox: routes that read the same requests and do nothing else.

`python -m benchmarks.bare_server PORT`, on the stack that the sandbox runs on: Starlette, uvicorn,
uvloop and httptools.
"""

import sys

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

COLLECT = "/collect"
READ = "/read"


async def collect(request: Request) -> Response:
    """Takes a payload of events and only parses it."""
    orjson.loads(await request.body())
    return PlainTextResponse("ok")


async def read(request: Request) -> Response:
    """Answers what the sandbox's service answers, with constants for values."""
    asked = orjson.loads(await request.body())
    answer = {
        "user_id": asked["attribute_keys"]["user_id"],
        "tasks_completed_count": [4],
        "last_completed_task_priority": ["medium"],
    }
    return Response(orjson.dumps(answer), media_type="application/json")


async def health(request: Request) -> Response:
    """Whether the server answers."""
    return PlainTextResponse("ok")


app = Starlette(
    routes=[
        Route(COLLECT, collect, methods=["POST"]),
        Route(READ, read, methods=["POST"]),
        Route("/health", health),
    ]
)

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)

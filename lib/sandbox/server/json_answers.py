"""How every route reads and answers: strict JSON, and errors in the shape of the real API."""

from collections.abc import Callable
from typing import Any

import orjson
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lib.sandbox.errors import InvalidDefinition

AHEAD = "Sandbox-Ahead-Seconds"


class StrictJson(JSONResponse):
    """Strict JSON: a value that JSON does not have never leaves the server."""

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


def dated(request: Request, response: Response) -> Response:
    """Add how far ahead the sandbox's clock is, so that nobody has to ask *(ours)*."""
    sandbox = getattr(request.state, "sandbox", None)
    if sandbox is not None:
        response.headers[AHEAD] = str(sandbox.clock_offset / 1000)
    return response


class Refusal(BaseModel):
    """The body of every error."""

    detail: Any


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors that a route may answer with, for its description in OpenAPI."""
    return {status: {"model": Refusal} for status in statuses}


class StrictRequest(Request):
    """A request whose JSON is read strictly: no NaN, no infinity, no lone surrogates."""

    async def json(self) -> Any:
        return orjson.loads(await self.body())


class StrictRoute(APIRoute):
    """A route that reads its body with `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()

        async def strict_handler(request: Request) -> Response:
            if not isinstance(request, StrictRequest):
                request = StrictRequest(request.scope, request.receive)
            return dated(request, await handler(request))

        return strict_handler


async def answer_refusal(request: Request, error: Any) -> Response:
    """What the sandbox refuses."""
    return dated(request, StrictJson({"detail": error.detail}, status_code=error.status))


async def answer_invalid_request(request: Request, error: Any) -> Response:
    """A body or a parameter that is not what the route reads."""
    problems = [
        {"loc": list(each["loc"]), "msg": each["msg"], "type": each["type"]}
        for each in error.errors()
    ]
    return StrictJson({"detail": problems}, status_code=InvalidDefinition.status)


async def answer_http_error(request: Request, error: Any) -> Response:
    """No such path, no such method."""
    return StrictJson(
        {"detail": error.detail}, status_code=error.status_code, headers=error.headers
    )


async def answer_nobody(request: Request, error: Any) -> Response:
    """The client hung up halfway: nothing to answer, nothing to log."""
    return Response()


async def answer_broken_store(request: Request, error: Any) -> Response:
    """The database cannot be used: trackers send again, and nothing is lost."""
    return StrictJson(
        {"detail": f"The sandbox cannot use its database: {error}. Nothing was stored."},
        status_code=503,
    )

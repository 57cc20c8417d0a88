"""How every route reads and answers: strict JSON, and errors in the shape of the real API."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from typing import Any

import orjson
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Message

from lib.sandbox.errors import InvalidDefinition
from lib.sandbox.limits import (
    DEFINITION_BYTES,
    JSON_BYTES,
    JSON_DEPTH,
    JSON_ITEMS,
    JSON_OBJECTS,
    PROBLEMS_LISTED,
)
from lib.sandbox.sandbox import Sandbox

AHEAD = b"sandbox-ahead-seconds"
DEFINITIONS = b"sandbox-definitions"
STREAMED_BYTES = 64 * 1024
FEW_PARTS = min(JSON_DEPTH, JSON_ITEMS - 1, JSON_OBJECTS)


class StrictJson(JSONResponse):
    """Strict JSON: a value that JSON does not have never leaves the server."""

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


class JsonStream(StreamingResponse):
    """A list in strict JSON, sent while it is read: nobody has to hold all of it."""

    def __init__(self, items: AsyncIterable[Any]) -> None:
        super().__init__(_json_list(items), media_type="application/json")


async def _json_list(items: AsyncIterable[Any]) -> AsyncIterator[bytes]:
    part = bytearray(b"[")
    separator = b""
    async for item in items:
        part += separator + orjson.dumps(item)
        separator = b","
        if len(part) > STREAMED_BYTES:
            yield bytes(part)
            part.clear()
    yield bytes(part + b"]")


def stamped(request: Request, response: Response) -> Response:
    """The response, stamped by the sandbox that the request is for, if it is for one."""
    sandbox: Sandbox | None = getattr(request.state, "sandbox", None)
    return response if sandbox is None else stamped_by(sandbox, response)


def stamped_by(sandbox: Sandbox, response: Response) -> Response:
    """Add how far ahead the sandbox's clock is, and a number that changes with its definitions, so
    that nobody has to ask *(ours)*."""
    response.raw_headers += [
        (AHEAD, str(sandbox.clock_offset / 1000).encode()),
        (DEFINITIONS, str(sandbox.registry.revision).encode()),
    ]
    return response


class Refusal(BaseModel):
    """The body of every error."""

    detail: Any


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors that a route may answer with, for its description in OpenAPI."""
    return {status: {"model": Refusal} for status in statuses}


async def whole_body(request: Request) -> bytes:
    """The body of a request that nobody has read. Starlette's own way costs twice as much.

    Raises `ClientDisconnect`.
    """
    parts: list[bytes] = []
    is_more = True
    while is_more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        is_more = message.get("more_body", False)
    return b"".join(parts)


class StrictRequest(Request):
    """A request whose JSON is read strictly: no NaN, no infinity, no lone surrogates."""

    _parsed: Any = None
    _whole: bytes | None = None
    _failure: Exception | None = None

    async def body(self) -> bytes:
        if self._failure is not None:
            raise self._failure
        if self._whole is None:
            try:
                self._whole = await whole_body(self)
            except (HTTPException, ClientDisconnect) as error:  # the next reader gets it too
                self._failure = error
                raise
        return self._whole

    async def receive_again(self) -> Message:
        """The body as a message, for somebody else to read."""
        return {"type": "http.request", "body": await self.body(), "more_body": False}

    async def json(self) -> Any:
        if self._parsed is None:
            self._parsed = orjson.loads(await self.body())
        return self._parsed

    async def refuse_large(self, most_bytes: int) -> None:
        """Raise InvalidDefinition if the body has more bytes, or its JSON has too many parts."""
        body = await self.body()
        size = len(body)
        if size > most_bytes:
            raise _refused(f"this request has {size:,} bytes, at most {most_bytes:,} are allowed")
        if body.count(b"[") + body.count(b"{") <= FEW_PARTS and body.count(b",") <= FEW_PARTS:
            return  # there cannot be more parts, and this check is far cheaper
        try:
            value = await self.json()
        except orjson.JSONDecodeError:
            return  # FastAPI says what is wrong
        _refuse_many_parts(value)


class StrictRoute(APIRoute):
    """A route that reads its body with `StrictRequest`."""

    most_bytes = JSON_BYTES

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()
        body = self.body_field
        model: Any = None if body is None else body.field_info.annotation
        expected: TypeAdapter[Any] | None = None if model is None else TypeAdapter(model)

        async def strict_handler(request: Request) -> Response:
            if not isinstance(request, StrictRequest):
                request = StrictRequest(request.scope, request.receive)
            if expected is not None:
                await request.refuse_large(self.most_bytes)
                await _refuse_hopeless(request, expected)
            return stamped(request, await handler(request))

        return strict_handler


class DefinitionRoute(StrictRoute):
    """A route that reads definitions, which cost more to check."""

    most_bytes = DEFINITION_BYTES


async def _refuse_hopeless(request: StrictRequest, expected: TypeAdapter[Any]) -> None:
    """Raise InvalidDefinition for a body with so many problems that listing them takes minutes."""
    try:
        expected.validate_python(await request.json())
    except ValidationError as error:
        count = error.error_count()
        if count > PROBLEMS_LISTED:
            raise _refused(
                f"this request has {count:,} problems, too many to list. See what it must contain"
                " at /docs."
            ) from error
    except ValueError:
        return  # no JSON: FastAPI says what is wrong


def _refused(message: str) -> InvalidDefinition:
    return InvalidDefinition((["body"], message))


def _refuse_many_parts(value: Any) -> None:
    """Raise InvalidDefinition for JSON that would take long to check against a model."""
    level, depth, count = _containers([value]), 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        largest = max(map(len, level))
        if depth > JSON_DEPTH:
            raise _refused(f"this request is nested more than {JSON_DEPTH} deep")
        if largest > JSON_ITEMS:
            raise _refused(
                f"this request has a list or an object with {largest:,} items, at most"
                f" {JSON_ITEMS:,} are allowed"
            )
        if count > JSON_OBJECTS:
            raise _refused(
                f"this request has {count:,} lists and objects or more, at most {JSON_OBJECTS:,}"
                " are allowed. Spread it over several."
            )
        level = [
            child
            for each in level
            for child in _containers(each.values() if isinstance(each, dict) else each)
        ]


def _containers(values: Iterable[Any]) -> list[Any]:
    """The lists and objects among values that are not empty."""
    return [value for value in values if value and isinstance(value, list | dict)]


async def answer_refusal(request: Request, error: Any) -> Response:
    """What the sandbox refuses."""
    return stamped(request, StrictJson({"detail": error.detail}, status_code=error.status))


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


async def answer_failure(request: Request, error: Any) -> Response:
    """A fault in the sandbox. Starlette raises it again, so that it is logged."""
    detail = "The sandbox failed to answer this request. Its log says why."
    return StrictJson({"detail": detail}, status_code=500)


async def answer_broken_store(request: Request, error: Any) -> Response:
    """The database cannot be used: trackers send again, and nothing is lost."""
    return StrictJson(
        {"detail": f"The sandbox cannot use its database: {error}. Nothing was stored."},
        status_code=503,
    )

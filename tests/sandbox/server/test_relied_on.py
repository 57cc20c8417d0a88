"""What the server relies on in other people's code without their documentation promising it.

Each fails with a sentence when an upgrade takes it away, and names the module to change.
"""

import inspect
from collections.abc import Callable
from typing import Any

import fastapi
import pytest
import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Router
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from lib.sandbox.server.serving import EmbeddedServer
from tests.support.sandbox import HTTP

PROMPT_HTTP = "lib/sandbox/server/prompt_http.py"
SERVING = "lib/sandbox/server/serving.py"
APP = "lib/sandbox/server/app.py"
JSON_ANSWERS = "lib/sandbox/server/json_answers.py"
SIGNALS_ROUTES = "lib/sandbox/server/signals_routes.py"
CRASH = "tests/support/serve.py"

METHODS = [
    (HttpToolsProtocol, "connection_made", ["transport"], PROMPT_HTTP),
    (HttpToolsProtocol, "connection_lost", ["exc"], PROMPT_HTTP),
    (HttpToolsProtocol, "data_received", ["data"], PROMPT_HTTP),
    (HttpToolsProtocol, "on_message_begin", [], PROMPT_HTTP),
    (HttpToolsProtocol, "on_url", ["url"], PROMPT_HTTP),
    (HttpToolsProtocol, "on_header", ["name", "value"], PROMPT_HTTP),
    (HttpToolsProtocol, "on_headers_complete", [], PROMPT_HTTP),
    (HttpToolsProtocol, "on_body", ["body"], PROMPT_HTTP),
    (HttpToolsProtocol, "on_message_complete", [], PROMPT_HTTP),
    (HttpToolsProtocol, "on_response_complete", [], PROMPT_HTTP),
    (HttpToolsProtocol, "pause_writing", [], PROMPT_HTTP),
    (HttpToolsProtocol, "resume_writing", [], PROMPT_HTTP),
    (uvicorn.Server, "startup", ["sockets"], SERVING),
    (uvicorn.Server, "shutdown", ["sockets"], SERVING),
    (uvicorn.Server, "run", ["sockets"], SERVING),
    (uvicorn.Server, "serve", ["sockets"], SERVING),
    (uvicorn.Server, "on_tick", ["counter"], CRASH),
    (uvicorn.Config, "get_loop_factory", [], SERVING),
    (APIRoute, "get_route_handler", [], JSON_ANSWERS),
]
PARAMETERS = [
    (APIRouter.add_api_route, "route_class_override", SIGNALS_ROUTES),
    (FastAPI.__init__, "telemetry", APP),
    (uvicorn.Config.__init__, "limit_concurrency", SERVING),
    (uvicorn.Config.__init__, "forwarded_allow_ips", SERVING),
]
SERVER_ATTRIBUTES = [
    ("started", bool, SERVING),
    ("should_exit", bool, SERVING),
    ("servers", list, "tests/scenarios/test_faults.py"),
]


def gone(what: str, user: str) -> str:
    versions = f"uvicorn {uvicorn.__version__}, FastAPI {fastapi.__version__}"
    return f"{what} is not as it was in the versions that are installed ({versions}): change {user}"


@pytest.mark.parametrize(
    ("owner", "name", "parameters", "user"), METHODS, ids=lambda each: getattr(each, "__name__", "")
)
def test_method_that_is_called_or_overridden_is_there(
    owner: type, name: str, parameters: list[str], user: str
) -> None:
    method = getattr(owner, name, None)
    found = [*inspect.signature(method).parameters][1:] if method else None
    assert found == parameters, gone(f"{owner.__name__}.{name}", user)


@pytest.mark.parametrize(("function", "name", "user"), PARAMETERS)
def test_parameter_that_is_passed_is_there(
    function: Callable[..., Any], name: str, user: str
) -> None:
    found = inspect.signature(function).parameters
    assert name in found, gone(f"{name} of {function.__qualname__}", user)


def test_connections_have_the_attributes_that_are_used(shared_server: EmbeddedServer) -> None:
    HTTP.get(f"{shared_server.url}/health")  # and keeps its connection open
    connection = next(iter(shared_server.server.server_state.connections))
    for name in ("app", "flow", "loop", "pipeline", "transport", "url"):
        assert hasattr(connection, name), gone(f"HttpToolsProtocol.{name}", PROMPT_HTTP)


def test_running_server_has_the_attributes_that_are_used(shared_server: EmbeddedServer) -> None:
    for name, kind, user in SERVER_ATTRIBUTES:
        found = getattr(shared_server.server, name, None)
        assert isinstance(found, kind), gone(f"uvicorn.Server.{name}", user)


def test_routes_of_an_application_can_be_extended() -> None:
    """The collector's routes come after all others, as they take any path of two parts."""
    router = FastAPI().router
    assert isinstance(router, Router), gone("FastAPI.router", APP)
    assert isinstance(router.routes, list), gone("FastAPI.router.routes", APP)


def test_route_knows_the_model_of_its_body() -> None:
    async def read(body: dict[str, int]) -> None: ...

    field = getattr(APIRoute("/", read, methods=["POST"]), "body_field", None)
    annotation = getattr(getattr(field, "field_info", None), "annotation", None)
    assert annotation == dict[str, int], gone("APIRoute.body_field", JSON_ANSWERS)

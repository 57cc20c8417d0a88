"""Which sandbox a request is for: the one in its path, or the one that its bearer token names."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from lib.sandbox.errors import TooMany
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.sandboxes import Sandboxes

RETRY_SUBSCRIBING_SECONDS = 5


async def sandbox_of_path(request: Request) -> Sandbox:
    """The sandbox that the path names, else the only one. Trackers and Micro send no bearer."""
    sandboxes: Sandboxes = request.app.state.sandboxes
    token = request.path_params.get("token")
    return sandboxes.of_everyone() if token is None else sandboxes.of_token(token)


async def sandbox_of(request: Request) -> Sandbox:
    """The sandbox that the path or else the bearer token names. Its clock dates the answer."""
    sandboxes: Sandboxes = request.app.state.sandboxes
    if "token" in request.path_params:
        sandbox = await sandbox_of_path(request)
    else:
        sandbox = sandboxes.of_bearer(request.headers.get("authorization"))
    request.state.sandbox = sandbox
    return sandbox


async def sandbox_to_subscribe_to(request: Request) -> Sandbox:
    """As `sandbox_of`, but the only sandbox of a server needs no bearer token.

    Raises TooMany at the limit of subscriptions.
    """
    sandboxes: Sandboxes = request.app.state.sandboxes
    is_named = "token" in request.path_params or "authorization" in request.headers
    is_public = not is_named and not sandboxes.isolated
    sandbox = sandboxes.of_everyone() if is_public else await sandbox_of(request)
    limits = sandboxes.limits
    if limits is not None and sandbox.subscriptions.count() >= limits.subscriptions:
        raise TooMany(
            f"This sandbox has {limits.subscriptions:,} open subscriptions, which is the limit."
            " Close some.",
            RETRY_SUBSCRIBING_SECONDS,
        )
    return sandbox


InPath = Annotated[Sandbox, Depends(sandbox_of_path)]
InSandbox = Annotated[Sandbox, Depends(sandbox_of)]

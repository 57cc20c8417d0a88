"""Requests to a collector."""

import json
from typing import Any

from lib.sandbox.server.serving import EmbeddedServer
from tests.support.sandbox import (
    PAYLOAD,
    World,
    attribute,
    group,
    service,
)

COUNT = group(attribute("count", "counter"), attribute("last", "last", type="int64"))
DEFINITIONS = [COUNT, service(COUNT)]


def payload(*events: Any) -> bytes:
    return json.dumps({"schema": PAYLOAD, "data": events}).encode()


def sandbox_of(server: EmbeddedServer, world: World) -> Any:
    return server.app.state.sandboxes.of_token(world.token)


def counts(server: EmbeddedServer, world: World) -> tuple[int, int]:
    """How many events were accepted and how many failed."""
    sandbox = sandbox_of(server, world)
    good, bad = sandbox.store.counts(sandbox.id)
    return good, bad

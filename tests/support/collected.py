"""What a sandbox server keeps of what was sent to its collector."""

from typing import Any

from lib.sandbox.pipeline.events import KeptEvent
from lib.sandbox.sandbox import Sandbox
from lib.sandbox.server.serving import EmbeddedServer
from tests.support.sandbox import World


def sandbox_of(server: EmbeddedServer, world: World) -> Any:
    return server.app.state.sandboxes.of_token(world.token)


def counts(server: EmbeddedServer, world: World) -> tuple[int, int]:
    """How many events were accepted and how many failed."""
    sandbox = sandbox_of(server, world)
    good, bad = sandbox.store.counts(sandbox.id)
    return good, bad


def failures(server: EmbeddedServer, world: World) -> list[dict[str, Any]]:
    sandbox = sandbox_of(server, world)
    [row] = sandbox.store.failed_events(sandbox.id, 10)
    reasons: list[dict[str, Any]] = row.failures
    return reasons


def newest(server: EmbeddedServer, world: World) -> Any:
    return newest_event(sandbox_of(server, world)).event


def newest_event(sandbox: Sandbox) -> KeptEvent:
    """The newest accepted event of a sandbox."""
    [row] = sandbox.store.events_before(sandbox.id, None, 1)
    kept = sandbox.kept_event(row)
    assert kept is not None
    return kept

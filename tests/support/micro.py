"""What the sandbox says of the events that it was sent, through Snowplow Micro's interface."""

from typing import Any

from tests.support.sandbox import HTTP, World


def accepted_events(world: World, **columns: str | None) -> list[dict[str, Any]]:
    """The accepted events that have these values, oldest first, as canonical events."""
    answer = HTTP.get(f"{world.collector}/micro/good")
    events = [each["event"] for each in reversed(answer.json())]
    return [event for event in events if columns.items() <= event.items()]


def failed_events(world: World) -> list[dict[str, Any]]:
    """All events that failed."""
    failed: list[dict[str, Any]] = HTTP.get(f"{world.collector}/micro/bad").json()
    return failed

"""What only the sandbox offers: its events, the trace of each, its schemas, its clock.

Snowplow has no API for this, so pages say that it comes from the sandbox.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from lib.connection.clients import CLOSED, Clients


@dataclass(frozen=True)
class SandboxClock:
    """The sandbox's time, and how far ahead of real time it is."""

    now: datetime
    ahead: timedelta


class ClockLimit(ValueError):
    """The sandbox's clock does not go that far."""


class SchemaRefused(ValueError):
    """The sandbox refuses to add or to delete a schema. The message says where and why."""


class SandboxInspector:
    """Asks one sandbox about itself. `url` contains its token, a secret; `shared` are HTTP clients
    that others use too.

    Every method raises `httpx.HTTPError` if the sandbox does not answer.
    """

    def __init__(self, url: str, shared: Clients | None = None) -> None:
        self._url = url
        self._clients = shared or Clients(url)
        self._is_shared = shared is not None

    def stages(self, event_id: str) -> list[dict[str, Any]] | None:
        """The stages of an event in order; None if the sandbox does not know it."""
        answer = self._read(f"trace/{event_id}")
        stages: list[dict[str, Any]] | None = answer["stages"] if answer else None
        return stages

    def has_schema(self, uri: str) -> bool:
        """Whether the sandbox's Iglu has a schema, such as
        `iglu:com.example/task_completed/jsonschema/1-0-0`."""
        return self._read(f"micro/iglu/{uri.removeprefix('iglu:')}") is not None

    def events(self, user_id: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """The newest events, accepted and failed, newest first; of one user if one is given."""
        of_user = {} if user_id is None else {"user_id": user_id}
        events: list[dict[str, Any]] = self._read("events", limit=str(limit), **of_user) or []
        return events

    def fired(self, identifier: str | None = None) -> list[dict[str, Any]]:
        """The interventions that fired, for one identifier if one is given, and the fate of each:
        delivered, held, lost, or None if the sandbox no longer knows."""
        of_one = {} if identifier is None else {"identifier": identifier}
        answer = self._read("fired", **of_one)
        fired: list[dict[str, Any]] = answer["fired"] if answer else []
        return fired

    def stats(self) -> dict[str, Any]:
        """How many events, definitions and subscriptions there are."""
        stats: dict[str, Any] = self._read("stats") or {}
        return stats

    def is_empty(self, but_for: str) -> bool:
        """Whether nobody has defined anything in the sandbox, or added a schema but `but_for`."""
        counts = self.stats().get("definitions", {}).values()
        added = {each["uri"] for each in self.schemas() if each["is_own"]}
        return not added - {but_for} and not any(each["all"] for each in counts)

    def schemas(self) -> list[dict[str, Any]]:
        """The schemas of the sandbox: the `uri` of each, the `schema`, and `is_own` for those that
        were added to it."""
        listed: list[dict[str, Any]] = _answer(self._ask("GET", "schemas"))
        return listed

    def add_schema(self, schema: dict[str, Any]) -> str:
        """Add a schema to the sandbox; returns its URI. Raises `SchemaRefused`."""
        uri: str = _unless_refused(self._ask("POST", "schemas", json=schema))["uri"]
        return uri

    def delete_schema(self, uri: str) -> None:
        """Delete a schema that was added. Raises `SchemaRefused`."""
        _unless_refused(self._ask("DELETE", f"schemas/{uri.removeprefix('iglu:')}"))

    def more_schemas(self) -> tuple[bool, list[str]]:
        """Whether the sandbox uses the optional schemas, and their URIs."""
        return _more_schemas(self._ask("GET", "schemas/more"))

    def use_more_schemas(self, is_used: bool) -> tuple[bool, list[str]]:
        """Turn them on or off."""
        return _more_schemas(self._ask("PUT", "schemas/more", json={"is_used": is_used}))

    def wrong_in(self, uri: str, data: dict[str, Any]) -> list[str]:
        """What a schema finds wrong with some data: the field of each if it has one, and why."""
        asked = {"schema_uri": uri, "data": data}
        found = _unless_refused(self._ask("POST", "schemas/check", json=asked))["failures"]
        return [
            each["message"]
            if each["path"] == "$"
            else f"{each['path'].removeprefix('$.')}: {each['message']}"
            for each in found
        ]

    def forget_events(self) -> None:
        """Forget all events of the sandbox; what was computed from them stays."""
        _answer(self._ask("POST", "micro/reset"))

    def clock(self) -> SandboxClock:
        """The sandbox's time now."""
        return _clock(_answer(self._ask("GET", "clock")))

    def forward(self, by: timedelta) -> SandboxClock:
        """Move the sandbox's clock forward: windows empty, values expire. Raises `ClockLimit`."""
        seconds = by // timedelta(seconds=1)
        response = self._ask("POST", "clock", json={"seconds": seconds})
        if response.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            raise ClockLimit("The sandbox's clock goes at most ten years ahead.")
        return _clock(_answer(response))

    def back_to_now(self) -> SandboxClock:
        """Set the clock back. Events, values and what fired are gone; definitions stay."""
        return _clock(_answer(self._ask("DELETE", "clock")))

    def reset_user(self, user_id: str) -> None:
        """Forget one user: their events, values, and what fired for them."""
        _answer(self._ask("POST", "reset", params={"user_id": user_id}))

    def close(self) -> None:
        """Close the connections, unless others share them."""
        if not self._is_shared:
            self._clients.close()

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        with self._clients.signals_uses.using(httpx.ConnectError(CLOSED)):
            return self._clients.signals.request(method, f"{self._url}/{path}", **options)

    def _read(self, path: str, **parameters: str) -> Any:
        response = self._ask("GET", f"{path}", params=parameters)
        return None if response.status_code == httpx.codes.NOT_FOUND else _answer(response)


def _answer(response: httpx.Response) -> Any:
    if response.status_code != httpx.codes.OK:
        # Without the address, which contains the token.
        raise httpx.HTTPError(f"The sandbox answered {response.status_code}.")
    return response.json()


def _unless_refused(response: httpx.Response) -> Any:
    if response.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        raise SchemaRefused("; ".join(map(_problem, response.json()["detail"])))
    if response.status_code == httpx.codes.CREATED:
        return response.json()
    return _answer(response)


def _problem(detail: dict[str, Any]) -> str:
    place = ".".join(str(each) for each in detail.get("loc", []) if each != "body")
    return f"{place}: {detail['msg']}" if place else str(detail["msg"])


def _clock(answer: dict[str, Any]) -> SandboxClock:
    return SandboxClock(
        datetime.fromtimestamp(answer["now"] / 1000, UTC),
        timedelta(seconds=answer["ahead_seconds"]),
    )


def _more_schemas(response: httpx.Response) -> tuple[bool, list[str]]:
    answer = _answer(response)
    return bool(answer["is_used"]), list(answer["uris"])

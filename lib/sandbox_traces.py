"""What only the sandbox can tell: what became of an event inside, and which schemas it has."""

from typing import Any

import httpx

from lib.http import signals_client


class SandboxTraces:
    """The traces of one sandbox. `url` has its token, a secret."""

    def __init__(self, url: str) -> None:
        self._url = url

    def stages(self, event_id: str) -> list[dict[str, Any]] | None:
        """The stages of an event in order; None if the sandbox knows nothing of it.

        Raises `httpx.HTTPError`.
        """
        answer = self._read(f"trace/{event_id}")
        stages: list[dict[str, Any]] | None = answer["stages"] if answer else None
        return stages

    def has_schema(self, uri: str) -> bool:
        """Whether the sandbox's Iglu has a schema, such as
        `iglu:com.example/task_completed/jsonschema/1-0-0`. Raises `httpx.HTTPError`."""
        return self._read(f"micro/iglu/{uri.removeprefix('iglu:')}") is not None

    def _read(self, path: str) -> Any:
        with signals_client(self._url, only_public=False) as http:
            response = http.get(f"{self._url}/{path}")
        return response.json() if response.status_code == httpx.codes.OK else None

"""From settings to what the app talks to: a collector and a Signals client.

Nothing configured: the sandbox, a server of this project's own inside the app's process. Everything
configured: Snowplow. The rest of the app uses the same SDK calls for both and does not ask which
it is.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.api_client import PooledApiClient
from lib.settings import Settings, temporary_folder

if TYPE_CHECKING:
    from lib.sandbox.serving import EmbeddedServer

TOKEN_BYTES = 24


@dataclass(frozen=True)
class Connection:
    """Where one participant's events go, and a Signals client of their own.

    `token` names the sandbox; it is a secret, and empty on Snowplow.
    """

    mode: Literal["sandbox", "snowplow"]
    collector_url: str
    token: str
    api_client: PooledApiClient

    @property
    def signals(self) -> BaseSignalsWithApiClient:
        """The Signals SDK: `SignalsSandbox(...)` or `Signals(...)` on a pooled HTTP client."""
        return BaseSignalsWithApiClient(api_client=self.api_client)


class Backend:
    """What all sessions of this process share. Starts the sandbox if that is what is configured."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sandbox: EmbeddedServer | None = None
        if settings.mode == "sandbox":
            database = settings.sandbox_db or temporary_folder() / "sandbox.db"
            self.sandbox = start_sandbox(database)

    def connect(self, token: str) -> Connection:
        """A connection for one participant; `token` names their sandbox, if there is one."""
        if self.sandbox is not None:
            return _sandbox_connection(self.sandbox.url, token)
        return _snowplow_connection(self.settings)

    def close(self) -> None:
        """Stop the sandbox, if there is one."""
        if self.sandbox is not None:
            self.sandbox.stop()


def start_sandbox(database: Path) -> "EmbeddedServer":
    """Start the sandbox in a thread, on a free loopback port. Raises `sqlite3.Error`."""
    from lib.sandbox.serving import EmbeddedServer

    return EmbeddedServer(database)


def new_token() -> str:
    """A new sandbox token: 192 random bits, URL-safe."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def _sandbox_connection(url: str, token: str) -> Connection:
    client = PooledApiClient(api_url=url, auth_mode="sandbox", sandbox_token=token)
    return Connection("sandbox", f"{url}/sandbox/{token}", token, client)


def _snowplow_connection(settings: Settings) -> Connection:
    client = PooledApiClient(
        api_url=settings.signals_api_url,
        api_key=settings.console_api_key.get_secret_value() if settings.console_api_key else None,
        api_key_id=(
            settings.console_api_key_id.get_secret_value() if settings.console_api_key_id else None
        ),
        org_id=settings.org_id.get_secret_value() if settings.org_id else None,
    )
    return Connection("snowplow", settings.collector_url or "", "", client)

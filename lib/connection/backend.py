"""From settings to what the app talks to: a collector and a Signals client.

Nothing configured: the sandbox, a server inside the app's process. Everything configured: Snowplow.
A session may also bring its own account, for itself alone. The rest of the app uses the same SDK
calls for all three and does not need to know which it is.
"""

import hashlib
import hmac
import logging
import secrets
import sqlite3
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import httpx
from snowplow_signals.signals import BaseSignalsWithApiClient

from lib.connection.access_token import AccessTokens
from lib.connection.account import Account, OwnAccount
from lib.connection.api_client import PooledApiClient
from lib.connection.clients import Clients, CollectorSession
from lib.connection.sandbox_inspector import SandboxInspector
from lib.connection.settings import Settings, temporary_folder

if TYPE_CHECKING:
    from lib.sandbox.server.serving import EmbeddedServer

TOKEN_BYTES = 24
OWN = "own-"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Connection:
    """Where one participant's events go, and their own Signals client.

    `place` names the other end in the app's own file: a sandbox by its token, which is a secret, or
    an account. `account` is None in the sandbox; `inspector` is None on Snowplow.
    """

    mode: Literal["sandbox", "snowplow"]
    collector_url: str
    place: str
    api_client: PooledApiClient
    account: Account | None = None
    is_own: bool = False
    inspector: SandboxInspector | None = None
    shared: Clients | None = None

    @property
    def token(self) -> str:
        """The sandbox's token; empty on Snowplow."""
        return self.place if self.mode == "sandbox" else ""

    @property
    def signals(self) -> BaseSignalsWithApiClient:
        """The Signals SDK: `SignalsSandbox(...)` or `Signals(...)` on a pooled HTTP client."""
        return BaseSignalsWithApiClient(api_client=self.api_client)

    def collector_session(self) -> CollectorSession:
        """An HTTP session for the tracker's emitter."""
        adapter = self.shared.collector if self.shared else None
        return CollectorSession(self.collector_url, only_public=self.is_own, adapter=adapter)

    def is_empty(self, but_for: str) -> bool:
        """Whether nobody has defined anything here, or added a schema other than `but_for`, as far
        as is known."""
        try:
            return self.inspector is None or self.inspector.is_empty(but_for)
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        """Close everything that is open, including the stream of interventions, and forget the
        credentials of an account that somebody brought: this object may outlive its use."""
        self.api_client.close()
        if self.is_own and self.account is not None:
            self.account.forget()
            self.api_client.forget_token()
        if self.inspector is not None:
            self.inspector.close()


class Backend:
    """What all sessions of this process share. It starts the sandbox if there is no account, or
    when somebody sets the account aside."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sandbox: EmbeddedServer | None = None
        self._key = secrets.token_bytes(32)
        self._tokens: AccessTokens | None = None
        self._lock = threading.Lock()
        self._dead: EmbeddedServer | None = None
        self._complaint = ""
        self._is_closed = False
        self._of_sandbox: Clients | None = None
        self._of_account: Clients | None = None
        if settings.account is None:
            self.start_sandbox()
        else:
            self._tokens = AccessTokens(settings.account)
            self._of_account = Clients(settings.account.signals_api_url)

    def start_sandbox(self) -> None:
        """Start the sandbox if it is not running: beside an account, for people who set that aside.

        Raises what `start_sandbox` below raises.
        """
        with self._lock:
            if self.sandbox is None and not self._is_closed:
                self.sandbox = start_sandbox(self._database)
                self._of_sandbox = Clients(self.sandbox.url)

    def connect(self, token: str = "", own: OwnAccount | None = None) -> Connection:
        """A connection for one participant.

        `token` identifies their sandbox, if they use one; `own` is an account they brought.
        """
        if own is not None:
            copy = replace(own.account)  # this connection's own copy, to be forgotten with it
            place = self.own_place(own)
            return _account_connection(copy, AccessTokens(copy), place)
        if self.sandbox is not None and (token or self.settings.account is None):
            return sandbox_connection(self.sandbox.url, token, self._of_sandbox)
        account, tokens = self.settings.account, self._tokens
        if account is None or tokens is None:
            raise ValueError("There is neither a sandbox nor an account to connect to.")
        return _account_connection(account, tokens, account.address_id, self._of_account)

    def beside(self, world: str) -> Connection:
        """A connection to a sandbox for trying things out that somebody's own world must not see:
        the same one for the same world, until the process ends. Close it.

        Raises what `start_sandbox` raises.
        """
        self.start_sandbox()
        if self.sandbox is None:
            raise RuntimeError("The app is stopping.")
        token = hmac.new(self._key, f"beside {world}".encode(), hashlib.sha256).hexdigest()
        return sandbox_connection(self.sandbox.url, token, self._of_sandbox)

    @property
    def schema_problems(self) -> list[tuple[str, str]]:
        """What is wrong with schemas in `lib/schemas`: the file of each, and the reason."""
        return self.sandbox.schema_problems if self.sandbox is not None else []

    @property
    def trouble(self) -> str:
        """Why the sandbox cannot store anything until it is restarted; empty if it can."""
        return self.sandbox.trouble if self.sandbox is not None else ""

    def own_place(self, own: OwnAccount) -> str:
        """A name for an account that somebody brought. The same secrets give the same name, and
        only in the same process."""
        parts = (own.account.address_id, *own.account.secrets, own.owner, own.vendor, own.suffix)
        text = "\n".join(parts)
        return OWN + hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def collector_url(self, place: str) -> str | None:
        """Where to send events left over for a place; None if this process does not know it."""
        account = self.settings.account
        if account is not None and account.address_id == place:
            return account.collector_url
        if self.sandbox is None or place.startswith(OWN):
            return None
        return sandbox_collector(self.sandbox.url, place)

    def keep_alive(self) -> None:
        """Called about once a second: restarts the sandbox, at the same address, if its thread
        died.

        A sandbox that was stopped stays stopped. One whose thread hangs is left alone: see
        `docs/decisions/4-one-process.md`.
        """
        with self._lock:
            sandbox = self.sandbox
            if sandbox is None or self._is_closed:
                return
            if sandbox is not self._dead:
                if sandbox.is_alive or sandbox.is_stopped:
                    return
                log.warning("The sandbox's thread died. Restarting it.")
                self._dead = sandbox
                self._complaint = ""
            try:
                sandbox.stop()  # closes its database and its port
                port = int(sandbox.url.rpartition(":")[2])
                self.sandbox = start_sandbox(self._database, port)
                self._dead = None
            except (sqlite3.Error, OSError, RuntimeError) as error:
                if str(error) != self._complaint:  # only once
                    log.warning("The sandbox does not restart: %s", error)
                self._complaint = str(error)

    def close(self) -> None:
        """Stop the sandbox, if there is one."""
        with self._lock:
            self._is_closed = True
            if self.sandbox is not None:
                self.sandbox.stop()
        for clients in (self._of_sandbox, self._of_account):
            if clients is not None:
                clients.close()

    @property
    def _database(self) -> Path:
        return self.settings.sandbox_db or temporary_folder() / "sandbox.db"


def start_sandbox(database: Path, port: int = 0) -> "EmbeddedServer":
    """Start the sandbox in a thread, with limits for each token, on a loopback port; 0 picks a free
    one.

    Raises `sqlite3.Error`, `OSError` for a port that is taken, and `RuntimeError`.
    """
    from lib.sandbox.limits import Limits
    from lib.sandbox.server.serving import EmbeddedServer

    return EmbeddedServer(database, port=port, limits=Limits())


def new_token() -> str:
    """A new sandbox token: 192 random bits, URL-safe."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def sandbox_collector(url: str, token: str) -> str:
    """Where one sandbox of a server accepts events."""
    return f"{url}/sandbox/{token}"


def sandbox_connection(url: str, token: str, shared: Clients | None = None) -> Connection:
    """A connection to one sandbox of a server, alone or with the clients that others share."""
    collector_url = sandbox_collector(url, token)
    client = PooledApiClient(url, sandbox_token=token, shared=shared)
    inspector = SandboxInspector(collector_url, shared)
    return Connection("sandbox", collector_url, token, client, inspector=inspector, shared=shared)


def _account_connection(
    account: Account, tokens: AccessTokens, place: str, shared: Clients | None = None
) -> Connection:
    """A connection to the app's account, whose clients are shared, or to a brought one."""
    is_own = shared is None
    client = PooledApiClient(
        account.signals_api_url,
        tokens=tokens,
        only_public=is_own,
        shared=shared,
    )
    return Connection(
        "snowplow", account.collector_url, place, client, account, is_own, shared=shared
    )

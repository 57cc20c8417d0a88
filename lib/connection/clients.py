"""The HTTP clients of the two SDKs: pooled connections, certificates loaded once, short timeouts.

Both SDKs take an HTTP client from outside. On their own they open a new connection for every call
and load all certificate authorities, which takes 25 ms of CPU each time.

For an account that a participant entered, `public_clients` reaches public addresses only.
"""

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx
import requests
from requests.adapters import HTTPAdapter

from lib.connection.public_clients import PublicAdapter, PublicTransport
from lib.connection.public_hosts import HostRefused

CONNECT_SECONDS = 2.0
READ_SECONDS = 10.0
SILENT_SECONDS = 30.0
KEPT = 10  # idle connections
CLOSED = "this connection was closed"
ANSWER_KEPT = 200

# httpx logs the address of every request, and Console's has the organization's ID in it. urllib3
# logs the path of every request at DEBUG and of some as a warning, and a sandbox's has its secret
# token in it. Its other warning says that more connections were needed than are kept: no trouble.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


@lru_cache(maxsize=1)
def certificates() -> ssl.SSLContext:
    """The certificate authorities that this machine trusts, loaded once."""
    return httpx.create_ssl_context()


class Uses:
    """Counts the uses of a client, and closes it after the last one: otherwise a connection that is
    just being made would stay open."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close
        self._lock = threading.Lock()
        self._users = 0
        self._is_closed = False

    @contextmanager
    def using(self, refusal: Exception) -> Iterator[None]:
        """Use the client. Raises `refusal` once it is closed."""
        with self._lock:
            if self._is_closed:
                raise refusal
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                self._close_unused()

    def close(self) -> None:
        """Refuse further use. Closing it again changes nothing."""
        with self._lock:
            self._is_closed = True
            self._close_unused()

    def _close_unused(self) -> None:
        if self._is_closed and not self._users:
            self._close()


class Clients:
    """Pooled connections to one server: a client for the Signals API, and what trackers send with.

    All participants of a server share them, so that each takes few file descriptors.
    """

    def __init__(self, api_url: str, *, only_public: bool = False) -> None:
        self.signals = signals_client(api_url, only_public=only_public)
        self.signals_uses = Uses(self.signals.close)
        self.collector = _SharedAdapter(pool_maxsize=KEPT)

    def close(self) -> None:
        """Close all connections."""
        self.signals_uses.close()
        self.collector.uses.close()


class _SharedAdapter(HTTPAdapter):
    """The connections of many sessions; closing one of the sessions leaves them open."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.uses = Uses(super().close)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        """As in requests."""
        with self.uses.using(requests.ConnectionError(CLOSED, request=request)):
            return super().send(request, *args, **options)

    def close(self) -> None:
        """Does nothing: others use the connections."""


def signals_client(api_url: str, *, only_public: bool) -> httpx.Client:
    """A client for calls of the Signals API, which keeps its connections."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=KEPT)
    return _client(api_url, limits, READ_SECONDS, only_public)


def stream_client(api_url: str, *, only_public: bool) -> httpx.Client:
    """A client for the stream of interventions: a new connection each time, watched from the start.
    It ends when nothing arrives for SILENT_SECONDS."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    return _client(api_url, limits, SILENT_SECONDS, only_public)


def _client(
    api_url: str, limits: httpx.Limits, read_seconds: float, only_public: bool
) -> httpx.Client:
    timeout = httpx.Timeout(read_seconds, connect=CONNECT_SECONDS)
    if only_public:
        return httpx.Client(transport=PublicTransport(certificates(), limits), timeout=timeout)
    # Never use a proxy from the environment for a local server.
    is_local = api_url.startswith("http://")
    return httpx.Client(
        verify=certificates(), timeout=timeout, limits=limits, trust_env=not is_local
    )


@dataclass(frozen=True)
class CollectorAnswer:
    """The answer to a request: its status and the start of its text. With the status None, `reason`
    says why there was no answer."""

    status: int | None
    reason: str


class CollectorSession(requests.Session):
    """The tracker's HTTP session for one collector; `answer` is the answer to its last request.

    Redirects are not followed: they would turn the POST of the events into a GET without them.
    `adapter` has the connections if it shares them with other sessions.
    """

    def __init__(
        self, collector_url: str, *, only_public: bool, adapter: HTTPAdapter | None = None
    ) -> None:
        super().__init__()
        self.trust_env = not collector_url.startswith("http://")
        self.answer: CollectorAnswer | None = None
        if only_public:
            self.trust_env = False  # a proxy would resolve the name itself
            for scheme in ("https://", "http://"):  # which it refuses
                self.mount(scheme, PublicAdapter(certificates()))
        elif adapter is not None:
            for scheme in ("https://", "http://"):
                self.mount(scheme, adapter)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: the first answer counts."""

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:
        """As in requests, and note the answer."""
        try:
            response = super().send(request, **options)  # type: ignore[arg-type]
        except requests.RequestException as error:
            self.answer = CollectorAnswer(None, unanswered(error))
            raise
        self.answer = CollectorAnswer(response.status_code, response.text[:ANSWER_KEPT])
        return response


def unanswered(error: BaseException) -> str:
    """Why there was no answer, in words that fit after a name.

    Without the address: a sandbox's contains its token, Console's the organization's ID.
    """
    causes = list(_causes(error))
    for kind, words in _NO_ANSWER:
        if any(isinstance(each, kind) for each in causes):
            return words
    refused = next((each for each in causes if isinstance(each, HostRefused)), None)
    return refused.reason if refused else "it cannot be reached"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


_NO_ANSWER: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "its name does not resolve"),
    (ssl.SSLCertVerificationError, "its certificate is not trusted"),
    (ssl.SSLError, "no secure connection can be made to it"),
    (httpx.TimeoutException, "it did not answer in time"),
    (requests.exceptions.Timeout, "it did not answer in time"),
)

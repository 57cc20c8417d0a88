"""The HTTP clients of the two SDKs: pooled connections, certificates loaded once, short timeouts.

Both SDKs take an HTTP client from outside. On their own they open a new connection for every call
and load all certificate authorities, which takes 25 ms of CPU each time.

For an account that a participant entered, `public_clients` reaches public addresses only.
"""

import logging
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import httpx
import requests

from lib.connection.public_clients import PublicAdapter, PublicTransport
from lib.connection.public_hosts import HostRefused

CONNECT_SECONDS = 2.0
READ_SECONDS = 10.0
SILENT_SECONDS = 30.0
ANSWER_KEPT = 200

# httpx logs the address of every request, and Console's has the organization's ID in it. urllib3
# logs the path of every request at DEBUG, and a sandbox's has its secret token in it.
logging.getLogger("httpx").setLevel(logging.WARNING)
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


@lru_cache(maxsize=1)
def certificates() -> ssl.SSLContext:
    """The certificate authorities that this machine trusts, loaded once."""
    return httpx.create_ssl_context()


def signals_client(api_url: str, *, only_public: bool) -> httpx.Client:
    """A client for the calls of one participant, which keeps its connections."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=2)
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
    # Never use a proxy of the environment for a local server.
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
    """

    def __init__(self, collector_url: str, *, only_public: bool) -> None:
        super().__init__()
        self.trust_env = not collector_url.startswith("http://")
        self.answer: CollectorAnswer | None = None
        if only_public:
            self.trust_env = False  # a proxy would resolve the name itself
            for scheme in ("https://", "http://"):  # which it refuses
                self.mount(scheme, PublicAdapter(certificates()))

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

    Without the address: a sandbox's has its token in it, the console's the organization's ID.
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

"""The Signals SDK's API client on one pooled HTTP client.

The SDK builds a new HTTP client for every call and loads all certificate authorities into it, about
25 ms of CPU each time, also for plain http. Its classes take an `ApiClient` from outside, so this
subclass gives them one that keeps its connections; everything else is the SDK's own.

It also watches the stream of interventions, because the SDK's subscription thread ends without a
word when the connection drops.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import httpx
from snowplow_signals import SignalsAPIError
from snowplow_signals.api_client import HTTP_METHODS, ApiClient

CONNECT_SECONDS = 2.0
READ_SECONDS = 10.0
UNLIMITED = httpx.Limits(max_connections=None, max_keepalive_connections=50)


@dataclass(frozen=True)
class StreamState:
    """How the stream of interventions is: `is_live` since `since`, or ended with `error`."""

    is_live: bool
    since: datetime
    error: str | None = None


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@lru_cache(maxsize=2)
def http_client(*, is_local: bool) -> httpx.Client:
    """The HTTP client that everything in this process shares.

    A local server is never reached through the proxy that the environment may name.
    """
    return httpx.Client(
        verify=_certificates(),
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        limits=UNLIMITED,
        trust_env=not is_local,
    )


class PooledApiClient(ApiClient):
    """One participant's API client, with the arguments of the SDK's own."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._http = http_client(is_local=self.api_url.startswith("http://"))
        self._open_stream: httpx.Response | None = None
        self._stream_lock = threading.Lock()
        self._is_closed = False
        self.stream_state = StreamState(False, datetime.now(UTC))

    def make_request(
        self,
        method: HTTP_METHODS,
        endpoint: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """As in the SDK. Raises `SignalsAPIError` for API answers and `httpx.HTTPError`."""
        token = self.token = self._check_token(self.token)
        response = self._http.request(
            method,
            f"{self.api_url}/api/v1/{endpoint}",
            headers=self._get_headers(token),
            params=params,
            json=data,
        )
        return _answer(response)

    def make_stream_request(
        self,
        method: HTTP_METHODS,
        endpoint: str,
        params: Mapping[str, str | list[str]] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Generator[str | None]:
        """The lines of a stream, until it ends. Says in `stream_state` how it is; never raises."""
        try:
            token = self.token = self._check_token(self.token)
            with self._http.stream(
                method,
                f"{self.api_url}/api/v1/{endpoint}",
                headers=self._get_headers(token, headers),
                params=params,
                json=data,
                timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
            ) as response:
                if response.status_code != httpx.codes.OK:
                    response.read()
                    _answer(response)
                self._note_open(response)
                yield from response.iter_lines()
            self._note_end("the server ended the stream")
        except (httpx.HTTPError, httpx.StreamError, SignalsAPIError) as error:
            self._note_end(str(error) or type(error).__name__)
        finally:
            self._open_stream = None

    def close_stream(self) -> None:
        """End an open stream now, instead of with its next line, for good."""
        with self._stream_lock:
            self._is_closed = True
            response, self._open_stream = self._open_stream, None
        if response is not None:
            _hang_up(response)

    def _note_open(self, response: httpx.Response) -> None:
        with self._stream_lock:
            self._open_stream = response
            if self._is_closed:  # while it was being opened
                _hang_up(response)
        self.stream_state = StreamState(True, datetime.now(UTC))

    def _note_end(self, error: str) -> None:
        self.stream_state = StreamState(False, datetime.now(UTC), error)


def _hang_up(response: httpx.Response) -> None:
    """Wake the thread that waits for the next line; closing the socket alone would not."""
    connection = response.extensions["network_stream"].get_extra_info("socket")
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _answer(response: httpx.Response) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = response.json()
    except ValueError as error:
        message: Any = f"the answer is no JSON: {response.text[:200]}"
        raise SignalsAPIError(response.status_code, message) from error
    if response.status_code not in (200, 201, 202):
        raise SignalsAPIError(response.status_code, answer)  # type: ignore[arg-type]
    return answer

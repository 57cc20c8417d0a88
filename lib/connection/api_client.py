"""The Signals SDK's API client, with pooled connections, a shared token and a watched stream.

The SDK's classes take an `ApiClient` from outside; this subclass makes the same requests. It adds
one access token for all sessions, replaced when the API refuses it, and the state of the stream,
because the SDK's subscription thread ends silently when the connection drops.
"""

import socket
import threading
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
from snowplow_signals import SignalsAPIError
from snowplow_signals.api_client import HTTP_METHODS

from lib.connection.access_token import AccessTokens, TokenError
from lib.connection.clients import (
    CLOSED,
    SILENT_SECONDS,
    Clients,
    stream_client,
    unanswered,
)
from lib.connection.sdk_internals import OpenApiClient

UNAUTHORIZED = 401
ACCEPTED = (200, 201, 202)
# The sandbox sends these with each answer.
AHEAD = "Sandbox-Ahead-Seconds"
DEFINITIONS = "Sandbox-Definitions"
KEPT_ELSEWHERE = "kept elsewhere"  # the SDK insists on credentials


@dataclass(frozen=True)
class StreamState:
    """The state of the stream of interventions, and since when.

    `ended` comes with a reason in words, and with the status if the API refused.
    """

    kind: Literal["closed", "connecting", "live", "ended"]
    since: datetime
    reason: str = ""
    status: int | None = None


class PooledApiClient(OpenApiClient):
    """One participant's API client: for a sandbox if there is a token for one, else for the account
    of the access tokens. Only they know its credentials.

    `shared` are clients that others use too; closing this leaves them open. The stream always has
    its own connection. `sandbox_ahead` is how far a sandbox's clock was ahead when it last
    answered, and `sandbox_definitions` changes with its definitions; empty on Snowplow.
    """

    def __init__(
        self,
        api_url: str,
        *,
        sandbox_token: str = "",
        tokens: AccessTokens | None = None,
        only_public: bool = False,
        shared: Clients | None = None,
    ) -> None:
        super().__init__(
            api_url=api_url,
            api_key=KEPT_ELSEWHERE,
            api_key_id=KEPT_ELSEWHERE,
            org_id=KEPT_ELSEWHERE,
            auth_mode="bdp" if tokens else "sandbox",
            sandbox_token=sandbox_token,
        )
        self._tokens = tokens
        self._clients = shared or Clients(api_url, only_public=only_public)
        self._is_shared = shared is not None
        self._stream_http = stream_client(api_url, only_public=only_public)
        self._lock = threading.Lock()
        self._stream_socket: Any = None
        self._is_closed = False
        self.stream_state = StreamState("closed", datetime.now(UTC))
        self.sandbox_ahead: timedelta | None = None
        self.sandbox_definitions = ""

    def make_request(
        self,
        method: HTTP_METHODS,
        endpoint: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """As in the SDK, but tries again with a new token if the API refuses the old one.

        Raises `SignalsAPIError` for API answers, `TokenError` and `httpx.HTTPError`.
        """
        return _answer(self._response(method, endpoint, params, data))

    def make_text_request(
        self,
        method: HTTP_METHODS,
        endpoint: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
    ) -> str:
        """The same for an answer that is text, such as a narrative."""
        response = self._response(method, endpoint, params, data)
        if response.status_code not in ACCEPTED:
            _answer(response)
        return response.text

    def _response(
        self,
        method: HTTP_METHODS,
        endpoint: str,
        params: dict[str, Any] | None,
        data: dict[str, Any] | None,
    ) -> httpx.Response:
        def response_to(token: str) -> httpx.Response:
            return self._clients.signals.request(
                method,
                f"{self.api_url}/api/v1/{endpoint}",
                headers=self.request_headers(token),
                params=params,
                json=data,
            )

        closed = httpx.ConnectError(CLOSED)
        if self._is_closed:
            raise closed
        with self._clients.signals_uses.using(closed):
            token = self.access_token()
            response = response_to(token)
            if response.status_code == UNAUTHORIZED and self._tokens is not None:
                self._tokens.replace(token)
                response = response_to(self.access_token())
            if AHEAD in response.headers:
                self.sandbox_ahead = timedelta(seconds=float(response.headers[AHEAD]))
                self.sandbox_definitions = response.headers.get(DEFINITIONS, "")
            return response

    def make_stream_request(
        self,
        method: HTTP_METHODS,
        endpoint: str,
        params: Mapping[str, str | list[str]] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Generator[str | None]:
        """The lines of a stream, until it ends. `stream_state` has its state. Never raises."""
        self._note("connecting")
        reason, status = "the server ended it", None
        try:
            token = self.access_token()
            if self._is_closed:
                return
            with self._stream_http.stream(
                method,
                f"{self.api_url}/api/v1/{endpoint}",
                headers=self.request_headers(token, headers),
                params=params,
                json=data,
                extensions={"trace": self._watch_connecting},
            ) as response:
                self._check(response, token)
                self._note("live")
                yield from response.iter_lines()
        except GeneratorExit:
            reason = "what arrived cannot be read"
            raise
        except SignalsAPIError as error:
            reason, status = f"Signals answered {error.status_code}", error.status_code
        except TokenError as error:
            reason = str(error)
        except httpx.ReadTimeout:
            reason = f"nothing arrived for {SILENT_SECONDS:g} seconds"
        except (httpx.HTTPError, httpx.StreamError) as error:
            reason = unanswered(error)
        finally:
            self._stream_socket = None
            self._note("ended", reason, status)

    def access_token(self, known: str | None = None) -> str:
        """The bearer token for the next request, fetched if there is none. Raises `TokenError`."""
        return super().access_token(known) if self._tokens is None else self._tokens.get()

    def forget_token(self) -> None:
        """Forget the access token."""
        if self._tokens is not None:
            self._tokens.forget()

    def close(self) -> None:
        """End the stream now, without waiting for its next line, and close all connections."""
        with self._lock:
            self._is_closed = True
            _hang_up(self._stream_socket)
        if not self._is_shared:
            self._clients.close()
        self._note("closed")

    def _check(self, response: httpx.Response, token: str) -> None:
        """Raises `SignalsAPIError` for a stream that was refused."""
        if response.status_code == httpx.codes.OK:
            return
        if response.status_code == UNAUTHORIZED and self._tokens is not None:
            self._tokens.replace(token)
        response.read()
        _answer(response)

    def _watch_connecting(self, event: str, info: dict[str, Any]) -> None:
        """Keep the socket from the start, so that closing it can wake its reader.

        Source: https://www.python-httpx.org/advanced/extensions/#trace
        """
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            with self._lock:
                self._stream_socket = info["return_value"].get_extra_info("socket")
                if self._is_closed:
                    _hang_up(self._stream_socket)

    def _note(
        self,
        kind: Literal["closed", "connecting", "live", "ended"],
        reason: str = "",
        status: int | None = None,
    ) -> None:
        is_over = self._is_closed and kind != "closed"
        if not is_over:
            self.stream_state = StreamState(kind, datetime.now(UTC), reason, status)


def _hang_up(connection: Any) -> None:
    """Wake the thread that waits for the next line; closing the socket alone would not.

    This bypasses TLS, whose own shutdown would break the connection while it is being read.
    """
    if connection is not None:
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _answer(response: httpx.Response) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = response.json()
    except ValueError as error:
        message: Any = f"the answer is not JSON: {response.text[:200]}"
        raise SignalsAPIError(response.status_code, message) from error
    if response.status_code not in ACCEPTED:
        raise SignalsAPIError(response.status_code, answer)  # type: ignore[arg-type]
    return answer

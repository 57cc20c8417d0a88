"""The access token of an account: fetched once, shared by all sessions, kept until it expires.

The SDK fetches a token for each of its clients. It asks Console again only when the token has
expired, and never when the API refuses it. Here all clients of an account share a token, and a
refused one is replaced.

    TokenError           Console issued no token; says why, without the organization's address

The SDK has no public call for this: see `sdk_internals`.
"""

import threading
import time
from collections.abc import Callable

import httpx
import jwt

from lib.connection.account import Account
from lib.connection.clients import unanswered
from lib.connection.sdk_internals import OpenApiClient

FAILURE_KEPT_SECONDS = 2.0


class TokenError(Exception):
    """Console issued no access token. `status` is its answer's; None if it gave no answer."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        self.reason = reason
        self.status = status
        super().__init__(f"Snowplow Console issued no access token: {reason}")


class AccessTokens:
    """One account's token. Safe to use from several threads: one asks, the others wait for it."""

    def __init__(self, account: Account, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._account = account
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._token: str | None = None
        self._is_forgotten = False
        self._failure: tuple[str, int | None] | None = None
        self._failed_at = 0.0

    def get(self) -> str:
        """The token, fetched if there is none or it has expired. Raises `TokenError`.

        A failure is remembered for a moment, so that threads that waited do not each ask a Console
        that is down.
        """
        with self._lock:
            is_known_to_fail = self._monotonic() - self._failed_at < FAILURE_KEPT_SECONDS
            if self._failure is not None and is_known_to_fail:
                raise TokenError(*self._failure)
            try:
                token = self._sdk_client().access_token(self._token)
            except (httpx.HTTPError, jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
                # Without the cause: its text has the organization's ID in a URL.
                self._token, self._failed_at = None, self._monotonic()
                self._failure = _failure(error)
                raise TokenError(*self._failure) from None
            self._failure = None
            self._token = token
            if self._is_forgotten:  # looked at last: `forget` does not wait
                self._token = None
            return token

    def forget(self) -> None:
        """Forget the token. Does not wait for a request to Console that is under way."""
        self._is_forgotten = True
        self._token = None

    def _sdk_client(self) -> OpenApiClient:
        """The SDK's client, only while it is needed: it keeps the secrets as plain text."""
        api_key, api_key_id, org_id = self._account.secrets
        return OpenApiClient(
            api_url=self._account.signals_api_url,
            api_key=api_key,
            api_key_id=api_key_id,
            org_id=org_id,
        )

    def replace(self, refused: str) -> None:
        """Make the next `get` fetch a new token, because the API refused this one."""
        with self._lock:
            if self._token == refused:
                self._token = None


def _failure(error: Exception) -> tuple[str, int | None]:
    """The reason and the status, without the address, which names the organization."""
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        return f"it answered {status}", status
    if isinstance(error, httpx.HTTPError):
        return unanswered(error), None
    return "its answer has no readable token", None

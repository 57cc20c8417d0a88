"""The Signals SDK's API client, with the two private steps of a request that the app relies on.

    _check_token    a request's bearer token: the SDK has no public call that only gets one
    _get_headers    its headers: the app makes the requests itself, with a client that it keeps

Nothing else in the app calls them. Any upgrade of the SDK may remove them; then
`tests/connection/test_relied_on.py` fails and says what to do.

Source: `api_client.py` in the SDK
"""

from snowplow_signals.api_client import ApiClient


class OpenApiClient(ApiClient):
    """The SDK's client, whose access token and headers can be read and replaced."""

    def access_token(self, known: str | None = None) -> str:
        """A token that has not expired: the known one, or a new one from Console.

        In the sandbox it is the sandbox's. Raises what httpx and PyJWT raise.
        """
        return str(super()._check_token(known))

    def request_headers(self, token: str, custom: dict[str, str] | None = None) -> dict[str, str]:
        """The headers that the SDK gives its requests, after custom ones."""
        headers: dict[str, str] = self._get_headers(token, custom)
        return headers

    def _check_token(self, token: str | None) -> str:
        """What the SDK calls for the requests that it still makes itself."""
        return self.access_token(token)

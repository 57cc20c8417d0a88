"""The SDK's API client, whose access token and headers can be asked for and replaced."""

from lib.connection.sdk_internals import OpenApiClient

URL = "https://abc.signals.snowplowanalytics.com"


def sandbox_client() -> OpenApiClient:
    return OpenApiClient(URL, auth_mode="sandbox", sandbox_token="the token")


def test_in_the_sandbox_the_token_is_the_sandbox_s():
    assert sandbox_client().access_token() == "the token"


def test_requests_have_the_sdk_s_headers_and_the_token_as_their_bearer():
    headers = sandbox_client().request_headers("a token", {"Accept": "text/event-stream"})
    assert headers.pop("X-Signals-Sdk-Name").startswith("signals-py ")
    assert headers == {
        "Accept": "text/event-stream",
        "Content-Type": "application/json; charset=utf-8",
        "Authorization": "Bearer a token",
    }

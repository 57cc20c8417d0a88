"""Console's token request: what is answered on this machine, what is refused, what goes on.

Sources: https://docs.snowplow.io/docs/account-management/ (obtain an access token) and
`_fetch_token` in the SDK's `api_client.py`
"""

import time

import httpx
import jwt
import pytest
from snowplow_signals import Signals

from lib.sandbox.console import CREDENTIALS, TOKEN_SECONDS, answer_here, token_answer
from tests.support.sandbox import World

CONSOLE = "https://console.snowplowanalytics.com/api/msc/v1/organizations"
ORG_ID = CREDENTIALS["ORG_ID"]


def token_request(**changes: str) -> httpx.Request:
    """As the SDK sends it, with the sandbox's credentials unless told otherwise."""
    given = CREDENTIALS | changes
    headers = {"X-API-Key-Id": given["CONSOLE_API_KEY_ID"], "X-API-Key": given["CONSOLE_API_KEY"]}
    return httpx.Request(
        "GET", f"{CONSOLE}/{given['ORG_ID']}/credentials/v3/token", headers=headers
    )


@pytest.fixture
def answered_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Console's request is answered in this process, until the test ends."""
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", httpx.HTTPTransport.handle_request)
    answer_here()


def client_of(world: World, **changes: str) -> Signals:
    given = CREDENTIALS | changes
    return Signals(
        api_url=world.collector,  # the path names the sandbox, not the token
        api_key=given["CONSOLE_API_KEY"],
        api_key_id=given["CONSOLE_API_KEY_ID"],
        org_id=given["ORG_ID"],
    )


def test_right_keys_are_answered_with_a_token_that_expires_after_a_day() -> None:
    answer = token_answer(token_request())
    assert answer is not None and answer.status_code == 200
    token = jwt.decode(answer.json()["accessToken"], options={"verify_signature": False})
    assert token["exp"] - token["iat"] == TOKEN_SECONDS == 86_400


@pytest.mark.parametrize("name", CREDENTIALS)
@pytest.mark.parametrize("value", ["YOUR_KEY", "a-real-key", ""])
def test_a_wrong_key_is_refused_and_named_but_not_repeated(
    name: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = token_answer(token_request(**{name: value}))
    assert answer is not None and answer.status_code == 401
    assert answer.json()["message"].startswith(f"{name} is not what `python -m lib.sandbox` prints")
    said = capsys.readouterr().err
    assert said.startswith(f"{name} is not what")
    assert not value or value not in said


def test_several_wrong_keys_are_all_named() -> None:
    answer = token_answer(token_request(CONSOLE_API_KEY="a", ORG_ID="b"))
    assert answer is not None
    assert answer.json()["message"].startswith("CONSOLE_API_KEY and ORG_ID are not what")


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", f"{CONSOLE}/{ORG_ID}/credentials/v2/token"),
        ("POST", f"{CONSOLE}/{ORG_ID}/credentials/v3/token"),
        ("GET", f"{CONSOLE}/{ORG_ID}/data-structures/v1"),
        ("GET", f"https://example.com/api/msc/v1/organizations/{ORG_ID}/credentials/v3/token"),
        ("GET", "http://127.0.0.1:8085/api/v1/registry/services/"),
    ],
)
def test_every_other_request_goes_where_it_is_sent(method: str, url: str) -> None:
    assert token_answer(httpx.Request(method, url)) is None


@pytest.mark.usefixtures("answered_here")
@pytest.mark.parametrize("console", ["console", "next.console"])
def test_the_sdk_reaches_the_sandbox_with_an_api_key(
    shared_world: World, monkeypatch: pytest.MonkeyPatch, console: str
) -> None:
    if console == "next.console":
        monkeypatch.setenv("BDP_NEXT", "1")
    assert client_of(shared_world).api_client.make_request("GET", "registry/services/") == []


@pytest.mark.usefixtures("answered_here")
def test_the_sdk_is_refused_with_a_wrong_key(shared_world: World) -> None:
    signals = client_of(shared_world, CONSOLE_API_KEY="wrong")
    with pytest.raises(httpx.HTTPStatusError, match="401 Unauthorized"):
        signals.get_attribute_group("things")


@pytest.mark.usefixtures("answered_here")
def test_the_sdk_keeps_its_token_until_it_expires_and_then_fetches_another(
    shared_world: World,
) -> None:
    client = client_of(shared_world).api_client
    expired = jwt.encode({"exp": int(time.time()) - 1}, "k" * 32)
    client.token = expired
    client.make_request("GET", "registry/services/")
    fetched = client.token
    assert fetched not in (None, expired)
    client.make_request("GET", "registry/services/")
    assert client.token == fetched

"""Console's token request, answered on this machine, so that `Signals(...)` reaches a sandbox.

The SDK's `Signals(api_url=..., api_key=..., api_key_id=..., org_id=...)` first exchanges the API
key for a token, at an address of Snowplow's Console that is built into it. `answer_here` makes
httpx, which the SDK uses, answer this one request. Everything else goes where the program sends it.

Keys other than the ones below are refused, as Console refuses unknown ones, and never leave this
machine. A token is a JWT that expires after 24 hours, as Console's does; the SDK then asks again.
The status and the words of a refusal are *(ours)*: Snowplow documents neither.

This file imports nothing of ours, so that a notebook can load it from any folder: `FIRST_CELL`.

Sources: `_fetch_token` in the SDK's `api_client.py`,
https://docs.snowplow.io/docs/signals/connection/ (authenticate to the Signals API) and
https://docs.snowplow.io/docs/account-management/ (obtain an access token)
"""

import re
import secrets
import sys
import time
from pathlib import Path

import httpx
import jwt

# The credentials of every sandbox *(ours)*. They protect nothing: the sandbox accepts any token.
CREDENTIALS = {
    "CONSOLE_API_KEY": "5a4db0c5-0000-4000-8000-00000000a001",
    "CONSOLE_API_KEY_ID": "5a4db0c5-0000-4000-8000-00000000a002",
    "ORG_ID": "5a4db0c5-0000-4000-8000-00000000a003",
}
HOSTS = ("console.snowplowanalytics.com", "next.console.snowplowanalytics.com")
TOKEN_PATH = re.compile("/api/msc/v1/organizations/([^/]*)/credentials/v3/token")
TOKEN_SECONDS = 24 * 60 * 60
FIRST_CELL = f'import runpy; runpy.run_path({str(Path(__file__))!r})["answer_here"]()'
ANSWERED_HERE = "Console's token request is answered on this machine. Nothing else is replaced."

_SIGNING_KEY = secrets.token_bytes(32)


def answer_here() -> None:
    """From now on, answer Console's token request in this process, and say so."""
    send = httpx.HTTPTransport.handle_request

    def handle_request(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        return token_answer(request) or send(self, request)

    httpx.HTTPTransport.handle_request = handle_request  # type: ignore[method-assign]
    print(ANSWERED_HERE, file=sys.stderr)


def token_answer(request: httpx.Request) -> httpx.Response | None:
    """What Console would answer, or None if this is another request."""
    path = TOKEN_PATH.fullmatch(request.url.path)
    if request.method != "GET" or request.url.host not in HOSTS or path is None:
        return None
    given = {
        "CONSOLE_API_KEY": request.headers.get("X-API-Key"),
        "CONSOLE_API_KEY_ID": request.headers.get("X-API-Key-Id"),
        "ORG_ID": path[1],
    }
    wrong = [name for name, value in CREDENTIALS.items() if given[name] != value]
    if not wrong:
        return httpx.Response(200, json={"accessToken": _token()})
    message = (
        f"{' and '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} not what `python -m"
        " lib.sandbox` prints. Copy the printed values. To use a Snowplow account, run the"
        " program without the sandbox."
    )
    print(message, file=sys.stderr)
    return httpx.Response(401, json={"message": message})


def _token() -> str:
    now = int(time.time())
    return jwt.encode({"iat": now, "exp": now + TOKEN_SECONDS}, _SIGNING_KEY, algorithm="HS256")

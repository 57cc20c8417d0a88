"""Errors explained to a person: what happened, in the words of the server, and what to do.

Pages catch what the SDKs raise and show an `Explanation`. None contains a secret: addresses are
left out, and the SDK's messages have none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import ValidationError
from snowplow_signals import SignalsAPIError

from lib.connection.access_token import TokenError
from lib.connection.advice import advice_on
from lib.connection.clients import unanswered
from lib.connection.sandbox_inspector import SchemaRefused

SDK_ERRORS = (
    SignalsAPIError,
    TokenError,
    ValidationError,
    httpx.HTTPError,
    httpx.InvalidURL,
    ValueError,
    TypeError,
)
"""Everything that a call of the Signals SDK may raise."""

ADVICE_BY_STATUS = {
    401: "Check the API key, the API key ID and the organization ID: Signals refused them.",
    403: "This API key is not allowed to do that. Ask the account's administrator for one that is.",
    404: "Publish the definitions first, and check the name for typos.",
    409: "Raise the version to publish a changed definition, or unpublish what uses it.",
    413: "This is too large. Send less at once.",
    422: "Correct the definition as the message says, and publish again.",
    429: "Too many requests at once. Wait a moment and try again.",
    501: "The sandbox does not support this. Snowplow does.",
    503: "The server cannot store anything now. Try again in a moment.",
}


@dataclass(frozen=True)
class Explanation:
    """`message` says what happened, `advice` what to do next."""

    message: str
    advice: str


def explained(error: Exception) -> Explanation:
    """An error of the Signals SDK, explained to a person; one of this app has its own `advice`."""
    for kind, explain in _EXPLAINERS:
        if isinstance(error, kind):
            return explain(error)
    words = str(error) or type(error).__name__
    fallback: str = getattr(error, "advice", "Try again; nothing was lost.")
    return Explanation(words, advice_on(words, fallback))


def _refusal(error: Any) -> Explanation:
    words = "; ".join(_problems(error.message))
    fallback = ADVICE_BY_STATUS.get(error.status_code, "Try again in a moment.")
    return Explanation(f"Signals answered {error.status_code}: {words}", advice_on(words, fallback))


def _problems(message: Any) -> list[str]:
    detail = message.get("detail", message) if isinstance(message, dict) else message
    if not isinstance(detail, list):
        return [str(detail)]
    return [f"{_place(each.get('loc', []))}{each.get('msg', '')}" for each in detail]


def _place(location: Any) -> str:
    parts = [str(part) for part in location if part != "body"]
    return f"{'.'.join(parts)}: " if parts else ""


def _invalid(error: Any) -> Explanation:
    problems = [f"{_place(each['loc'])}{each['msg']}" for each in error.errors()]
    words = f"{error.title}: {'; '.join(dict.fromkeys(problems[:5]))}"
    return Explanation(words, advice_on(words, "Correct the definition as the message says."))


def _wrong_call(error: Any) -> Explanation:
    words = str(error)
    return Explanation(words, advice_on(words, "Correct the call as the message says."))


def _refused_schema(error: Any) -> Explanation:
    return Explanation(
        f"The sandbox refused it. {error}.", "Correct it there. Nothing was changed."
    )


def _no_address(_: Any) -> Explanation:
    return Explanation(
        "The Signals API URL cannot be used.",
        "SIGNALS_API_URL must start with https://, as in https://abc123.signals.example.com.",
    )


def _no_token(error: Any) -> Explanation:
    is_refused = error.status in (400, 401, 403, 404)
    advice = (
        "Check CONSOLE_API_KEY, CONSOLE_API_KEY_ID and ORG_ID: the key must belong to this"
        " organization and not be deleted."
        if is_refused
        else "Without a token Signals does not answer. The app keeps trying. If this lasts, check"
        " that console.snowplowanalytics.com can be reached."
    )
    return Explanation(f"{error}.", advice)


def _refused_by_console(error: Any) -> Explanation:
    """The SDK raises Console's answers as httpx errors, and no other server's."""
    status = error.response.status_code
    return _no_token(TokenError(f"it answered {status}", status))


def _timeout(_: Any) -> Explanation:
    return Explanation("Signals did not answer in time.", "Trying again usually helps.")


def _unreachable(error: Any) -> Explanation:
    why = unanswered(error)
    cause = "" if why == "it cannot be reached" else f": {why}"
    return Explanation(
        f"Signals cannot be reached{cause}.",
        "The app keeps trying. If this lasts, check the network and SIGNALS_API_URL.",
    )


_EXPLAINERS: tuple[tuple[type[Exception], Callable[[Any], Explanation]], ...] = (
    (SignalsAPIError, _refusal),
    (TokenError, _no_token),
    (ValidationError, _invalid),
    (SchemaRefused, _refused_schema),
    (TypeError, _wrong_call),
    (AttributeError, _wrong_call),
    (httpx.HTTPStatusError, _refused_by_console),
    (httpx.UnsupportedProtocol, _no_address),
    (httpx.InvalidURL, _no_address),
    (httpx.TimeoutException, _timeout),
    (httpx.HTTPError, _unreachable),
)

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
from lib.connection.clients import unanswered

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

ADVICE_BY_WORDS = {
    "at least 1 item": "Select at least one attribute.",
    "requires a property": "Add property=EventProperty(...) that names what to aggregate.",
    "email": "Use an email address as the owner, for people who have questions.",
    "no published attribute group": (
        "On the definitions page, select the attribute that the intervention needs, and publish."
    ),
    "attribute key": (
        "Use a built-in key, from snowplow_signals import user_id, or give a custom key a property."
    ),
    "should match pattern '^[a-za-z0-9_]{1,128}:": (
        "Name the attribute with its group, as in project_engagement:tasks_completed_count."
    ),
    "linkattributekey": (
        "target_attribute_keys takes links: write LinkAttributeKey(name='user_id')."
    ),
    "unexpected keyword argument 'service'": (
        "Pass the service's name as name=, as in get_service_attributes(name='my_service', ...)."
    ),
    "'api_key_id'": "Pass api_key_id= too: the API key and its ID are needed together.",
    "ten years ahead": "Go back to now first. Nothing was moved.",
    "must be provided": "Set CONSOLE_API_KEY, CONSOLE_API_KEY_ID and ORG_ID: all three are needed.",
}


@dataclass(frozen=True)
class Explanation:
    """`message` says what happened, `advice` what to do next."""

    message: str
    advice: str


def explained(error: Exception) -> Explanation:
    """An error of the Signals SDK, explained to a person."""
    for kind, explain in _EXPLAINERS:
        if isinstance(error, kind):
            return explain(error)
    return Explanation(str(error) or type(error).__name__, _advice(str(error)))


def _refusal(error: Any) -> Explanation:
    words = "; ".join(_problems(error.message))
    fallback = ADVICE_BY_STATUS.get(error.status_code, "Try again in a moment.")
    return Explanation(f"Signals answered {error.status_code}: {words}", _advice(words, fallback))


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
    return Explanation(words, _advice(words, "Correct the definition as the message says."))


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
        else "Without a token Signals answers nothing. The app keeps trying. If this lasts, check"
        " that console.snowplowanalytics.com can be reached."
    )
    return Explanation(f"{error}.", advice)


def _timeout(_: Any) -> Explanation:
    return Explanation("Signals did not answer in time.", "Trying again usually helps.")


def _unreachable(error: Any) -> Explanation:
    why = unanswered(error)
    cause = "" if why == "it cannot be reached" else f": {why}"
    return Explanation(
        f"Signals cannot be reached{cause}.",
        "The app keeps trying. If this lasts, check the network and SIGNALS_API_URL.",
    )


def _advice(words: str, fallback: str = "Try again; nothing was lost.") -> str:
    lowered = words.lower()
    fitting = (advice for part, advice in ADVICE_BY_WORDS.items() if part in lowered)
    return next(fitting, fallback)


_EXPLAINERS: tuple[tuple[type[Exception], Callable[[Any], Explanation]], ...] = (
    (SignalsAPIError, _refusal),
    (TokenError, _no_token),
    (ValidationError, _invalid),
    (httpx.UnsupportedProtocol, _no_address),
    (httpx.InvalidURL, _no_address),
    (httpx.TimeoutException, _timeout),
    (httpx.HTTPError, _unreachable),
)

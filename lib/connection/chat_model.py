"""A model that answers questions: any endpoint that speaks OpenAI's chat protocol, streamed.

Source: https://platform.openai.com/docs/api-reference/chat/create

    ModelError           it did not answer; carries an `Explanation` for the person
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from lib.connection.explanations import Explanation

CONNECT_SECONDS = 5.0
SILENT_SECONDS = 15.0
WHOLE_SECONDS = 45.0
MAX_TOKENS = 300
MAX_CHARACTERS = 4_000
LINE_BYTES = 100_000


@dataclass(frozen=True)
class ChatModel:
    """Where the model is: `url` is the API's base, such as https://api.example.com/v1."""

    url: str
    key: SecretStr
    name: str


class ModelError(Exception):
    """The model did not answer, or stopped in the middle."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.explanation = Explanation(message, advice)


def streamed(
    model: ChatModel,
    instructions: str,
    question: str,
    transport: httpx.BaseTransport | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[str]:
    """The answer, piece by piece. Raises `ModelError`, also after some pieces."""
    request = {
        "model": model.name,
        "messages": [
            {"role": "system", "content": instructions},
            {"role": "user", "content": question},
        ],
        "max_tokens": MAX_TOKENS,
        "stream": True,
    }
    timeout = httpx.Timeout(SILENT_SECONDS, connect=CONNECT_SECONDS)
    headers = {"Authorization": f"Bearer {model.key.get_secret_value()}"}
    ends_at = monotonic() + WHOLE_SECONDS
    try:
        with (
            httpx.Client(timeout=timeout, transport=transport, trust_env=False) as client,
            client.stream(
                "POST", f"{model.url}/chat/completions", json=request, headers=headers
            ) as response,
        ):
            _refuse(response)
            yield from _pieces(response, lambda: monotonic() >= ends_at)
    except httpx.TimeoutException as error:
        raise ModelError("The model took too long.", "Ask again in a moment.") from error
    except httpx.HTTPError as error:
        raise ModelError(
            "The model cannot be reached.", "Check ASSISTANT_URL and the network."
        ) from error


def _refuse(response: httpx.Response) -> None:
    status = response.status_code
    if status in (401, 403):
        raise ModelError("The model refused the key.", "Check ASSISTANT_KEY.")
    if status == 404:
        raise ModelError("There is no such model.", "Check ASSISTANT_URL and ASSISTANT_MODEL.")
    if status == 429:
        raise ModelError("The model was asked too often.", "Wait a minute, then ask again.")
    if status != 200:
        raise ModelError(f"The model answered with status {status}.", "Ask again in a moment.")


def _pieces(response: httpx.Response, is_over: Callable[[], bool]) -> Iterator[str]:
    """The pieces of the answer, up to a limit; raises `ModelError` if its end is missing."""
    size = 0
    for line in _lines(response):
        if is_over():
            raise ModelError("The model took too long.", "Ask again in a moment.")
        content = line.removeprefix("data:").strip()
        if not line.startswith("data:") or not content:
            continue
        if content == "[DONE]":
            return
        piece = _piece(content)
        size += len(piece)
        if piece:
            yield piece
        if size > MAX_CHARACTERS:
            return
    raise ModelError("The model's answer was cut off.", "Ask again.")


def _lines(response: httpx.Response) -> Iterator[str]:
    """Lines of the stream, each of a bounded length."""
    buffered = ""
    for text in response.iter_text():
        *lines, buffered = (buffered + text).split("\n")
        if len(buffered) > LINE_BYTES:
            raise ModelError("The model's answer cannot be read.", "Check ASSISTANT_URL.")
        yield from lines
    yield buffered


def _piece(content: str) -> str:
    try:
        (choice, *_) = json.loads(content)["choices"] or [{}]
        return str(choice.get("delta", {}).get("content") or "")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError("The model's answer cannot be read.", "Check ASSISTANT_URL.") from error

"""A model's answer arrives piece by piece, and what goes wrong is said in words.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

import json
from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from lib.connection.chat_model import (
    LINE_BYTES,
    MAX_CHARACTERS,
    WHOLE_SECONDS,
    ChatModel,
    ModelError,
    streamed,
)

MODEL = ChatModel("http://localhost:1/v1", SecretStr("sk-secret"), "small-1")


def data(text: str) -> str:
    return f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n"


class Stream(httpx.SyncByteStream):
    """Pieces of an answer's body; an exception among them is raised there."""

    def __init__(self, *pieces: str | Exception) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece.encode()


def answered(*pieces: str | Exception, status: int = 200, **options) -> list[str]:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, stream=Stream(*pieces)))
    return list(streamed(MODEL, "Be brief.", "Why?", transport, **options))


def problem(*pieces: str | Exception, status: int = 200, **options) -> str:
    with pytest.raises(ModelError) as refused:
        answered(*pieces, status=status, **options)
    said = refused.value.explanation
    assert "sk-secret" not in f"{said} {refused.value!r}"
    return f"{said.message} {said.advice}"


def test_pieces_come_in_order_however_they_are_cut():
    whole = data("Hel") + ": a comment\n\n" + data("lo") + "data: [DONE]\n\n"
    assert answered(whole) == ["Hel", "lo"]
    assert answered(*whole) == ["Hel", "lo"]


def test_deltas_without_text_are_skipped():
    role = 'data: {"choices": [{"delta": {"role": "assistant"}}]}\n'
    usage = 'data: {"choices": [], "usage": {}}\n'
    assert answered(role, usage, data("a"), "data: [DONE]") == ["a"]


def test_question_and_instructions_are_apart_and_the_key_is_a_bearer():
    seen = []

    def take(request: httpx.Request) -> httpx.Response:
        seen.append((str(request.url), request.headers["authorization"], request.read()))
        return httpx.Response(200, text="data: [DONE]\n")

    list(streamed(MODEL, "Be brief.", "Why?", httpx.MockTransport(take)))
    url, key, body = seen[0]
    assert (url, key) == ("http://localhost:1/v1/chat/completions", "Bearer sk-secret")
    assert [(each["role"], each["content"]) for each in json.loads(body)["messages"]] == [
        ("system", "Be brief."),
        ("user", "Why?"),
    ]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "The model refused the key. Check ASSISTANT_KEY."),
        (403, "The model refused the key. Check ASSISTANT_KEY."),
        (404, "There is no such model. Check ASSISTANT_URL and ASSISTANT_MODEL."),
        (429, "The model was asked too often. Wait a minute, then ask again."),
        (302, "The model answered with status 302. Ask again in a moment."),
        (500, "The model answered with status 500. Ask again in a moment."),
    ],
)
def test_refusals_are_explained(status, said):
    assert problem("{}", status=status) == said


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([data("a")], "The model's answer was cut off. Ask again."),
        ([], "The model's answer was cut off. Ask again."),
        ([data("a"), httpx.ReadError("gone")], "The model cannot be reached."),
        ([data("a"), httpx.ReadTimeout("slow")], "The model took too long."),
        (["data: {\n"], "The model's answer cannot be read."),
        (["data: []\n"], "The model's answer cannot be read."),
        (['data: {"choices": [1]}\n'], "The model's answer cannot be read."),
        (["x" * (LINE_BYTES + 1)], "The model's answer cannot be read."),
    ],
)
def test_answers_that_break_are_explained(pieces, said):
    assert problem(*pieces).startswith(said)


def test_an_endless_answer_ends():
    assert len("".join(answered(*[data("a" * 1_000)] * 100))) <= MAX_CHARACTERS + 1_000


def test_an_answer_that_drips_for_too_long_ends():
    times = iter([0.0, 1.0, WHOLE_SECONDS + 1])
    said = problem(*[data("a")] * 10, monotonic=lambda: next(times, WHOLE_SECONDS + 2))
    assert said == "The model took too long. Ask again in a moment."

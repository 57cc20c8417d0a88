"""Each question ends with two answers, whatever the model does."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from lib.connection.chat_model import ChatModel, ModelError
from lib.project import Project
from lib.story.assistant import Knowledge, answer
from lib.story.conversation import (
    ASKED_AT_ONCE,
    BUSY,
    KEPT,
    NOT_ASKED,
    SCRIPTED,
    Conversation,
    Reply,
)
from lib.world.context_reader import Context
from tests.support.waiting import eventually

MODEL = ChatModel("http://localhost:1/v1", SecretStr("secret"), "small-1")
KNOWN = Knowledge(Context("s", is_published=True), {}, Project.fresh(), 5)


def says(*pieces: str):
    def write(model: ChatModel, instructions: str, question: str) -> Iterator[str]:
        yield from pieces

    return write


def breaks(*pieces: str):
    def write(model: ChatModel, instructions: str, question: str) -> Iterator[str]:
        yield from pieces
        raise ModelError("The model refused the key.", "Check ASSISTANT_KEY.")

    return write


def asked(conversation: Conversation, question: str = "What did I just do?") -> tuple[Reply, Reply]:
    exchange = conversation.ask(question, KNOWN)
    assert eventually(lambda: exchange.is_done)
    return exchange.without, exchange.with_signals


def test_without_a_model_both_answers_are_scripted_and_say_so():
    for reply, known in zip(asked(Conversation(None)), (None, KNOWN), strict=True):
        scripted = answer("What did I just do?", known)
        assert reply == Reply(scripted.text, scripted.read, SCRIPTED, is_done=True)


def test_a_models_answer_is_put_together_and_named():
    for reply in asked(Conversation(MODEL, write=says("Hello", " there"))):
        assert (reply.text, reply.note) == ("Hello there", "From the model small-1.")


@pytest.mark.parametrize("write", [breaks(), breaks("Half an ans"), says(), says(" ")])
def test_when_the_model_fails_the_scripted_answer_comes_with_the_reason(write):
    without, with_signals = asked(Conversation(MODEL, write=write))
    assert without.text == answer("What did I just do?", None).text
    assert with_signals.text == answer("What did I just do?", KNOWN).text
    assert with_signals.note.startswith("Scripted, because the model ")
    assert "secret" not in with_signals.note


def test_key_that_no_request_can_carry_ends_with_the_scripted_answers():
    model = ChatModel("http://localhost:1/v1", SecretStr("schl\u00fcssel"), "small-1")
    for reply, known in zip(asked(Conversation(model)), (None, KNOWN), strict=True):
        scripted = answer("What did I just do?", known)
        assert reply == Reply(scripted.text, scripted.read, NOT_ASKED, is_done=True)


def test_error_that_nobody_expected_after_some_pieces_ends_with_the_scripted_answers():
    def write(model: ChatModel, instructions: str, question: str) -> Iterator[str]:
        yield "Half an ans"
        raise RuntimeError("secret")

    for reply in asked(Conversation(MODEL, write=write)):
        assert (reply.note, "Half" in reply.text) == (NOT_ASKED, False)


def test_only_the_one_with_signals_is_given_the_context():
    prompts = []

    def write(model: ChatModel, instructions: str, question: str) -> Iterator[str]:
        prompts.append((question, "Agree on the new sitemap" in instructions))
        yield "."

    asked(Conversation(MODEL, write=write), "Q")
    assert sorted(prompts) == [("Q", False), ("Q", True)]


def test_after_too_many_questions_the_answers_are_scripted_and_say_why():
    conversation = Conversation(MODEL, write=says("."))
    notes = [asked(conversation)[1].note for _ in range(ASKED_AT_ONCE + 1)]
    assert notes[-2:] == ["From the model small-1.", BUSY]


def test_others_in_the_same_place_may_have_asked_enough():
    assert asked(Conversation(MODEL, lambda: False, says(".")))[0].note == BUSY


def test_only_the_newest_exchanges_are_kept():
    conversation = Conversation(None)
    for number in range(KEPT + 5):
        conversation.ask(str(number), KNOWN)
    assert [each.question for each in conversation.exchanges][0] == "5"
    assert len(conversation.exchanges) == KEPT

"""A conversation with two assistants: each question is answered without and with Signals.

Answers are written in the background. A model's answer arrives piece by piece. Without a model, or
when it may not be asked or fails, the answer is scripted and says so. There is always an answer.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lib.connection.chat_model import ChatModel, ModelError, streamed
from lib.story.assistant import Answer, Knowledge, answer, prompt, terms
from lib.token_bucket import TokenBucket
from lib.world.background import in_background

KEPT = 10
SCRIPTED = "Scripted, no model."
BUSY = "Scripted: the model has been asked too often. Ask again in a minute."
NOT_ASKED = "Scripted: the model could not be asked."
ASKED_A_SECOND, ASKED_AT_ONCE = 1 / 15, 6  # questions of one person to a model; each asks twice

Write = Callable[[ChatModel, str, str], Iterator[str]]


@dataclass
class Reply:
    """One answer, finished or not. `note` says where it comes from."""

    text: str = ""
    read: tuple[str, ...] = ()
    note: str = ""
    is_done: bool = False

    def finish(self, scripted: Answer, note: str) -> None:
        """End with a scripted answer."""
        self.text, self.read, self.note, self.is_done = scripted.text, scripted.read, note, True


@dataclass
class Exchange:
    """A question and its two answers."""

    question: str
    without: Reply = field(default_factory=Reply)
    with_signals: Reply = field(default_factory=Reply)

    @property
    def is_done(self) -> bool:
        """Whether both answers are written."""
        return self.without.is_done and self.with_signals.is_done


class Conversation:
    """One session's questions, the newest ten. `may_ask` says whether all who share this place may
    ask the model once more. `write` asks it."""

    def __init__(
        self,
        model: ChatModel | None,
        may_ask: Callable[[], bool] = lambda: True,
        write: Write = streamed,
    ) -> None:
        self.exchanges: deque[Exchange] = deque(maxlen=KEPT)
        self._model = model
        self._may_ask = may_ask
        self._write = write
        self._own = TokenBucket(ASKED_A_SECOND, ASKED_AT_ONCE)

    @property
    def is_done(self) -> bool:
        """Whether every answer is written."""
        return all(each.is_done for each in self.exchanges)

    def ask(self, question: str, knowledge: Knowledge) -> Exchange:
        """Ask both. The answers are written into the exchange that is returned."""
        exchange = Exchange(question)
        self.exchanges.append(exchange)
        is_allowed = self._model is not None and self._own.take(1) and self._may_ask()
        for reply, known in ((exchange.without, None), (exchange.with_signals, knowledge)):
            scripted = answer(question, known)
            if self._model is None or not is_allowed:
                reply.finish(scripted, BUSY if self._model else SCRIPTED)
            else:
                in_background(
                    "assistant", _Written(self._model, self._write, reply, question, known)
                )
        return exchange


@dataclass(frozen=True)
class _Written:
    """Writes one answer of a model."""

    model: ChatModel
    write: Write
    reply: Reply
    question: str
    knowledge: Knowledge | None

    def __call__(self) -> None:
        self.reply.read = terms(self.knowledge) if self.knowledge else ()
        try:
            for piece in self.write(self.model, prompt(self.knowledge), self.question):
                self.reply.text += piece
            if not self.reply.text.strip():
                raise ModelError("The model said nothing.", "Ask again.")
            self.reply.note, self.reply.is_done = f"From the model {self.model.name}.", True
        except ModelError as error:
            said = error.explanation
            note = f"Scripted, because {said.message[0].lower()}{said.message[1:]} {said.advice}"
            self.reply.finish(answer(self.question, self.knowledge), note)
        finally:
            if not self.reply.is_done:  # whatever it raised, there is an answer
                self.reply.finish(answer(self.question, self.knowledge), NOT_ASKED)

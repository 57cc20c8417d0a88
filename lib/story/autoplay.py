"""The story that plays by itself: scenes with a caption, each on a page, and what happens in them.

What happens in a scene is real: it completes tasks and publishes definitions as a person would, and
the next scene waits for the effect. Time is passed in, in seconds of a monotonic clock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from lib.demo.demo_profile import DEFAULT, DemoProfile
from lib.story.acts import (
    accept_nudge,
    complete_next,
    mistakes_sent,
    personalize,
    read_context,
    send_mistake,
)
from lib.story.assistant import QUESTIONS
from lib.world.participant import Participant

THRESHOLD_AT_MOST = 20  # a story with more tasks would bore everybody
PATIENCE_SECONDS = 15.0
TROUBLE = (
    "The story is stuck: something that should have happened did not. Ask “Why did nothing happen?”"
    " on the board."
)
INTERRUPTED = "Paused, because you went to another page."
ROOM_IS_PAUSED = "The presenter paused the room. The story continues when they resume."

Act = Callable[[Participant], object]
Condition = Callable[[Participant], bool]


@dataclass(frozen=True)
class Scene:
    """One scene: its caption, its shortest length in seconds, and its page (by title).

    `act` runs at its start, and the scene ends only once `until` is true. `event` returns the key
    of the event to show on the events page; `question` is asked on the assistant page.
    """

    page: str
    caption: str
    seconds: float
    act: Act | None = None
    until: Condition | None = None
    event: Callable[[Participant], str] | None = None
    question: str = ""


class Autoplay:
    """One user's story and how far it has played. `world` is the user's, as in `Participant`."""

    def __init__(self, world: str, scenes: Sequence[Scene], now: float) -> None:
        self.world = world
        self._scenes = tuple(scenes)
        self._number = 0
        self._since = now
        self._has_acted = False
        self._trouble = ""
        self.is_paused = False

    @property
    def scene(self) -> Scene:
        """The scene that plays now."""
        return self._scenes[self._number]

    @property
    def caption(self) -> str:
        """The caption of the scene, or what is wrong."""
        return self._trouble or self.scene.caption

    @property
    def fraction(self) -> float:
        """How much of the story has played, from 0 to 1."""
        return (self._number + 1) / len(self._scenes)

    @property
    def is_last(self) -> bool:
        """Whether there is no scene after this one."""
        return self._number == len(self._scenes) - 1

    @property
    def is_over(self) -> bool:
        """Whether the story is over."""
        return self.is_last and (self._has_acted or self.scene.act is None)

    def pause(self, why: str = "") -> None:
        """Pause the story."""
        self.is_paused, self._trouble = True, why

    def resume(self, now: float) -> None:
        """Continue the current scene."""
        self.is_paused, self._trouble, self._since = False, "", now

    def skip(self, now: float) -> None:
        """Go to the next scene without waiting for this one."""
        if not self.is_last:
            self._number += 1
            self._has_acted = False
        self.resume(now)

    def step(self, participant: Participant, now: float) -> bool:
        """Do what is due, with the scene's page open; returns whether there is more to show.

        While the room is paused, nothing is due, and no time passes.
        """
        if participant.is_paused:
            self._since = now
        if self.is_paused or participant.is_paused:
            return False
        if not self._has_acted:
            self._has_acted = True
            if self.scene.act is not None:
                self.scene.act(participant)
                self._since = now
                return True
        waited = now - self._since
        if waited < self.scene.seconds or self.is_last:
            return False
        if self.scene.until is None or self.scene.until(participant):
            self.skip(now)
            return True
        if waited >= max(PATIENCE_SECONDS, self.scene.seconds):
            self._has_acted = False  # resuming tries again
            self.pause(TROUBLE)
            return True
        return False


def story(
    threshold: int, publish: Act, profile: DemoProfile = DEFAULT, *, may_publish: bool = True
) -> list[Scene]:
    """The whole story, for an intervention at `threshold` completed tasks, in a profile's words.

    `publish` publishes the definitions unless they are published. A user who may not publish sees
    the assistants without the agentic context, if it is not published.
    """
    return [
        *_publishing(profile.number_of(threshold), profile.action, publish),
        *_tasks_before(threshold, profile.action),
        *_crossing(threshold, profile.item),
        *_answering(may_publish),
        *ENDING,
    ]


def _publishing(goal: str, action: str, publish: Act) -> list[Scene]:
    return [
        Scene("Board", f"A product at work. Each “{action}” is an event.", 6),
        Scene(
            "Definitions",
            f"Signals learns what to count, and when to act: at {goal}.",
            8,
        ),
        Scene(
            "Definitions",
            "Published. From now on, every event counts.",
            4,
            publish,
            is_published,
        ),
    ]


def is_published(participant: Participant) -> bool:
    """Whether what is published counts what the board tracks."""
    published = participant.seen.published
    return published.is_complete and not published.counted_instead(participant.own_event.current)


def _tasks_before(threshold: int, action: str) -> list[Scene]:
    """All tasks but the last: the first slowly enough to watch, the rest quickly."""
    first = f"“{action}”: the event is sent, and Signals counts it."
    return [
        Scene(
            "Board",
            first if count == 1 else f"And another: {count} of {threshold}.",
            5 if count == 1 else 1.5,
            partial(_complete_up_to, count),
            partial(_has_counted, count),
        )
        for count in range(1, threshold)
    ]


def _crossing(threshold: int, item: str) -> list[Scene]:
    return [
        Scene(
            "Attributes",
            "The count over time, as an application reads it.",
            7,
        ),
        Scene(
            "Board",
            f"With {item} {threshold}, the threshold is crossed: Signals sends a nudge.",
            7,
            partial(_complete_up_to, threshold),
            lambda participant: participant.is_nudged,
        ),
    ]


def _break_the_rules(participant: Participant) -> None:
    send_mistake(participant)
    participant.events.refresh()  # so that the page shows it at once


def _newest_mistake(participant: Participant) -> str:
    """The key of the broken event; empty until it is sent."""
    return next((each.key for each in mistakes_sent(participant)), "")


def _answering(may_publish: bool) -> list[Scene]:
    """The answer to the nudge, the personalized board, and the assistants."""
    return [
        Scene(
            "Board",
            "The nudge is accepted. The answer is an event too.",
            5,
            accept_nudge,
        ),
        Scene(
            "Board",
            "The page reads the same values: order, welcome, offer.",
            9,
            personalize,
        ),
        Scene(
            "Assistant",
            "One question, twice. One assistant reads what was just done.",
            9,
            partial(read_context, may_publish=may_publish),
            question=QUESTIONS[0],
        ),
    ]


ENDING = (
    Scene(
        "Interventions",
        "It came with the values that made it fire, once for each user.",
        7,
    ),
    Scene(
        "Events",
        "The journey of an event: tracked, validated, counted, acted on.",
        7,
    ),
    Scene(
        "Events",
        "A broken event fails, and is not counted.",
        8,
        _break_the_rules,
        lambda participant: bool(mistakes_sent(participant)),
        _newest_mistake,
    ),
    Scene("Board", "That is the whole loop, in real time. Now try it yourself.", 1),
)


def _complete_up_to(count: int, participant: Participant) -> None:
    """Complete tasks until `count` are counted. If one is not counted at once, the rest waits for
    the next call."""
    for _ in range(count):
        before = participant.seen.count
        if before >= count or complete_next(participant) is None:
            return
        if participant.seen.count == before:
            return


def _has_counted(count: int, participant: Participant) -> bool:
    return participant.seen.count >= count

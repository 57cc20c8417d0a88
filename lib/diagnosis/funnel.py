"""From a rule to an answer: an intervention fires, is delivered, received, handled and accepted.

The sandbox tells what fired and what was delivered. On Snowplow, nobody outside sees either; what
arrived must have been both. The rest is what this app did, and what it tracked about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lib.snowplow.tracking import HANDLED, NOT_HANDLED, RECEIVED
from lib.world.fired import Fired
from lib.world.inbox import Received

Rule = tuple[str, int]
State = Literal["yes", "no", "not yet", "unknown"]

FATES: dict[str | None, tuple[State, str]] = {
    "delivered": ("yes", "The sandbox sent it to whoever listened."),
    "held": ("not yet", "Nobody listens. The sandbox holds it for ten seconds."),
    "lost": ("no", "Nobody listened. It is lost."),
    None: ("unknown", "The sandbox no longer knows: it was started again."),
}


@dataclass(frozen=True)
class Step:
    """One step of an intervention's way to one person: how far it is, and how that is known."""

    name: str
    state: State
    known_from: str


def steps(
    rule: Rule,
    fired: Sequence[Fired] | None,
    received: Received | None,
    *,
    is_told_only: bool = False,
) -> list[Step]:
    """The steps of an intervention for one person. `fired` is None where nobody can know, and
    `is_told_only` says that the app tells it in passing and asks for no answer."""
    found = next((each for each in fired or () if (each.name, each.version) == rule), None)
    return [
        _fired_step(rule, fired, found, received),
        _delivered_step(fired, found, received),
        *_own_steps(received, is_told_only=is_told_only),
    ]


def _fired_step(
    rule: Rule, fired: Sequence[Fired] | None, found: Fired | None, received: Received | None
) -> Step:
    if found is not None:
        return Step("Fired", "yes", "Its rule became true, says the sandbox.")
    if received is not None and received.is_test:
        return Step("Fired", "no", "It was sent as a test, past any rule.")
    if received is not None and fired is None:
        return Step("Fired", "yes", "It arrived, so it fired.")
    if received is not None:
        return Step("Fired", "unknown", "It was pushed, or its rule fires on every change.")
    if fired is None:
        return Step("Fired", "unknown", "Nobody outside Snowplow can see this.")
    return Step("Fired", "not yet", "Its rule has not become true, says the sandbox.")


def _delivered_step(
    fired: Sequence[Fired] | None, found: Fired | None, received: Received | None
) -> Step:
    if received is not None:
        return Step("Delivered", "yes", "It arrived, so it was delivered.")
    if found is not None:
        state, said = FATES[found.fate]
        return Step("Delivered", state, said)
    if fired is None:
        return Step("Delivered", "unknown", "Nobody outside Snowplow can see this.")
    return Step("Delivered", "not yet", "Nothing was sent.")


def _own_steps(received: Received | None, *, is_told_only: bool) -> list[Step]:
    """What this app did with it."""
    if received is None:
        return [
            Step("Received", "not yet", "Nothing arrived here."),
            Step("Handled", "not yet", "No page has shown it."),
            Step("Accepted", "not yet", "There is nothing to answer."),
        ]
    arrived = f"At {received.tstamp:%H:%M:%S} UTC, tracked as {RECEIVED}."
    answer = Step("Accepted", "no", "It was shown briefly, and asks for no answer.")
    if received.answer is not None or not is_told_only:
        answer = _answer_step(received)
    return [Step("Received", "yes", arrived), _handled_step(received), answer]


def _handled_step(received: Received) -> Step:
    if received.shown is not None:
        shown = f"A page showed it at {received.shown:%H:%M:%S} UTC, tracked as {HANDLED}."
        return Step("Handled", "yes", shown)
    if received.problem:
        return Step("Handled", "no", f"No page could show it, tracked as {NOT_HANDLED}.")
    return Step("Handled", "not yet", "No page has shown it.")


def _answer_step(received: Received) -> Step:
    if received.answer is None:
        return Step("Accepted", "not yet", "It waits for an answer.")
    said = f"It was {received.answer}, tracked as nudge_interaction."
    return Step("Accepted", "yes" if received.answer == "accepted" else "no", said)

"""From a rule to an answer: an intervention fires, is delivered, received, handled and accepted.

The sandbox knows what fired and what was delivered. On Snowplow, the app sees neither, but what
arrived must have been both. The other steps are what this app did and tracked.
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
    "delivered": ("yes", "The sandbox sent it to the listeners."),
    "held": ("not yet", "Nobody is listening. The sandbox holds it for ten seconds."),
    "lost": ("no", "Nobody was listening. It is lost."),
    None: ("unknown", "The sandbox no longer knows: it was restarted."),
}


@dataclass(frozen=True)
class FunnelStep:
    """One step of an intervention on its way to a person: its state, and how that is known."""

    name: str
    state: State
    known_from: str


def steps(
    rule: Rule,
    fired: Sequence[Fired] | None,
    received: Received | None,
    *,
    is_told_only: bool = False,
) -> list[FunnelStep]:
    """The steps of an intervention for one person. `fired` is None if unknown, and `is_told_only`
    says that the app shows it briefly and asks for no answer."""
    found = next((each for each in fired or () if (each.name, each.version) == rule), None)
    return [
        _fired_step(rule, fired, found, received),
        _delivered_step(fired, found, received),
        *_own_steps(received, is_told_only=is_told_only),
    ]


def _fired_step(
    rule: Rule, fired: Sequence[Fired] | None, found: Fired | None, received: Received | None
) -> FunnelStep:
    if found is not None:
        return FunnelStep("Fired", "yes", "Its rule became true, says the sandbox.")
    if received is not None and received.is_test:
        return FunnelStep("Fired", "no", "It was sent as a test, without a rule.")
    if received is not None and fired is None:
        return FunnelStep("Fired", "yes", "It arrived, so it fired.")
    if received is not None:
        return FunnelStep("Fired", "unknown", "It was pushed, or its rule fires on every change.")
    if fired is None:
        return FunnelStep("Fired", "unknown", "Nobody outside Snowplow can see this.")
    return FunnelStep("Fired", "not yet", "Its rule has not become true, says the sandbox.")


def _delivered_step(
    fired: Sequence[Fired] | None, found: Fired | None, received: Received | None
) -> FunnelStep:
    if received is not None:
        return FunnelStep("Delivered", "yes", "It arrived, so it was delivered.")
    if found is not None:
        state, said = FATES[found.fate]
        return FunnelStep("Delivered", state, said)
    if fired is None:
        return FunnelStep("Delivered", "unknown", "Nobody outside Snowplow can see this.")
    return FunnelStep("Delivered", "not yet", "Nothing was sent.")


def _own_steps(received: Received | None, *, is_told_only: bool) -> list[FunnelStep]:
    """What this app did with it."""
    if received is None:
        return [
            FunnelStep("Received", "not yet", "Nothing arrived here."),
            FunnelStep("Handled", "not yet", "No page has shown it."),
            FunnelStep("Accepted", "not yet", "There is nothing to answer."),
        ]
    arrived = f"At {received.tstamp:%H:%M:%S} UTC, tracked as {RECEIVED}."
    answer = FunnelStep("Accepted", "no", "It was shown briefly, and asks for no answer.")
    if received.answer is not None or not is_told_only:
        answer = _answer_step(received)
    return [FunnelStep("Received", "yes", arrived), _handled_step(received), answer]


def _handled_step(received: Received) -> FunnelStep:
    if received.shown is not None:
        shown = f"A page showed it at {received.shown:%H:%M:%S} UTC, tracked as {HANDLED}."
        return FunnelStep("Handled", "yes", shown)
    if received.problem:
        return FunnelStep("Handled", "no", f"No page could show it, tracked as {NOT_HANDLED}.")
    return FunnelStep("Handled", "not yet", "No page has shown it.")


def _answer_step(received: Received) -> FunnelStep:
    if received.answer is None:
        return FunnelStep("Accepted", "not yet", "It is waiting for an answer.")
    said = f"It was {received.answer}, tracked as nudge_interaction."
    return FunnelStep("Accepted", "yes" if received.answer == "accepted" else "no", said)

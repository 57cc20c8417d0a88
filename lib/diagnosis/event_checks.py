"""Checks of one event: from the tracker to the intervention that should follow."""

from collections.abc import Callable
from functools import partial

from lib.diagnosis.attribute_checks import changed, matched
from lib.diagnosis.checks import Check, Verdict
from lib.diagnosis.intervention_checks import criteria_met, fired, received
from lib.diagnosis.situation import Situation
from lib.diagnosis.tracking_checks import accepted, schema_known, sent, subject, user_id

QUESTIONS: tuple[tuple[str, str, Callable[[Situation], Verdict]], ...] = (
    ("subject", "Does the tracker have a user id?", subject),
    ("user_id", "Is the user id a UUID?", user_id),
    ("sent", "Was the event sent?", sent),
    ("accepted", "Are the event's fields valid?", accepted),
    ("schema", "Are its schemas known?", schema_known),
    ("matched", "Does the attribute group count it?", matched),
    ("changed", "Did a value change?", changed),
    ("criteria", "Are the intervention's criteria met?", criteria_met),
    ("fired", "Can it fire for this user?", fired),
    ("received", "Was the intervention received?", received),
)
"""The checks of an event, by name, in the order in which data flows."""


def event_checks(look: Callable[[], Situation], prepare: Callable[[], None]) -> list[Check]:
    """The checks of the last event. `look` returns the situation for each; `prepare` reads from
    Signals again first."""
    return [
        Check(name, question, partial(_looked, look, verdict), prepare)
        for name, question, verdict in QUESTIONS
    ]


def _looked(look: Callable[[], Situation], verdict: Callable[[Situation], Verdict]) -> Verdict:
    return verdict(look())

"""The steps of an intervention: how far each is, from what is known."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from snowplow_signals import InterventionInstance

from lib.diagnosis.funnel import steps
from lib.snowplow.interventions import PUSHED, SENDER
from lib.world.fired import Fired
from lib.world.inbox import Received

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULE = ("power_user_nudge", 1)
FIRED = Fired(*RULE, "ana", "delivered")
RECEIVED = Received(
    NOW, InterventionInstance(intervention_id="one", name=RULE[0], version=RULE[1]), None
)


def states(*facts: object) -> list[str]:
    return [each.state for each in steps(RULE, *facts)]  # type: ignore[arg-type]


def test_names_are_those_of_the_funnel():
    names = [each.name for each in steps(RULE, (), None)]
    assert names == ["Fired", "Delivered", "Received", "Handled", "Accepted"]


def test_nothing_is_reached_before_the_rule_is_true():
    assert states((), None) == ["not yet"] * 5


@pytest.mark.parametrize(
    ("fate", "delivered"),
    [("delivered", "yes"), ("held", "not yet"), ("lost", "no"), (None, "unknown")],
)
def test_what_fired_was_delivered_or_not_as_the_sandbox_says(fate, delivered):
    assert states((replace(FIRED, fate=fate),), None)[:2] == ["yes", delivered]


def test_what_fired_for_another_version_is_not_this_one():
    assert states((replace(FIRED, version=2),), None)[0] == "not yet"


def test_what_arrived_was_delivered_even_if_the_sandbox_has_forgotten():
    assert states((replace(FIRED, fate=None),), RECEIVED)[:3] == ["yes", "yes", "yes"]


@pytest.mark.parametrize(
    ("changes", "handled", "accepted"),
    [
        ({}, "not yet", "not yet"),
        ({"shown": NOW}, "yes", "not yet"),
        ({"problem": "KeyError"}, "no", "not yet"),
        ({"shown": NOW, "answer": "accepted"}, "yes", "yes"),
        ({"shown": NOW, "answer": "dismissed"}, "yes", "no"),
    ],
)
def test_what_the_app_did_is_known_of_itself(changes, handled, accepted):
    assert states((FIRED,), replace(RECEIVED, **changes))[3:] == [handled, accepted]


def test_on_an_account_nobody_knows_what_fired_until_it_arrives():
    assert states(None, None)[:3] == ["unknown", "unknown", "not yet"]
    assert states(None, RECEIVED)[:3] == ["yes", "yes", "yes"]


@pytest.mark.parametrize("rule", [RULE, (PUSHED, 1)])
def test_what_was_sent_as_a_test_has_not_fired(rule):
    test = RECEIVED.intervention.model_copy(update={"attributes": dict(SENDER)})
    (first, *_) = steps(rule, (), replace(RECEIVED, intervention=test))
    assert (first.state, first.known_from) == ("no", "It was sent as a test, without a rule.")


def test_what_is_only_told_waits_for_no_answer():
    *_, last = steps(RULE, (FIRED,), RECEIVED, is_told_only=True)
    assert last.known_from == "It was shown briefly, and asks for no answer."


def test_what_arrived_and_is_not_among_what_fires_once_is_not_called_fired():
    assert states((), RECEIVED)[:2] == ["unknown", "yes"]

"""The guide: no step is done before it happened, and every step after it did."""

import pytest

from lib.diagnosis.diagnoses import diagnoses
from lib.snowplow.interventions import push_intervention
from lib.story import guide
from lib.story.guide import STEPS, Step, done_steps, next_step
from lib.world.participant import Participant
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tests.support.worlds import (
    PLAN,
    World,
    complete,
    world,  # noqa: F401 (a fixture)
)


@pytest.fixture
def participant(world: World) -> Participant:
    return world.join()


def step(key: str) -> Step:
    return next(each for each in STEPS if each.key == key)


def status(participant: Participant, key: str) -> str:
    """What the check says once everything is read again."""
    participant.refresh()
    participant.events.refresh()
    return guide.checked(participant, step(key)).status


def test_do_it_for_me_alone_completes_the_guide(participant):
    assert done_steps(participant) == []
    for each in STEPS:
        assert status(participant, each.key) == "finding", each.key
        assert guide.do_step(participant, each, diagnoses(participant)).status == "ok", each.key
    assert done_steps(participant) == [each.key for each in STEPS]
    assert next_step(participant) is None


def test_who_may_not_publish_has_no_context_published_for_them(participant):
    participant.definitions.publish_context()
    participant.definitions.unpublish()  # and what was read before says that it is there
    found = guide.do_step(participant, step("ask"), diagnoses(participant), may_publish=False)
    assert "not published" in found.evidence
    assert participant.context.seen.is_published is False
    done = guide.do_step(participant, step("ask"), diagnoses(participant))
    assert (done.status, participant.context.seen.is_published) == ("ok", True)


def test_the_guide_goes_by_the_event_of_the_profile(participant):
    assert eventually(lambda: participant.is_live)
    participant.definitions.publish(PLAN)
    participant.shown_profile.choose("webshop", for_everyone=True)
    participant.own_event.wait_for_schema()
    complete(participant, 5)
    assert (status(participant, "publish"), status(participant, "nudge")) == ("finding", "finding")

    participant.definitions.publish(participant.plan)
    complete(participant, 4)
    participant.own_project.new_sprint()
    complete(participant, 1)
    done = [status(participant, each) for each in ("track", "publish", "watch", "nudge")]
    assert done == ["ok"] * 4


def test_each_step_is_noticed_once_it_was_done_and_not_before(participant):
    assert eventually(lambda: participant.is_live)
    assert status(participant, "publish") == "finding"
    participant.definitions.publish(PLAN)
    assert status(participant, "publish") == "ok"
    assert status(participant, "track") == "finding"
    complete(participant, 1)
    assert status(participant, "track") == "ok"
    assert status(participant, "watch") == "finding"
    complete(participant, 1)
    assert status(participant, "watch") == "ok"
    assert status(participant, "nudge") == "finding"
    complete(participant, 3)
    assert status(participant, "nudge") == "ok"
    assert status(participant, "act") == "finding"
    participant.answer(participant.inbox[0], "dismissed")
    assert status(participant, "act") == "finding"


def test_a_test_of_the_nudge_and_an_answer_to_another_one_are_no_steps(participant):
    assert eventually(lambda: participant.is_live)
    participant.definitions.publish(PLAN)
    participant.refresh()
    me = [participant.user_id]
    push_intervention(participant.signals, participant.names.intervention, 1, me, {})
    push_intervention(participant.signals, "another", 1, me, {})
    assert eventually(lambda: len(participant.inbox) == 2)
    assert status(participant, "nudge") == "finding"
    (another,) = (each for each in participant.inbox if each.intervention.name == "another")
    participant.answer(another, "accepted")
    participant.emitter.wait_until_sent(PATIENCE_SECONDS)
    assert status(participant, "act") == "finding"


def test_a_check_that_fails_gives_the_hint_that_fits_the_cause(participant):
    assert eventually(lambda: participant.is_live)
    complete(participant, 1)
    participant.definitions.publish(PLAN)
    verdict = guide.explained_check(participant, step("watch"), diagnoses(participant))
    assert verdict.status == "finding"
    assert "came before" in verdict.evidence


def test_what_was_done_stays_done_over_a_restart(participant, world):
    participant.definitions.publish(PLAN)
    assert status(participant, "publish") == "ok"
    world.participants.leave(participant.user_id, participant.connection.token)
    with world.reopened(participant) as again:
        assert done_steps(again) == ["publish"]


@pytest.mark.parametrize("key", ["publish", "watch", "nudge"])
def test_a_step_that_is_reset_is_to_be_done_again_with_those_after_it(participant, key):
    assert eventually(lambda: participant.is_live)
    for each in STEPS[:4]:
        guide.do_step(participant, each, diagnoses(participant))
    guide.reset_step(participant, step(key))
    keys = [each.key for each in STEPS]
    assert done_steps(participant) == keys[: keys.index(key)]
    assert status(participant, key) == "finding"
    assert guide.do_step(participant, step(key), diagnoses(participant)).status == "ok"

"""The outbox: nothing is lost, nothing is under way twice."""

import uuid

import pytest

from lib.world import outbox as outbox_module
from lib.world.app_state import AppState
from lib.world.outbox import Outbox


@pytest.fixture
def state(tmp_path):
    state = AppState(tmp_path / "app.db")
    yield state
    state.close()


def event() -> dict[str, str]:
    return {"eid": str(uuid.uuid4())}


def ids(events) -> list[str]:
    return [each["eid"] for each in events]


def test_events_come_out_in_the_order_in_which_they_went_in(state):
    outbox, events = Outbox(state, "w"), [event() for _ in range(3)]
    for each in events:
        outbox.add_event(each)
    assert outbox.get_events_batch() == events


def test_an_event_under_way_is_not_handed_out_again(state):
    outbox = Outbox(state, "w")
    outbox.add_event(event())
    outbox.get_events_batch()
    assert (outbox.get_events_batch(), outbox.size()) == ([], 0)


def test_an_event_to_be_sent_again_comes_before_newer_ones(state):
    outbox, old, new = Outbox(state, "w"), event(), event()
    outbox.add_event(old)
    batch = outbox.get_events_batch()
    outbox.add_event(new)
    outbox.cleanup(batch, need_retry=True)
    assert (outbox.size(), outbox.get_events_batch()) == (2, [old, new])


def test_a_sent_event_is_gone(state):
    outbox = Outbox(state, "w")
    outbox.add_event(event())
    outbox.cleanup(outbox.get_events_batch(), need_retry=False)
    assert (outbox.size(), state.outboxes.events("w")) == (0, [])


def test_an_event_under_way_when_the_process_ended_is_there_afterwards(state):
    outbox, only = Outbox(state, "w"), event()
    outbox.add_event(only)
    outbox.get_events_batch()
    assert Outbox(state, "w").get_events_batch() == [only]


def test_worlds_have_outboxes_of_their_own(state):
    Outbox(state, "one").add_event(event())
    assert Outbox(state, "other").size() == 0


def test_a_full_outbox_takes_no_more_events(state, monkeypatch):
    monkeypatch.setattr(outbox_module, "EVENTS_KEPT", 1)
    outbox = Outbox(state, "w")
    assert [outbox.add_event(event()), outbox.add_event(event())] == [True, False]


def test_an_outbox_with_many_bytes_takes_no_more_events_until_some_are_sent(state, monkeypatch):
    monkeypatch.setattr(outbox_module, "FEW_EVENTS", 2)
    monkeypatch.setattr(outbox_module, "BYTES_KEPT", 1_000)
    outbox = Outbox(state, "w")
    large = [event() | {"ue_px": "x" * 600} for _ in range(3)]
    assert [outbox.add_event(each) for each in large] == [True, True, False]
    outbox.cleanup(outbox.get_events_batch(), need_retry=False)
    assert outbox.add_event(large[2])


def test_a_request_has_no_more_bytes_than_a_collector_takes_and_one_event_at_least(
    state, monkeypatch
):
    monkeypatch.setattr(outbox_module, "BATCH_BYTES", 1_000)
    outbox = Outbox(state, "w")
    for number, length in enumerate((300, 300, 5_000, 10)):
        outbox.add_event({"eid": str(number), "ue_px": "x" * length})
    batches = [[event["eid"] for event in outbox.get_events_batch()] for _ in range(3)]
    assert batches == [["0", "1"], ["2"], ["3"]]


def test_events_that_the_file_has_lost_are_not_waited_for(state):
    outbox, lost, kept = Outbox(state, "w"), event(), event()
    outbox.add_event(lost)
    outbox.add_event(kept)
    state.outboxes.remove("w", ids([lost]))
    assert (outbox.get_events_batch(), outbox.size()) == ([kept], 0)

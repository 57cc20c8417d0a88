"""The preview: what a plan would give the user who asks, and a few others."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from snowplow_signals import SignalsAPIError

from lib.connection.backend import Backend, Connection, new_token
from lib.connection.settings import load_settings
from lib.snowplow.definitions import COUNT, PRIORITY, Plan
from lib.snowplow.preview import YOU, Preview, PreviewRow, preview
from lib.snowplow.publishing import published
from lib.world.app_state import AppState
from lib.world.participant import Participant

PLAN = Plan(
    owner="you@example.com", vendor="com.example", threshold=2, attributes=(COUNT, PRIORITY)
)


class Room:
    """Users of one sandbox."""

    def __init__(self, backend: Backend, state: AppState) -> None:
        self.backend = backend
        self.state = state
        self.token = new_token()
        self.open: list[Participant] = []
        self.connection: Connection = backend.connect(self.token)

    def user(self, tasks: int) -> str:
        """A new user with completed tasks, all of them sent."""
        user_id = str(uuid.uuid4())
        participant = Participant(user_id, self.backend.connect(self.token), self.state, PLAN)
        self.open.append(participant)
        for _ in range(tasks):
            task = participant.project.next_open
            assert task is not None
            participant.complete_task(task.id)
        assert participant.emitter.wait_until_sent(10)
        return user_id


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    backend = Backend(load_settings({"SANDBOX_DB": str(tmp_path / "sandbox.db")}, {}, None))
    state = AppState(":memory:")
    room = Room(backend, state)
    yield room
    for each in (*room.open, room.connection):
        each.close()
    backend.close()
    state.close()


def test_the_user_who_asks_comes_first_and_others_show_only_the_start_of_their_id(room):
    me, other = room.user(1), room.user(3)
    found = preview(room.connection.signals, PLAN, me)

    assert found.rows == [
        PreviewRow(YOU, {COUNT: 1, PRIORITY: "high"}, False),
        PreviewRow(f"{other[:8]}…", {COUNT: 3, PRIORITY: "medium"}, True),
    ]
    assert (found.hits, found.summary) == (1, "Of 2 users, 1 would be nudged.")
    assert not any(each in repr(found) for each in (me, other))


def test_a_preview_publishes_nothing(room):
    before = published(room.connection.signals)
    preview(room.connection.signals, PLAN, room.user(1))
    assert published(room.connection.signals) == before


def test_without_events_the_only_row_is_empty(room):
    found = preview(room.connection.signals, PLAN, str(uuid.uuid4()))
    assert found.rows == [PreviewRow(YOU, {COUNT: None, PRIORITY: None}, False)]
    assert (found.is_empty, found.summary) == (True, "Of 1 user, none would be nudged.")


def test_counts_stay_whole_beside_a_user_without_any(room):
    room.user(3)
    found = preview(room.connection.signals, PLAN, str(uuid.uuid4()))
    assert [row.values[COUNT] for row in found.rows] == [None, 3]
    assert isinstance(found.rows[1].values[COUNT], int) and not found.is_empty


def test_events_older_than_the_period_do_not_count(room):
    me = room.user(3)
    inspector = room.connection.inspector
    assert inspector is not None
    inspector.forward(PLAN.period)
    assert preview(room.connection.signals, PLAN, me).is_empty


def test_without_the_attribute_of_the_intervention_it_is_unknown_who_would_be_nudged(room):
    plan = Plan(owner=PLAN.owner, vendor=PLAN.vendor, attributes=(PRIORITY,))
    found = preview(room.connection.signals, plan, room.user(1))
    assert found.rows == [PreviewRow(YOU, {PRIORITY: "high"}, None)]
    assert found.summary == "These attributes do not show whether 1 user would be nudged."


def test_what_cannot_be_computed_is_refused_as_publishing_is(room):
    broken = Plan(owner="nobody", vendor="com.example")
    with pytest.raises((ValidationError, SignalsAPIError), match="email"):
        preview(room.connection.signals, broken, str(uuid.uuid4()))


def test_no_rows_at_all_make_an_empty_preview() -> None:
    assert Preview(PLAN, []).is_empty

"""Worlds in an account that a participant brought: kept apart, forgotten at once, led nowhere else.

The Snowplow is that of the tests, at a public address that leads to this machine.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from snowplow_signals import SignalsAPIError
from starlette.responses import RedirectResponse

from lib.connection.account import OwnAccount
from lib.connection.backend import Backend, new_token
from lib.connection.clients import CollectorAnswer
from lib.connection.settings import Settings, load_settings
from lib.people import participants as participants_module
from lib.people.own_account import checked_account
from lib.people.participants import Participants
from lib.snowplow.definitions import COUNT, Plan
from lib.world import settling
from lib.world.app_state import AppState
from lib.world.history import Mark, Reading
from lib.world.participant import Participant
from tests.support.internet import Internet
from tests.support.own_accounts import GIVEN, OWN
from tests.support.snowplow import CONSOLE, Front, Snowplow, running_snowplow
from tests.support.waiting import eventually


@pytest.fixture
def backend() -> Iterator[Backend]:
    """Of an app with an account of its own, so that no sandbox is started."""
    backend = Backend(load_settings(GIVEN, {}, None))
    yield backend
    backend.close()


def own_account_of(snowplow: Snowplow) -> OwnAccount:
    return checked_account(snowplow.settings, Settings())


@pytest.fixture
def snowplow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snowplow]:
    with running_snowplow(tmp_path, monkeypatch) as running:
        yield running


@pytest.fixture
def internet(snowplow: Snowplow, monkeypatch: pytest.MonkeyPatch) -> Internet:
    return Internet(snowplow, monkeypatch)


@dataclass
class App:
    """What all sessions of a process share, without a browser."""

    state: AppState
    participants: Participants

    def rows(self, world: str) -> int:
        """How much the app's file has of a world."""
        lists = (
            self.state.readings(world),
            self.state.marks(world),
            self.state.inbox(world),
            self.state.outboxes.events(world),
            self.state.missed(world),
        )
        return sum(map(len, lists)) + (self.state.project(world) is not None)


@pytest.fixture
def app(
    internet: Internet, backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[App]:
    monkeypatch.setattr(settling, "SETTLE_SECONDS", 5.0)  # however busy the machine is
    monkeypatch.setattr(participants_module, "KEEP_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(participants_module, "CLOSE_AFTER_SECONDS", 60.0)
    state = AppState(tmp_path / "app.db")
    participants = Participants(backend, state, Plan("host@acme.com", "com.host"))
    yield App(state, participants)
    participants.close()
    state.close()


def complete_one(participant: Participant) -> None:
    task = participant.project.next_open
    assert task is not None
    participant.complete_task(task.id)


def new_user() -> str:
    return str(uuid.uuid4())


def test_own_account_works_end_to_end_at_its_public_address(app, snowplow, internet):
    participant = app.participants.join(new_user(), own=own_account_of(snowplow))
    assert eventually(lambda: participant.is_live)
    participant.definitions.publish(participant.plan)
    for _ in range(5):
        complete_one(participant)
    assert participant.seen.current[COUNT] == 5
    assert participant.is_nudged
    assert participant.last_event.state == "sent"
    assert participant.plan.owner == snowplow.settings["OWNER"]
    assert internet.elsewhere == []


def test_two_who_bring_the_same_account_as_the_same_user_share_a_world(app, snowplow):
    user = new_user()
    one = app.participants.join(user, own=own_account_of(snowplow))
    other = app.participants.join(user, own=own_account_of(snowplow))
    assert one is other
    assert app.participants.join(new_user(), own=own_account_of(snowplow)) is not one
    assert eventually(lambda: snowplow.streams == 2)


def test_forgetting_closes_the_world_at_once_and_deletes_all_that_is_known_of_it(app, snowplow):
    own, user = own_account_of(snowplow), new_user()
    participant = app.participants.join(user, own=own)
    assert eventually(lambda: snowplow.streams == 1)
    participant.definitions.publish(participant.plan)
    complete_one(participant)
    snowplow.collector_status = 503
    complete_one(participant)
    assert participant.emitter.delivery.waiting == 1
    assert app.rows(participant.world) > 3

    app.participants.leave(user, own=own)
    app.participants.forget(own)

    assert app.rows(participant.world) == 0
    assert app.state.outboxes.worlds() == []
    assert eventually(lambda: snowplow.streams == 0, seconds=3)
    assert participant.connection.api_client.stream_state.kind == "closed"
    with pytest.raises(httpx.ConnectError, match="this connection was closed"):
        participant.connection.signals.get_attribute_group(participant.names.group)
    asked = len(snowplow.requests)
    assert app.participants.join(user, own=own) is not participant
    assert eventually(lambda: len(snowplow.requests) > asked)


def test_forgetting_leaves_open_what_another_session_looks_at(app, snowplow):
    own, user = own_account_of(snowplow), new_user()
    participant = app.participants.join(user, own=own)
    app.participants.join(user, own=own)
    assert eventually(lambda: participant.is_live)
    complete_one(participant)

    app.participants.leave(user, own=own)
    app.participants.forget(own)

    assert participant.is_live
    assert app.rows(participant.world) > 0
    assert app.participants.join(user, own=own) is participant


def test_forgetting_leaves_other_users_and_accounts_alone(app, snowplow):
    own = own_account_of(snowplow)
    suffixed = replace(own, suffix="_other")
    mine, theirs, elses = (new_user() for _ in range(3))
    gone = app.participants.join(mine, own=own)
    others = [
        app.participants.join(theirs, own=own),
        app.participants.join(elses, own=suffixed),
        app.participants.join(mine),
    ]
    app.participants.leave(mine, own=own)
    app.participants.leave(elses, own=suffixed)  # a reload comes back
    app.participants.forget(own)
    assert gone.connection.api_client.stream_state.kind == "closed"
    assert [each.connection.api_client.stream_state.kind == "closed" for each in others] == (
        [False] * 3
    )


def test_forgetting_deletes_what_was_closed_before_too(app, snowplow, monkeypatch):
    own, earlier, user = own_account_of(snowplow), new_user(), new_user()
    before = app.participants.join(earlier, own=own)
    complete_one(before)
    monkeypatch.setattr(participants_module, "CLOSE_AFTER_SECONDS", 0.0)
    app.participants.leave(earlier, own=own)
    assert eventually(lambda: before.connection.api_client.stream_state.kind == "closed")
    assert app.rows(before.world) > 0  # the user could come back

    app.participants.join(user, own=own)
    app.participants.leave(user, own=own)
    app.participants.forget(own)

    assert app.rows(before.world) == 0


def test_forgetting_what_nobody_opened_does_nothing(app, snowplow):
    app.participants.forget(own_account_of(snowplow))


def test_worlds_of_an_earlier_process_are_deleted_at_start(backend, tmp_path):
    state = AppState(tmp_path / "app.db")
    now = datetime.now(UTC)
    own, shared, sandbox = (
        f"{place}:{new_user()}"
        for place in (Backend(backend.settings).own_place(OWN), "0123456789abcdef", new_token())
    )
    for world in (own, shared, sandbox):
        state.save_project(world, "{}")
        state.add_reading(world, Reading(now, {COUNT: 1}))
        state.add_mark(world, Mark(now, "event", "a task"))
        state.add_intervention(world, "i", now, {"name": "nudge"})
        state.outboxes.add(world, "e", {"eid": "e"})
        state.add_missed(world, "nudge", 1, now)
    participants = Participants(backend, state, Plan("host@acme.com", "com.host"))
    rows = App(state, participants).rows
    assert [rows(world) for world in (own, shared, sandbox)] == [0, 6, 6]
    participants.close()
    state.close()


# Names that lead inside after they were checked, and redirects


def test_name_that_leads_inside_later_is_not_followed_there(app, snowplow, internet):
    participant = app.participants.join(new_user(), own=own_account_of(snowplow))
    assert eventually(lambda: participant.is_live)
    participant.refresh()
    asked = len(snowplow.requests)
    internet.moved = dict.fromkeys((snowplow.collector_host, snowplow.signals_host), "10.0.0.1")

    complete_one(participant)
    participant.refresh()
    snowplow.cut_streams()

    event, problem = participant.last_event, participant.seen.problem
    assert (event.state, event.reason) == ("waiting", "its address is not public")
    assert problem.message == "Signals cannot be reached: its address is not public."
    assert eventually(lambda: participant.listener.state.reason == "its address is not public")
    assert [each for each in snowplow.requests[asked:] if each.host != CONSOLE] == []
    assert internet.elsewhere == []


INSIDE = ["http://169.254.169.254/latest/meta-data/", "https://10.0.0.1/", "http://127.0.0.1:8501/"]


@pytest.mark.parametrize("target", INSIDE)
def test_collector_that_redirects_gets_no_second_request(
    app, snowplow, internet, monkeypatch, target: str
):
    monkeypatch.setattr(Front, "_collector", lambda *_: RedirectResponse(target, 302))
    connection = app.participants.join(new_user(), own=own_account_of(snowplow)).connection
    session = connection.collector_session()
    with session:
        answer = session.post(f"{connection.collector_url}/com.snowplowanalytics.snowplow/tp2")
    assert (answer.status_code, answer.headers["location"]) == (302, target)
    assert session.answer == CollectorAnswer(302, "")
    assert [each.status for each in snowplow.requests_to(snowplow.collector_host)] == [302]
    assert internet.elsewhere == []


def test_event_waits_at_a_collector_that_redirects_and_says_what_it_answered(
    app, snowplow, internet, monkeypatch
):
    participant = app.participants.join(new_user(), own=own_account_of(snowplow))
    monkeypatch.setattr(Front, "_collector", lambda *_: RedirectResponse(INSIDE[0], 302))
    complete_one(participant)
    event, delivery = participant.last_event, participant.emitter.delivery
    assert (event.state, event.status, event.reason) == ("waiting", 302, "it answered 302")
    assert (delivery.waiting, delivery.problem) == (1, "it answered 302")
    asked = snowplow.requests_to(snowplow.collector_host)
    assert {(each.method, each.status) for each in asked} == {("POST", 302)}
    assert internet.elsewhere == []


@pytest.mark.parametrize("target", INSIDE)
def test_signals_api_that_redirects_gets_no_second_request(
    app, snowplow, internet, monkeypatch, target: str
):
    participant = app.participants.join(new_user(), own=own_account_of(snowplow))
    assert eventually(lambda: participant.is_live)
    asked = len(snowplow.requests_to(snowplow.signals_host))
    monkeypatch.setattr(Front, "_signals", lambda *_: RedirectResponse(target, 307))
    with pytest.raises(SignalsAPIError) as caught:
        participant.signals.get_attribute_group(participant.names.group)
    assert caught.value.status_code == 307
    assert len(snowplow.requests_to(snowplow.signals_host)) == asked + 1
    assert internet.elsewhere == []

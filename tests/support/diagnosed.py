"""Worlds in which something is wrong, for the diagnosis to find.

Each fault is a function that breaks one thing in a participant's world, for real: in the sandbox,
or in an account on a server that plays Snowplow. Nobody keeps these worlds alive but the tests, so
what is disconnected stays so until a test says otherwise.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from snowplow_tracker import SelfDescribingJson, Subject

from lib.connection.backend import Backend, Connection, new_token, sandbox_connection
from lib.connection.clients import signals_client
from lib.connection.settings import load_settings
from lib.diagnosis.checks import Diagnosis
from lib.diagnosis.diagnoses import diagnoses
from lib.snowplow.definitions import COUNT, Plan
from lib.world.app_state import AppState
from lib.world.participant import Participant
from tests.support.servers import Gate
from tests.support.snowplow import Snowplow, running_snowplow
from tests.support.waiting import eventually

Opened = TypeVar("Opened")
PLAN = Plan(owner="you@example.com", vendor="com.example")
NOT_TOLD_BY_SNOWPLOW = {"accepted", "schema", "fired"}
SHORT_SECONDS = 0.3
PATIENCE_SECONDS = 5.0


@dataclass
class World:
    """Where a person joins. Everyone who joined and everything opened is closed with it."""

    backend: Backend
    monkeypatch: pytest.MonkeyPatch
    folder: Path
    opened: ExitStack
    subject: Subject = field(init=False)  # of the tracker of the last who joined
    clients: list[httpx.Client] = field(default_factory=list, init=False)  # for the Signals API

    def connect(self) -> Connection:
        raise NotImplementedError

    def secrets(self) -> list[str]:
        raise NotImplementedError

    def __post_init__(self) -> None:
        self.set("lib.connection.clients.signals_client", self._client)

    def join(
        self, user_id: str | None = None, plan: Plan = PLAN, connection: Connection | None = None
    ) -> Participant:
        """A person who has not done anything yet, however their connection is."""
        state = AppState(self.folder / "app.db")
        self.opened.callback(state.close)
        self.subject = Subject()
        self.set("lib.snowplow.tracking.Subject", lambda: self.subject)
        joined = Participant(
            user_id or str(uuid.uuid4()), connection or self.connect(), state, plan
        )
        self.opened.callback(joined.close)
        joined.refresh()
        return joined

    def start(
        self, tasks: int = 0, plan: Plan = PLAN, connection: Connection | None = None
    ) -> Participant:
        """A person who listens, published, and completed tasks."""
        participant = self.join(connection=connection)
        assert eventually(lambda: participant.is_live)
        participant.definitions.publish(plan)
        published_at = participant.seen.published_at
        # Trackers tell milliseconds: within the same one, nobody knows which came first.
        assert published_at is not None
        assert eventually(lambda: datetime.now(UTC) > published_at + timedelta(milliseconds=1))
        complete(participant, tasks)
        return participant

    def set(self, target: str, value: Any) -> None:
        """Replace something of the app's for the rest of the test."""
        self.monkeypatch.setattr(target, value)

    def open(self, server: AbstractContextManager[Opened]) -> Opened:
        """Have a server until the end of the test."""
        return self.opened.enter_context(server)

    def _client(self, api_url: str, *, only_public: bool) -> httpx.Client:
        self.clients.append(signals_client(api_url, only_public=only_public))
        return self.clients[-1]


@dataclass
class Sandbox(World):
    """One sandbox of a server that others use too."""

    token: str = field(default_factory=new_token)

    def through(self, gate: Gate) -> Connection:
        """A connection that a test can hang up on."""
        return sandbox_connection(gate.url, self.token)

    @property
    def url(self) -> str:
        assert self.backend.sandbox is not None
        return self.backend.sandbox.url

    def connect(self) -> Connection:
        return self.backend.connect(self.token)

    def secrets(self) -> list[str]:
        return [self.token]


@dataclass
class OnSnowplow(World):
    """An account, and the server that plays its Snowplow."""

    snowplow: Snowplow = field(kw_only=True)

    def connect(self) -> Connection:
        return self.backend.connect()

    def connect_with(self, **settings: str) -> Connection:
        """With other settings than the right ones."""
        given = {**self.snowplow.settings, **settings}
        backend = Backend(load_settings(given, {}, None))
        self.opened.callback(backend.close)
        return backend.connect()

    def secrets(self) -> list[str]:
        return [*self.snowplow.secrets, *self.snowplow.tokens]


Injection = Callable[[Any], Participant]
Mend = Callable[[Any, Participant], object]


@dataclass(frozen=True)
class Fault:
    """What breaks something, and what the diagnosis must say first.

    `mend` puts it right; then the check that found it, run again alone, must find nothing.
    """

    inject: Callable[[Any], Participant]
    check: str
    evidence: str
    fix: str
    mend: Mend | None

    def __str__(self) -> str:
        return self.inject.__name__


@dataclass
class Faults:
    """The faults that one module's checks find, for the world that each happens in."""

    in_sandbox: list[Fault] = field(default_factory=list)
    on_snowplow: list[Fault] = field(default_factory=list)

    def add(
        self, check: str, evidence: str, fix: str, mend: Mend | None = None
    ) -> Callable[[Injection], Injection]:
        """Notes a fault under the world that it takes."""

        def add(inject: Injection) -> Injection:
            world = next(iter(inject.__annotations__.values()))
            faults = self.in_sandbox if world is Sandbox else self.on_snowplow
            faults.append(Fault(inject, check, evidence, fix, mend))
            return inject

        return add

    @property
    def mended(self) -> set[str]:
        """The checks with a fault that can be put right."""
        return {each.check for each in [*self.in_sandbox, *self.on_snowplow] if each.mend}


def every(faults: list[Fault]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("broken", faults, ids=str)


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    database = tmp_path_factory.mktemp("sandbox") / "sandbox.db"
    backend = Backend(load_settings({"SANDBOX_DB": str(database)}, {}, None))
    yield backend
    backend.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """However busy the machine is, a task is counted when it is completed."""
    monkeypatch.setattr("lib.world.settling.SETTLE_SECONDS", PATIENCE_SECONDS)
    return monkeypatch


@pytest.fixture
def sandbox(backend: Backend, tmp_path: Path, patient: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with ExitStack() as opened:
        yield Sandbox(backend, patient, tmp_path, opened)


@pytest.fixture
def account(tmp_path: Path, patient: pytest.MonkeyPatch) -> Iterator[OnSnowplow]:
    with running_snowplow(tmp_path, patient) as snowplow, ExitStack() as opened:
        backend = Backend(load_settings(snowplow.settings, {}, None))
        opened.callback(backend.close)
        yield OnSnowplow(backend, patient, tmp_path, opened, snowplow=snowplow)


def complete(participant: Participant, tasks: int) -> None:
    for _ in range(tasks):
        task = participant.project.next_open
        assert task is not None
        participant.complete_task(task.id)


def complete_five_unheard(world: World, participant: Participant) -> None:
    """The last of them does not wait for what cannot arrive."""
    complete(participant, 4)
    world.set("lib.world.settling.SETTLE_SECONDS", SHORT_SECONDS)
    complete(participant, 1)
    world.set("lib.world.settling.SETTLE_SECONDS", PATIENCE_SECONDS)
    assert participant.emitter.wait_until_sent(PATIENCE_SECONDS)
    participant.refresh()


def cut_stream(gate: Gate, participant: Participant) -> None:
    """Drop all connections, that of the stream of interventions among them, as a network does."""
    assert eventually(lambda: participant.is_live)
    gate.hang_up()
    assert eventually(lambda: not participant.is_live)


def nobody_listens_in(world: Sandbox) -> bool:
    return bool(httpx.get(f"{world.connect().collector_url}/stats").json()["subscriptions"] == 0)


def reconnect(world: World, participant: Participant) -> None:
    """Keep the world alive until it listens again, without pauses."""
    world.set("lib.world.listener.LONGEST_PAUSE_SECONDS", 0.0)
    world.set("lib.world.listener.LONGEST_PAUSE_AFTER_REFUSAL_SECONDS", 0.0)
    world.set("lib.world.inbox.GRACE", timedelta(0))

    def listens() -> bool:
        participant.keep_alive()
        return participant.is_live

    assert eventually(listens)
    participant.keep_alive()


def one_more_task(_: World, participant: Participant) -> None:
    complete(participant, 1)


def publish_everything(_: World, participant: Participant) -> None:
    participant.definitions.publish(PLAN)


def cross_another_line(_: World, participant: Participant) -> None:
    """Have the next task be the one that is waited for."""
    count = participant.seen.current[COUNT]
    participant.definitions.publish(replace(PLAN, threshold=count + 1))
    complete(participant, 1)
    assert participant.is_nudged


def track_otherwise(world: World, name: str, changes: dict[str, Any]) -> None:
    """Have the project tool track other data of this name than it does."""

    def described(schema: str, data: dict[str, object]) -> SelfDescribingJson:
        is_meant = schema.split("/")[1] == name
        return SelfDescribingJson(schema, data | changes if is_meant else data)

    world.set("lib.snowplow.tracking.SelfDescribingJson", described)


def track_rightly(world: World, participant: Participant) -> None:
    """Complete a task as the project tool does."""
    world.set("lib.snowplow.tracking.SelfDescribingJson", SelfDescribingJson)
    world.set("lib.snowplow.tracking.EVENT_VERSION", "1-0-0")
    complete(participant, 1)


def the_collector_takes_events(world: OnSnowplow, participant: Participant) -> None:
    world.snowplow.collector_status, world.snowplow.collector_delay = 200, 0.0
    if participant.last_event.state == "refused":
        complete(participant, 1)
    assert eventually(lambda: participant.emitter.delivery.waiting == 0, 20)


def assert_names_the_cause(broken: Fault, diagnosis: Diagnosis, may_be_unknown: set[str]) -> None:
    assert diagnosis.cause is not None
    check, verdict = diagnosis.cause
    assert (check.name, broken.evidence in verdict.evidence, broken.fix in verdict.fix) == (
        broken.check,
        True,
        True,
    ), verdict
    names = [each.name for each in diagnosis.checks]
    before = {name: diagnosis.verdicts[name] for name in names[: names.index(check.name)]}
    untold = {name: each for name, each in before.items() if each.status != "ok"}
    assert untold.keys() <= may_be_unknown, untold
    assert all("Console" in each.fix for each in untold.values()), untold


def assert_can_be_read(diagnosis: Diagnosis, secrets: list[str]) -> None:
    """What is said is short sentences, without a secret, and a finding says what to do."""
    assert [each.name for each in diagnosis.checks] == list(diagnosis.verdicts)
    for name, verdict in diagnosis.verdicts.items():
        said = f"{verdict.evidence} {verdict.fix}".strip()
        assert not [secret for secret in secrets if secret in said], name
        assert len(said) < 400 and said.isprintable(), (name, said)
        assert verdict.evidence.endswith(".") and verdict.fix[-1:] in ("", "."), (name, said)
        assert verdict.status != "finding" or verdict.fix, name


def assert_sees_what_is_mended(
    world: World, broken: Fault, participant: Participant, diagnosis: Diagnosis
) -> None:
    if broken.mend is None:
        return
    before = diagnosis.verdicts
    broken.mend(world, participant)
    after = diagnosis.run_again(broken.check).verdicts
    assert after[broken.check].status == "ok", after[broken.check]
    assert {**after, broken.check: None} == {**before, broken.check: None}


def assert_found_in_sandbox(sandbox: Sandbox, broken: Fault) -> None:
    """All is well before the cause, and the cause until it is mended."""
    participant = broken.inject(sandbox)
    diagnosis = diagnoses(participant).event.run()
    assert_names_the_cause(broken, diagnosis, may_be_unknown=set())
    assert_can_be_read(diagnosis, sandbox.secrets())
    assert_sees_what_is_mended(sandbox, broken, participant, diagnosis)


def assert_found_on_snowplow(account: OnSnowplow, broken: Fault) -> None:
    """Nothing is found before the cause, nor the cause once it is mended."""
    participant = broken.inject(account)
    diagnosis = diagnoses(participant).event.run()
    assert_names_the_cause(broken, diagnosis, may_be_unknown=NOT_TOLD_BY_SNOWPLOW)
    assert_can_be_read(diagnosis, account.secrets())
    assert_sees_what_is_mended(account, broken, participant, diagnosis)

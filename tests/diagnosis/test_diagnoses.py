"""Why nothing happened: for each fault the diagnosis names its cause first, and for none it finds
any.

Each fault is a function that breaks one thing in a participant's world, for real: in the sandbox,
or in an account on a server that plays Snowplow. Nobody keeps these worlds alive but the tests, so
what is disconnected stays so until a test says otherwise.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from socket import SHUT_RDWR, socket
from typing import Any, TypeVar

import httpx
import pytest
from snowplow_signals import SignalsAPIError
from snowplow_tracker import Subject

from lib.connection.account import OwnAccount
from lib.connection.backend import Backend, Connection, new_token, sandbox_connection
from lib.connection.settings import load_settings
from lib.diagnosis.checks import Diagnosis, ok, unknown
from lib.diagnosis.diagnoses import diagnoses
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow import attributes
from lib.snowplow.definitions import COUNT, PRIORITY, Plan, attribute_group
from lib.snowplow.tracking import ProjectTracking
from lib.world.app_state import AppState
from lib.world.participant import Participant
from tests.support.servers import collector, free_port, silent_server
from tests.support.snowplow import CONSOLE, Snowplow, running_snowplow
from tests.support.waiting import eventually

Opened = TypeVar("Opened")
PLAN = Plan(owner="you@example.com", vendor="com.example")
ADA = str(uuid.UUID(int=1))
CONNECTION = ["settings", "names", "tls", "token", "api", "definitions", "subscription"]
EVENT = ["subject", "user_id", "sent", "accepted", "schema", "matched", "changed", "criteria"]
CHECKS = [*CONNECTION[:-1], *EVENT, "fired", "subscription", "received"]
NOT_TOLD_BY_SNOWPLOW = {"accepted", "schema", "fired"}
AS_JSON = ProjectTracking._described
SHORT_SECONDS = 0.3
PATIENT_GET = httpx.get  # what the SDK asks the console with
PATIENCE_SECONDS = 5.0


@dataclass
class World:
    """Where a person joins. Whoever joined and whatever was opened is closed with it."""

    backend: Backend
    monkeypatch: pytest.MonkeyPatch
    folder: Path
    opened: ExitStack

    def connect(self) -> Connection:
        raise NotImplementedError

    def secrets(self) -> list[str]:
        raise NotImplementedError

    def join(
        self, user_id: str | None = None, plan: Plan = PLAN, connection: Connection | None = None
    ) -> Participant:
        """A person who has not done anything yet, however their connection is."""
        state = AppState(self.folder / "app.db")
        self.opened.callback(state.close)
        joined = Participant(
            user_id or str(uuid.uuid4()), connection or self.connect(), state, plan
        )
        self.opened.callback(joined.close)
        joined.refresh()
        return joined

    def start(self, tasks: int = 0, plan: Plan = PLAN) -> Participant:
        """A person who listens, published, and completed tasks."""
        participant = self.join()
        assert eventually(lambda: participant.is_live)
        participant.publish(plan)
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


@dataclass
class Sandbox(World):
    """One sandbox of a server that others use too."""

    token: str = field(default_factory=new_token)

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
        return Backend(load_settings(given, {}, None)).connect()

    def secrets(self) -> list[str]:
        return [*self.snowplow.secrets, *self.snowplow.tokens]


@dataclass(frozen=True)
class Fault:
    """What breaks something, and what the diagnosis must say first.

    `mend` puts it right; then the check that found it, run again alone, must find nothing.
    """

    inject: Callable[[Any], Participant]
    check: str
    evidence: str
    fix: str
    mend: Callable[[Any, Participant], object] | None

    def __str__(self) -> str:
        return self.inject.__name__


IN_SANDBOX: list[Fault] = []
ON_SNOWPLOW: list[Fault] = []
Mend = Callable[[Any, Participant], object]
Injection = Callable[[Any], Participant]


def fault(
    check: str, evidence: str, fix: str, mend: Mend | None = None
) -> Callable[[Injection], Injection]:
    """Puts a fault into the table of the world that it is of."""

    def add(inject: Injection) -> Injection:
        world = next(iter(inject.__annotations__.values()))
        table = IN_SANDBOX if world is Sandbox else ON_SNOWPLOW
        table.append(Fault(inject, check, evidence, fix, mend))
        return inject

    return add


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


def cut_stream(participant: Participant) -> None:
    """Drop the connection of the stream of interventions, as a network does."""
    assert eventually(lambda: participant.is_live)
    socket.shutdown(participant.connection.api_client._stream_socket, SHUT_RDWR)
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
    participant.publish(PLAN)


def cross_another_line(_: World, participant: Participant) -> None:
    """Have the next task be the one that is waited for."""
    count = participant.seen.current[COUNT]
    participant.publish(replace(PLAN, threshold=count + 1))
    complete(participant, 1)
    assert participant.is_nudged


def track_otherwise(world: World, name: str, changes: dict[str, Any]) -> None:
    """Have the project tool track other data of this name than it does."""

    def as_json(self: ProjectTracking, named: str, data: dict[str, object]) -> Any:
        return AS_JSON(self, named, data | changes if named == name else data)

    world.set("lib.snowplow.tracking.ProjectTracking._described", as_json)


def broken_sandbox_starts_again(world: Sandbox, participant: Participant) -> None:
    port = httpx.URL(participant.connection.collector_url).port
    server = EmbeddedServer(world.folder / "own.db", port=port or 0)
    world.opened.callback(server.stop)


@fault(
    "tls",
    "The sandbox is not running: nothing listens there.",
    "It is a part of this app. Start the app again.",
    broken_sandbox_starts_again,
)
def the_server_is_stopped(world: Sandbox) -> Participant:
    server = EmbeddedServer(world.folder / "own.db")
    participant = world.join(connection=sandbox_connection(server.url, world.token))
    assert eventually(lambda: participant.is_live)
    participant.publish(PLAN)
    server.stop()
    return participant


@fault(
    "definitions",
    "Not published: the attribute group project_engagement, the service"
    " project_engagement_service, the intervention power_user_nudge.",
    "Publish on the board or on the definitions page. Only events after that count.",
    publish_everything,
)
def nothing_is_published(world: Sandbox) -> Participant:
    participant = world.join()
    complete(participant, 1)
    return participant


@fault("definitions", "Not published: the attribute group", "Publish", publish_everything)
def all_is_unpublished_again(world: Sandbox) -> Participant:
    participant = world.start(tasks=2)
    participant.unpublish()
    return participant


@fault(
    "definitions",
    "Not published: the service project_engagement_service, the intervention power_user_nudge.",
    "Publish",
    publish_everything,
)
def only_the_group_is_published(world: Sandbox) -> Participant:
    participant = world.join()
    participant.signals.publish([attribute_group(PLAN)])
    complete(participant, 1)
    return participant


@fault(
    "definitions",
    "Not published: the intervention power_user_nudge.",
    "The intervention needs tasks_completed_count, which the group leaves out. Select it",
    publish_everything,
)
def the_count_is_left_out_and_so_is_the_intervention(world: Sandbox) -> Participant:
    participant = world.join()
    with pytest.raises(SignalsAPIError):
        participant.publish(replace(PLAN, attributes=(PRIORITY,)))
    complete(participant, 1)
    return participant


def track_for(user_id: str) -> Mend:
    """Give the tracker a subject, and complete a task."""

    def set_subject(_: World, participant: Participant) -> None:
        subject = Subject().set_user_id(user_id or participant.user_id)
        participant.tracking._tracker.subject = subject
        complete(participant, 1)

    return set_subject


@fault(
    "subject",
    "The event has no user id, so it counts for nobody.",
    "Give the tracker a subject: Tracker(..., subject=Subject().set_user_id(user_id)).",
    track_for(""),
)
def the_tracker_has_no_subject(world: Sandbox) -> Participant:
    participant = world.start()
    participant.tracking._tracker.subject = Subject()
    complete(participant, 5)
    return participant


@fault("subject", "The tracker gives its events no user id", "Subject().set_user_id", track_for(""))
def the_tracker_has_no_subject_and_tracked_nothing_yet(world: Sandbox) -> Participant:
    participant = world.start()
    participant.tracking._tracker.subject = Subject()
    return participant


@fault(
    "user_id",
    "'ada' is not a UUID, and Signals silently ignores user ids that are not.",
    "Map your own ids to UUIDs, for example with uuid.uuid5",
    track_for(""),
)
def the_tracker_has_an_id_that_is_no_uuid(world: Sandbox) -> Participant:
    participant = world.start()
    track_for("ada")(world, participant)
    return participant


@fault("user_id", "'ada' is not a UUID", "Map your own ids to UUIDs")
def the_person_has_an_id_that_is_no_uuid(world: Sandbox) -> Participant:
    participant = world.join("ada")
    participant.publish(PLAN)
    complete(participant, 5)
    return participant


@fault(
    "user_id",
    f"The event belongs to {ADA}, and this page shows ",
    "Use the same id for tracking, reading and subscribing.",
    track_for(""),
)
def the_event_is_of_another_user(world: Sandbox) -> Participant:
    participant = world.start()
    track_for(ADA)(world, participant)
    return participant


@fault(
    "sent",
    "No completed task was tracked for you since the app opened.",
    "Complete a task on the board",
    one_more_task,
)
def no_task_is_completed(world: Sandbox) -> Participant:
    return world.start()


@fault(
    "sent", "It was not kept: too many wait.", "The collector does not accept the waiting events."
)
def too_many_events_wait(world: Sandbox) -> Participant:
    participant = world.start(tasks=1)
    world.set("lib.world.outbox.EVENTS_KEPT", 0)
    complete(participant, 1)
    return participant


def track_rightly(world: Sandbox, participant: Participant) -> None:
    world.set("lib.snowplow.tracking.ProjectTracking._described", AS_JSON)
    world.set("lib.snowplow.tracking.EVENT_VERSION", "1-0-0")
    complete(participant, 1)


@fault(
    "accepted",
    "The event failed at $.priority of iglu:com.example/task_completed/jsonschema/1-0-0:"
    ' "urgent" is not one of',
    "Correct the tracked event or the schema, and complete another task.",
    track_rightly,
)
def the_priority_is_none_of_the_schema_s(world: Sandbox) -> Participant:
    participant = world.start()
    track_otherwise(world, "task_completed", {"priority": "urgent"})
    complete(participant, 1)
    return participant


@fault("accepted", "of iglu:com.example/project/jsonschema/1-0-0:", "Correct", track_rightly)
def the_entity_does_not_conform(world: Sandbox) -> Participant:
    participant = world.start()
    track_otherwise(world, "project", {"plan": 7})
    complete(participant, 1)
    return participant


@fault(
    "schema",
    "The event failed because one of its schemas is unknown: task_completed 9-9-9 is not in this"
    " Iglu, which holds 1-0-0.",
    "Track a version that exists, or add iglu:com.example/task_completed/jsonschema/9-9-9",
    track_rightly,
)
def the_version_of_the_schema_is_unknown(world: Sandbox) -> Participant:
    participant = world.start()
    world.set("lib.snowplow.tracking.EVENT_VERSION", "9-9-9")
    complete(participant, 1)
    return participant


@fault(
    "matched",
    "project_engagement counts com.example/task_completed/1-0-0, and this event is"
    " com.other/task_completed/1-0-0.",
    "Make them the same: publish the definitions again from this app, or correct VENDOR",
)
def the_definitions_name_another_vendor(world: Sandbox) -> Participant:
    participant = world.join(plan=replace(PLAN, vendor="com.other"))
    participant.publish(PLAN)
    complete(participant, 5)
    return participant


@fault(
    "matched",
    "The event came before project_engagement version 1 was published, and only later ones count.",
    "Complete another task.",
    one_more_task,
)
def the_event_came_before_publishing(world: Sandbox) -> Participant:
    participant = world.join()
    complete(participant, 5)
    participant.publish(PLAN)
    return participant


@fault("matched", "came before project_engagement version 2", "Complete another", one_more_task)
def the_event_came_before_a_new_version(world: Sandbox) -> Participant:
    participant = world.start(tasks=5)
    participant.publish(replace(PLAN, period=timedelta(days=1)))
    return participant


def two_more_tasks(_: World, participant: Participant) -> None:
    complete(participant, 2)


@fault(
    "criteria",
    "Not yet. It fires once tasks_completed_count >= 5 (tasks_completed_count is 3).",
    "Complete 2 more tasks, or publish a lower threshold on the definitions page.",
    two_more_tasks,
)
def three_tasks_of_five_are_completed(world: Sandbox) -> Participant:
    return world.start(tasks=3)


@fault("criteria", "(tasks_completed_count is 4)", "Complete 1 more task,", one_more_task)
def four_tasks_of_five_are_completed(world: Sandbox) -> Participant:
    return world.start(tasks=4)


@fault(
    "fired",
    "power_user_nudge version 1 arrived at ",
    "Become a new user, or publish another threshold, which is a new version.",
    cross_another_line,
)
def it_fired_before(world: Sandbox) -> Participant:
    participant = world.start(tasks=5)
    assert eventually(lambda: participant.is_nudged)
    complete(participant, 1)
    return participant


@fault(
    "fired",
    "The criteria were already met before this event, and an intervention fires only with an event"
    " that crosses the threshold.",
    "Become a new user, or publish another threshold",
    cross_another_line,
)
def the_criteria_were_met_before_it_was_published(world: Sandbox) -> Participant:
    participant = world.start(tasks=5, plan=replace(PLAN, threshold=10))
    participant.publish(replace(PLAN, threshold=3))
    complete(participant, 1)
    return participant


@fault(
    "fired",
    "It was published after this event, when its criteria were already met, and it fires only with",
    "Become a new user, or publish another threshold",
    cross_another_line,
)
def the_threshold_was_lowered_below_the_count(world: Sandbox) -> Participant:
    participant = world.start(tasks=5, plan=replace(PLAN, threshold=10))
    participant.publish(replace(PLAN, threshold=3))
    return participant


@fault(
    "subscription",
    "It has not been listening since ",
    "What fires now may be lost. The app reconnects by itself.",
    reconnect,
)
def the_subscription_is_down(world: Sandbox) -> Participant:
    participant = world.start()
    cut_stream(participant)
    complete_five_unheard(world, participant)
    return participant


@fault(
    "received",
    "It fired while nobody listened. It is not sent again.",
    "Become a new user, or publish another threshold",
    cross_another_line,
)
def it_fired_while_nobody_listened(world: Sandbox) -> Participant:
    world.set("lib.sandbox.signals.subscriptions.HELD_SECONDS", 0.0)
    participant = world.start()
    cut_stream(participant)
    assert eventually(lambda: nobody_listens_in(world))
    complete_five_unheard(world, participant)
    reconnect(world, participant)
    return participant


def names_resolve(world: OnSnowplow, _: Participant) -> None:
    world.snowplow.unresolvable.clear()


@fault(
    "names",
    "does not resolve: the network knows no such name.",
    "Compare COLLECTOR_URL with the address that Snowplow gave you.",
    names_resolve,
)
def the_collector_s_name_does_not_resolve(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.unresolvable = {world.snowplow.collector_host}
    return participant


@fault("names", ".signals.snowplowanalytics.com does", "Compare SIGNALS_API_URL", names_resolve)
def the_api_s_name_does_not_resolve(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.unresolvable = {world.snowplow.signals_host}
    return participant


@fault(
    "names",
    "console.snowplowanalytics.com does not resolve",
    "Access tokens come from there. Most likely the network or its DNS is at fault.",
    names_resolve,
)
def console_s_name_does_not_resolve(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.unresolvable = {CONSOLE}
    return participant


@fault(
    "names",
    "None of these names resolves: collector.",
    "This machine seems to be offline. Check its network.",
    names_resolve,
)
def the_machine_is_offline(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.unresolvable = set(world.snowplow.hosts)
    return participant


def certificates_are_right(world: OnSnowplow, _: Participant) -> None:
    world.snowplow.certificate = "valid"


@fault(
    "tls",
    "is not trusted: unable to get local issuer certificate.",
    "SSL_CERT_FILE and REQUESTS_CA_BUNDLE",
    certificates_are_right,
)
def the_certificate_is_not_trusted(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.certificate = "untrusted"
    return participant


@fault(
    "tls",
    " has a certificate for another name.",
    "something else answers in its place, such as the sign-in page of a wifi.",
    certificates_are_right,
)
def the_certificate_is_for_another_name(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.certificate = "wrong name"
    return participant


@fault("tls", " has expired.", "Check this machine's clock", certificates_are_right)
def the_certificate_has_expired(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.certificate = "expired"
    return participant


def snowplow_starts(world: OnSnowplow, _: Participant) -> None:
    world.snowplow.start()


@fault(
    "tls",
    "port 443, refuses connections: nothing listens there.",
    "Compare COLLECTOR_URL with the address that Snowplow gave you. If it is right, most likely it"
    " is down, or a firewall is in the way.",
    snowplow_starts,
)
def snowplow_is_down(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.stop()
    return participant


@fault("tls", "refuses connections: no answer in time.", "or a firewall is in the way.")
def what_is_connected_to_says_nothing(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.set("lib.diagnosis.connection_checks.CONNECT_SECONDS", SHORT_SECONDS)
    world.snowplow.port = int(world.open(silent_server()).rsplit(":", 1)[1])
    return participant


@fault("tls", "makes no TLS connection: ", "what answers at this port is something else.")
def what_answers_knows_no_tls(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.port = world.open(collector()).server_port
    return participant


@fault(
    "tls",
    " is refused: its address is not public.",
    "Use the public address of your account as COLLECTOR_URL.",
)
def an_account_of_one_s_own_is_in_a_private_network(world: OnSnowplow) -> Participant:
    account = world.backend.settings.account
    assert account is not None
    own = OwnAccount(account, PLAN.owner, PLAN.vendor)
    return world.join(connection=world.backend.connect(own=own))


def console_answers(world: OnSnowplow, _: Participant) -> None:
    world.set("lib.connection.access_token.FAILURE_KEPT_SECONDS", 0.0)
    world.set("httpx.get", PATIENT_GET)
    world.snowplow.token_status, world.snowplow.token_delay = 200, 0.0


@fault(
    "token",
    "Snowplow Console issued no access token: it answered 401.",
    "Check CONSOLE_API_KEY, CONSOLE_API_KEY_ID and ORG_ID",
    console_answers,
)
def console_refuses_the_key(world: OnSnowplow) -> Participant:
    world.snowplow.token_status = 401
    return world.join()


@fault("token", "it answered 500.", "The fault is on Console's side.", console_answers)
def console_has_a_fault(world: OnSnowplow) -> Participant:
    world.snowplow.token_status = 500
    return world.join()


@fault("token", "it did not answer in time.", "The app keeps trying", console_answers)
def console_does_not_answer(world: OnSnowplow) -> Participant:
    world.set("httpx.get", partial(PATIENT_GET, timeout=SHORT_SECONDS))
    world.snowplow.token_delay = 3600
    return world.join()


def the_api_answers(world: OnSnowplow, participant: Participant) -> None:
    participant.connection.api_client._http.timeout = httpx.Timeout(PATIENCE_SECONDS)
    world.snowplow.api_status, world.snowplow.api_delay = None, 0.0


@fault(
    "api",
    "Signals answered 401: As told by the test.",
    "SIGNALS_API_URL and ORG_ID must belong together.",
    the_api_answers,
)
def the_api_refuses_the_token(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.api_status = 401
    return participant


@fault("api", "Signals answered 403: As told", "for one that may.", the_api_answers)
def the_key_may_not_use_the_api(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.api_status = 403
    return participant


@fault("api", "Signals answered 500: As told", "on Signals' side.", the_api_answers)
def the_api_has_a_fault(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.api_status = 500
    return participant


@fault("api", "Signals did not answer in time.", "Trying again usually helps.", the_api_answers)
def the_api_does_not_answer(world: OnSnowplow) -> Participant:
    world.set("lib.connection.clients.READ_SECONDS", SHORT_SECONDS)
    participant = world.join()
    assert eventually(lambda: participant.is_live)
    world.snowplow.api_delay = 3600
    return participant


@fault("api", "Signals answered 404", "What answers at SIGNALS_API_URL is not the Signals API.")
def the_address_of_the_api_is_the_collector_s(world: OnSnowplow) -> Participant:
    collector_url = world.snowplow.settings["COLLECTOR_URL"]
    return world.join(connection=world.connect_with(SIGNALS_API_URL=collector_url))


@fault(
    "definitions",
    "Not published: the attribute group project_engagement,",
    "If you may not publish here, ask the presenter.",
    publish_everything,
)
def nothing_is_published_to_the_account(world: OnSnowplow) -> Participant:
    participant = world.join()
    complete(participant, 1)
    return participant


def the_collector_takes_events(world: OnSnowplow, participant: Participant) -> None:
    world.snowplow.collector_status, world.snowplow.collector_delay = 200, 0.0
    if participant.last_event.state == "refused":
        complete(participant, 1)
    assert eventually(lambda: participant.emitter.delivery.waiting == 0, 20)


@fault(
    "sent",
    "The collector does not accept it: it answered 503: As told by the test. 1 event waits.",
    "Nothing is lost. The next try is at ",
    the_collector_takes_events,
)
def the_collector_has_a_fault(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.collector_status = 503
    complete(participant, 1)
    return participant


@fault(
    "sent",
    "The collector refused it for good: it answered 403: As told by the test.",
    "It is not sent again. Check that COLLECTOR_URL is your collector's address",
    the_collector_takes_events,
)
def the_collector_refuses_events(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.collector_status = 403
    complete(participant, 1)
    return participant


@fault(
    "sent",
    "The collector does not accept it: it did not answer in time. 1 event waits.",
    "If this lasts, check that the collector is up.",
    the_collector_takes_events,
)
def the_collector_did_not_answer(world: OnSnowplow) -> Participant:
    world.set("lib.world.emitter.CONNECT_AND_READ_SECONDS", (2.0, SHORT_SECONDS))
    participant = world.start()
    world.snowplow.collector_delay = 3600
    complete(participant, 1)
    return participant


@fault(
    "sent",
    "It was sent at ",
    "Without an answer it is sent again, and nothing is lost.",
    the_collector_takes_events,
)
def the_collector_lets_the_app_wait(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.collector_delay = 3600
    world.set("lib.world.settling.SETTLE_SECONDS", SHORT_SECONDS)
    complete(participant, 1)
    world.set("lib.world.settling.SETTLE_SECONDS", PATIENCE_SECONDS)
    return participant


@fault(
    "sent",
    "The collector does not accept it: it answered 404",
    "COLLECTOR_URL may not be a collector's address",
)
def the_address_of_the_collector_is_the_api_s(world: OnSnowplow) -> Participant:
    signals_api_url = world.snowplow.settings["SIGNALS_API_URL"]
    participant = world.join(connection=world.connect_with(COLLECTOR_URL=signals_api_url))
    participant.publish(PLAN)
    complete(participant, 1)
    return participant


@fault("matched", "counts com.example/task_completed/1-0-0, and this event is com.o", "VENDOR")
def the_account_counts_another_vendor_s_events(world: OnSnowplow) -> Participant:
    participant = world.join(plan=replace(PLAN, vendor="com.other"))
    participant.publish(PLAN)
    complete(participant, 1)
    return participant


@fault(
    "matched",
    "The event came before project_engagement version 1 was published",
    "Complete another task.",
    one_more_task,
)
def the_app_saw_the_event_come_before_publishing(world: OnSnowplow) -> Participant:
    participant = world.join()
    complete(participant, 5)
    participant.publish(PLAN)
    return participant


def track_rightly_to_the_account(world: OnSnowplow, participant: Participant) -> None:
    world.set("lib.snowplow.tracking.ProjectTracking._described", AS_JSON)
    complete(participant, 1)


@fault(
    "changed",
    "No value has changed more than ",
    "Check in Console: Data quality shows whether the event failed",
    track_rightly_to_the_account,
)
def the_event_failed_in_the_account(world: OnSnowplow) -> Participant:
    world.set("lib.diagnosis.attribute_checks.CHANGES_WITHIN", timedelta(0))
    participant = world.start()
    track_otherwise(world, "task_completed", {"priority": "urgent"})
    complete(participant, 1)
    return participant


@fault("criteria", "(tasks_completed_count is 3)", "Complete 2 more tasks", two_more_tasks)
def three_tasks_of_five_are_completed_on_the_account(world: OnSnowplow) -> Participant:
    return world.start(tasks=3)


@fault("fired", "power_user_nudge version 1 arrived at ", "Become a new user", cross_another_line)
def it_fired_before_on_the_account(world: OnSnowplow) -> Participant:
    participant = world.start(tasks=5)
    assert eventually(lambda: participant.is_nudged)
    complete(participant, 1)
    return participant


@fault(
    "fired",
    "The criteria were already met before this event",
    "Wait a few seconds: it may still come for an event that did. Become a new user",
    cross_another_line,
)
def the_criteria_were_met_before_it_was_published_to_the_account(world: OnSnowplow) -> Participant:
    participant = world.start(tasks=5, plan=replace(PLAN, threshold=10))
    participant.publish(replace(PLAN, threshold=3))
    complete(participant, 1)
    return participant


@fault(
    "fired",
    "power_user_nudge version 1 probably fired while the app was disconnected.",
    "Become a new user",
    cross_another_line,
)
def it_was_missed_and_another_task_is_completed(world: OnSnowplow) -> Participant:
    participant = it_fired_while_the_app_was_disconnected(world)
    complete(participant, 1)
    return participant


def refuse_subscriptions(world: OnSnowplow) -> Participant:
    world.snowplow.api_status = 403
    participant = world.join()
    assert eventually(lambda: participant.listener.state.kind == "refused")
    world.snowplow.api_status = None
    return participant


@fault(
    "subscription",
    "UTC: Signals answered 403.",
    "ask the account's administrator whether its key may subscribe.",
    reconnect,
)
def the_subscription_is_refused(world: OnSnowplow) -> Participant:
    participant = refuse_subscriptions(world)
    participant.publish(PLAN)
    complete_five_unheard(world, participant)
    return participant


@fault(
    "received",
    "It probably fired while the app was disconnected. It is not sent again.",
    "Become a new user, or publish another threshold",
    cross_another_line,
)
def it_fired_while_the_app_was_disconnected(world: OnSnowplow) -> Participant:
    world.set("lib.sandbox.signals.subscriptions.HELD_SECONDS", 0.0)
    participant = world.start()
    world.snowplow.cut_streams()
    assert eventually(lambda: world.snowplow.streams == 0 and not participant.is_live)
    complete_five_unheard(world, participant)
    reconnect(world, participant)
    return participant


def every(faults: list[Fault]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("broken", faults, ids=str)


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


@every(IN_SANDBOX)
def test_in_the_sandbox_all_is_well_before_the_cause_and_the_cause_until_it_is_mended(
    sandbox, broken
):
    participant = broken.inject(sandbox)
    diagnosis = diagnoses(participant).event.run()
    assert_names_the_cause(broken, diagnosis, may_be_unknown=set())
    assert_can_be_read(diagnosis, sandbox.secrets())
    assert_sees_what_is_mended(sandbox, broken, participant, diagnosis)


@every(ON_SNOWPLOW)
def test_on_snowplow_nothing_is_found_before_the_cause_nor_the_cause_once_it_is_mended(
    account, broken
):
    participant = broken.inject(account)
    diagnosis = diagnoses(participant).event.run()
    assert_names_the_cause(broken, diagnosis, may_be_unknown=NOT_TOLD_BY_SNOWPLOW)
    assert_can_be_read(diagnosis, account.secrets())
    assert_sees_what_is_mended(account, broken, participant, diagnosis)


def test_there_is_a_fault_that_can_be_mended_for_each_check():
    mended = {each.check for each in [*IN_SANDBOX, *ON_SNOWPLOW] if each.mend}
    assert mended == set(CHECKS) - {"settings"}  # the app does not start with a fault in those


def test_in_the_sandbox_all_is_well_and_known_when_the_nudge_arrived(sandbox):
    participant = sandbox.start(tasks=5)
    assert eventually(lambda: participant.is_nudged)
    diagnosis = diagnoses(participant).event.run()
    assert {name: each.status for name, each in diagnosis.verdicts.items()} == dict.fromkeys(
        CHECKS, "ok"
    )
    assert diagnosis.cause is None
    assert_can_be_read(diagnosis, sandbox.secrets())


def test_on_snowplow_nothing_is_found_and_what_is_unknown_says_where_to_look(account):
    participant = account.start(tasks=5)
    assert eventually(lambda: participant.is_nudged)
    diagnosis = diagnoses(participant).event.run()
    untold = {name: each for name, each in diagnosis.verdicts.items() if each.status != "ok"}
    assert untold == {
        "accepted": unknown(
            "Snowplow does not say from here whether its fields are valid.",
            "In Console: Data quality, among the failed events.",
        ),
        "schema": unknown(
            "Snowplow does not say from here whether"
            " iglu:com.example/task_completed/jsonschema/1-0-0 is known.",
            "In Console: Data structures. It must be published there.",
        ),
    }
    assert diagnosis.cause is None
    assert_can_be_read(diagnosis, account.secrets())


def test_the_sandbox_tells_what_each_step_came_to(sandbox):
    participant = sandbox.start(tasks=5)
    assert eventually(lambda: participant.is_nudged)
    said = {
        name: each.evidence for name, each in diagnoses(participant).event.run().verdicts.items()
    }
    assert said["definitions"] == (
        "project_engagement version 1, project_engagement_service, and power_user_nudge version 1."
    )
    assert said["sent"] == "The collector accepted it (status 200)."
    assert said["schema"] == "iglu:com.example/task_completed/jsonschema/1-0-0: known."
    assert said["matched"] == "project_engagement version 1 counted it."
    assert said["changed"] == "tasks_completed_count: 4 → 5."
    assert said["criteria"] == "tasks_completed_count >= 5: yes (tasks_completed_count is 5)."
    assert said["received"].endswith(" UTC. It waits for an answer.")


def test_a_connection_without_a_fault_is_well(sandbox):
    assert_connection_is_well(sandbox.start())


def test_an_account_without_a_fault_is_well(account):
    assert_connection_is_well(account.start())


def assert_connection_is_well(participant: Participant) -> None:
    verdicts = diagnoses(participant).connection.run().verdicts
    assert {name: each.status for name, each in verdicts.items()} == dict.fromkeys(CONNECTION, "ok")


def test_an_event_that_values_may_not_have_in_them_yet_is_not_said_to_be_too_few(
    account, monkeypatch
):
    participant = account.start(tasks=3)
    values = participant.seen.current
    monkeypatch.setattr(attributes, "service_attributes", lambda *_: values)
    complete(participant, 1)
    diagnosis = diagnoses(participant).event.run()
    statuses = {name: diagnosis.verdicts[name].status for name in ("changed", "criteria")}
    assert statuses == {"changed": "unknown", "criteria": "unknown"}
    assert all("Console" in diagnosis.verdicts[name].fix for name in statuses)
    assert diagnosis.verdicts["sent"].status == "ok"


def test_an_event_that_waited_and_came_after_publishing_is_said_to_be_counted(account):
    participant = account.join()
    account.snowplow.collector_status = 503
    complete(participant, 1)
    participant.refresh()
    participant.publish(PLAN)
    the_collector_takes_events(account, participant)
    assert eventually(lambda: bool(participant.refresh() or participant.seen.current[COUNT]))
    verdicts = diagnoses(participant).event.run().verdicts
    assert verdicts["matched"] == ok(
        "project_engagement version 1 counts such events, and a value changed after this one."
    )
    assert verdicts["changed"].evidence.startswith("tasks_completed_count: no value → 1; ")


def test_an_event_that_was_counted_is_so_after_unpublishing_and_publishing_again(account):
    participant = account.start(tasks=1)
    participant.unpublish()
    participant.publish(PLAN)
    assert diagnoses(participant).event.run().verdicts["matched"].status == "ok"


def test_what_a_new_version_lost_is_not_said_to_be_missing(account, monkeypatch):
    monkeypatch.setattr("lib.diagnosis.attribute_checks.CHANGES_WITHIN", timedelta(0))
    participant = account.start(tasks=3)
    participant.publish(replace(PLAN, period=timedelta(days=1)))
    diagnosis = diagnoses(participant).event.run()
    assert [diagnosis.verdicts[name].status for name in ("matched", "changed")] == ["unknown"] * 2
    assert "Complete another task" in diagnosis.verdicts["matched"].fix
    assert diagnosis.cause is not None and diagnosis.cause[0].name == "criteria"
    assert diagnosis.cause[1].fix.startswith("Complete 5 more tasks")


def test_values_are_not_said_to_be_the_same_soon_after_an_event_that_had_waited_long(
    account, monkeypatch
):
    monkeypatch.setattr("lib.diagnosis.attribute_checks.CHANGES_WITHIN", timedelta(seconds=2))
    participant = account.start()
    values = participant.seen.current
    monkeypatch.setattr(attributes, "service_attributes", lambda *_: values)
    account.snowplow.collector_status = 503
    complete(participant, 1)
    event = participant.last_event
    assert eventually(lambda: time.time() - event.tstamp.timestamp() > 2)
    the_collector_takes_events(account, participant)
    assert diagnoses(participant).event.run().verdicts["changed"].status == "unknown"


def test_values_that_fell_since_it_fired_are_not_said_to_be_the_cause(sandbox):
    participant = sandbox.start(tasks=5)
    assert eventually(lambda: participant.is_nudged)
    seconds = int(timedelta(days=8).total_seconds())
    clock = f"{participant.connection.collector_url}/clock"
    assert httpx.post(clock, json={"seconds": seconds}).status_code == 200
    complete(participant, 1)
    diagnosis = diagnoses(participant).event.run()
    assert diagnosis.verdicts["criteria"] == ok(
        "tasks_completed_count >= 5: that was true when it fired. The latest values:"
        " tasks_completed_count is 1."
    )
    assert diagnosis.cause is not None and diagnosis.cause[0].name == "fired"


def test_behind_a_proxy_what_only_the_proxy_sees_is_unknown(account, monkeypatch):
    participant = account.start()
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@127.0.0.1:{free_port()}")
    account.snowplow.unresolvable = set(account.snowplow.hosts)
    verdicts = diagnoses(participant).connection.run().verdicts
    assert {name: verdicts[name].status for name in ("names", "tls")} == {
        "names": "unknown",
        "tls": "unknown",
    }
    assert "the proxy's administrator" in verdicts["names"].fix
    assert not any("secret" in each.evidence + each.fix for each in verdicts.values())


def test_a_participant_s_page_has_news_of_each_check(sandbox):
    participant = sandbox.start()
    before = participant.revision
    diagnoses(participant).connection.run()
    assert participant.revision == before + 2 * len(CONNECTION)


def test_the_checks_come_in_the_order_in_which_data_flows(sandbox):
    participant = sandbox.join()
    assert [each.name for each in diagnoses(participant).event.checks] == CHECKS
    assert [each.name for each in diagnoses(participant).connection.checks] == CONNECTION
    assert all(each.question.endswith("?") for each in diagnoses(participant).event.checks)


def test_a_trace_that_cannot_be_read_leaves_what_it_tells_unknown(sandbox, monkeypatch):
    participant = sandbox.start(tasks=1)

    def fail(*_: object) -> Any:
        raise httpx.ReadTimeout(participant.connection.collector_url)

    monkeypatch.setattr("lib.connection.sandbox_inspector.SandboxInspector.stages", fail)
    diagnosis = diagnoses(participant).event.run()
    lost = [name for name, each in diagnosis.verdicts.items() if each.status == "unknown"]
    assert lost[:4] == ["accepted", "schema", "matched", "changed"]
    assert_can_be_read(diagnosis, sandbox.secrets())

"""The checks of a connection name the cause of each fault, and find nothing once it is mended.

Each fault of `faults` breaks one thing in a world, and says what the diagnosis must say first.
"""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import httpx
import pytest
from snowplow_signals import SignalsAPIError

from lib.connection.account import OwnAccount
from lib.connection.backend import sandbox_connection
from lib.diagnosis.diagnoses import diagnoses
from lib.sandbox.server.serving import EmbeddedServer
from lib.snowplow.definitions import PRIORITY, attribute_group
from lib.world.participant import Participant
from tests.support.diagnosed import (
    PATIENCE_SECONDS,
    PLAN,
    SHORT_SECONDS,
    Faults,
    OnSnowplow,
    Sandbox,
    account,  # noqa: F401 (a fixture)
    assert_found_in_sandbox,
    assert_found_on_snowplow,
    backend,  # noqa: F401 (a fixture)
    complete,
    complete_five_unheard,
    cut_stream,
    every,
    patient,  # noqa: F401 (a fixture)
    publish_everything,
    reconnect,
    sandbox,  # noqa: F401 (a fixture)
)
from tests.support.servers import collector, free_port, gate, silent_server
from tests.support.snowplow import CONSOLE
from tests.support.waiting import eventually

PATIENT_GET = httpx.get  # how the SDK asks Console
faults = Faults()


def broken_sandbox_starts_again(world: Sandbox, participant: Participant) -> None:
    port = httpx.URL(participant.connection.collector_url).port
    server = EmbeddedServer(world.folder / "own.db", port=port or 0)
    world.opened.callback(server.stop)


@faults.add(
    "tls",
    "The sandbox is not running: nothing listens there.",
    "It is part of this app. Restart the app.",
    broken_sandbox_starts_again,
)
def the_server_is_stopped(world: Sandbox) -> Participant:
    server = EmbeddedServer(world.folder / "own.db")
    participant = world.join(connection=sandbox_connection(server.url, world.token))
    assert eventually(lambda: participant.is_live)
    participant.definitions.publish(PLAN)
    server.stop()
    return participant


@faults.add(
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


@faults.add("definitions", "Not published: the attribute group", "Publish", publish_everything)
def all_is_unpublished_again(world: Sandbox) -> Participant:
    participant = world.start(tasks=2)
    participant.definitions.unpublish()
    return participant


@faults.add(
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


@faults.add(
    "definitions",
    "project_engagement_service reads version 1 of project_engagement, but rules use version 2.",
    "Publish on the definitions page",
    publish_everything,
)
def the_service_reads_the_version_before(world: Sandbox) -> Participant:
    participant = world.start(tasks=1)
    daily = replace(PLAN, period=timedelta(days=1))
    participant.signals.publish([attribute_group(daily, 2)])
    participant.definitions.hear_of_change()
    assert eventually(lambda: participant.seen.published.version == 2)
    return participant


@faults.add(
    "definitions",
    "Not published: the intervention power_user_nudge.",
    "The intervention needs tasks_completed_count, which the group lacks. Select it",
    publish_everything,
)
def the_count_is_left_out_and_so_is_the_intervention(world: Sandbox) -> Participant:
    participant = world.join()
    with pytest.raises(SignalsAPIError):
        participant.definitions.publish(replace(PLAN, attributes=(PRIORITY,)))
    complete(participant, 1)
    return participant


@faults.add(
    "subscription",
    "It has not been listening since ",
    "What fires now may be lost. The app reconnects automatically.",
    reconnect,
)
def the_subscription_is_down(world: Sandbox) -> Participant:
    way = world.open(gate(world.url))
    participant = world.start(connection=world.through(way))
    cut_stream(way, participant)
    complete_five_unheard(world, participant)
    return participant


def names_resolve(world: OnSnowplow, _: Participant) -> None:
    world.snowplow.unresolvable.clear()


@faults.add(
    "names",
    "does not resolve: the network does not know this name.",
    "Compare COLLECTOR_URL with the address that Snowplow gave you.",
    names_resolve,
)
def the_collector_s_name_does_not_resolve(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.unresolvable = {world.snowplow.collector_host}
    return participant


@faults.add(
    "names", ".signals.snowplowanalytics.com does", "Compare SIGNALS_API_URL", names_resolve
)
def the_api_s_name_does_not_resolve(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.unresolvable = {world.snowplow.signals_host}
    return participant


@faults.add(
    "names",
    "console.snowplowanalytics.com does not resolve",
    "Access tokens come from there. Most likely the network or its DNS is at fault.",
    names_resolve,
)
def console_s_name_does_not_resolve(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.unresolvable = {CONSOLE}
    return participant


@faults.add(
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


@faults.add(
    "tls",
    "is not trusted: unable to get local issuer certificate.",
    "SSL_CERT_FILE and REQUESTS_CA_BUNDLE",
    certificates_are_right,
)
def the_certificate_is_not_trusted(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.certificate = "untrusted"
    return participant


@faults.add(
    "tls",
    " has a certificate for another name.",
    "something else answers in its place, such as the sign-in page of a wifi.",
    certificates_are_right,
)
def the_certificate_is_for_another_name(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.certificate = "wrong name"
    return participant


@faults.add("tls", " has expired.", "Check this machine's clock", certificates_are_right)
def the_certificate_has_expired(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.certificate = "expired"
    return participant


def snowplow_starts(world: OnSnowplow, _: Participant) -> None:
    world.snowplow.start()


@faults.add(
    "tls",
    "port 443, accepts no connections: nothing listens there.",
    "Compare COLLECTOR_URL with the address that Snowplow gave you. If it is right, most likely it"
    " is down, or a firewall is in the way.",
    snowplow_starts,
)
def snowplow_is_down(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.stop()
    return participant


@faults.add("tls", "accepts no connections: no answer in time.", "or a firewall is in the way.")
def what_is_connected_to_says_nothing(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.set("lib.diagnosis.connection_checks.CONNECT_SECONDS", SHORT_SECONDS)
    world.snowplow.port = int(world.open(silent_server()).rsplit(":", 1)[1])
    return participant


@faults.add("tls", "does not speak TLS: ", "something else answers at this port.")
def what_answers_knows_no_tls(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.port = world.open(collector()).server_port
    return participant


@faults.add(
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


@faults.add(
    "token",
    "Snowplow Console issued no access token: it answered 401.",
    "Check CONSOLE_API_KEY, CONSOLE_API_KEY_ID and ORG_ID",
    console_answers,
)
def console_refuses_the_key(world: OnSnowplow) -> Participant:
    world.snowplow.token_status = 401
    return world.join()


@faults.add("token", "it answered 500.", "The fault is on Console's side.", console_answers)
def console_has_a_fault(world: OnSnowplow) -> Participant:
    world.snowplow.token_status = 500
    return world.join()


@faults.add("token", "it did not answer in time.", "The app keeps trying", console_answers)
def console_does_not_answer(world: OnSnowplow) -> Participant:
    world.set("httpx.get", partial(PATIENT_GET, timeout=SHORT_SECONDS))
    world.snowplow.token_delay = 3600
    return world.join()


def the_api_answers(world: OnSnowplow, _: Participant) -> None:
    for each in world.clients:
        each.timeout = httpx.Timeout(PATIENCE_SECONDS)
    world.snowplow.api_status, world.snowplow.api_delay = None, 0.0


@faults.add(
    "api",
    "Signals answered 401: As told by the test.",
    "SIGNALS_API_URL and ORG_ID must belong together.",
    the_api_answers,
)
def the_api_refuses_the_token(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.api_status = 401
    return participant


@faults.add("api", "Signals answered 403: As told", "for one that is.", the_api_answers)
def the_key_may_not_use_the_api(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.api_status = 403
    return participant


@faults.add("api", "Signals answered 500: As told", "on Signals' side.", the_api_answers)
def the_api_has_a_fault(world: OnSnowplow) -> Participant:
    participant = world.start()
    world.snowplow.api_status = 500
    return participant


@faults.add(
    "api", "Signals did not answer in time.", "Trying again usually helps.", the_api_answers
)
def the_api_does_not_answer(world: OnSnowplow) -> Participant:
    world.set("lib.connection.clients.READ_SECONDS", SHORT_SECONDS)
    participant = world.join(connection=world.connect_with())
    assert eventually(lambda: participant.is_live)
    world.snowplow.api_delay = 3600
    return participant


@faults.add(
    "api", "Signals answered 404", "What answers at SIGNALS_API_URL is not the Signals API."
)
def the_address_of_the_api_is_the_collector_s(world: OnSnowplow) -> Participant:
    collector_url = world.snowplow.settings["COLLECTOR_URL"]
    return world.join(connection=world.connect_with(SIGNALS_API_URL=collector_url))


@faults.add(
    "definitions",
    "Not published: the attribute group project_engagement,",
    "If you may not publish here, ask the presenter.",
    publish_everything,
)
def nothing_is_published_to_the_account(world: OnSnowplow) -> Participant:
    participant = world.join()
    complete(participant, 1)
    return participant


@faults.add(
    "subscription",
    "UTC: Signals answered 403.",
    "ask the account's administrator whether its key may subscribe.",
    reconnect,
)
def the_subscription_is_refused(world: OnSnowplow) -> Participant:
    world.snowplow.api_status = 403
    participant = world.join()
    assert eventually(lambda: participant.listener.state.kind == "refused")
    world.snowplow.api_status = None
    participant.definitions.publish(PLAN)
    complete_five_unheard(world, participant)
    return participant


@every(faults.in_sandbox)
def test_in_the_sandbox_all_is_well_before_the_cause_and_the_cause_until_it_is_mended(
    sandbox, broken
):
    assert_found_in_sandbox(sandbox, broken)


@every(faults.on_snowplow)
def test_on_snowplow_nothing_is_found_before_the_cause_nor_the_cause_once_it_is_mended(
    account, broken
):
    assert_found_on_snowplow(account, broken)


def test_each_check_has_a_fault_that_can_be_mended(sandbox):
    checks = diagnoses(sandbox.join()).connection.checks
    # The app does not start with a fault in its settings.
    assert faults.mended == {each.name for each in checks} - {"settings"}


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

"""Checks of the connection: from the settings to the definitions that Signals has."""

import socket
import ssl
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from lib import definitions
from lib.access_token import TokenError
from lib.connection import Connection
from lib.definitions import Names, Published
from lib.diagnosis import Check, Verdict, finding, ok, unknown
from lib.explanations import SDK_ERRORS, explained
from lib.http import CONNECT_SECONDS, certificates
from lib.interventions import ListenerState
from lib.public_hosts import HostRefused, public_address

CONSOLE = "https://console.snowplowanalytics.com"
HTTPS_PORT = 443


class ConnectionChecks:
    """The checks of one connection. `listening` tells how the subscription is."""

    def __init__(
        self, connection: Connection, names: Names, listening: Callable[[], ListenerState]
    ) -> None:
        self._connection = connection
        self._names = names
        self._listening = listening

    @property
    def before_events(self) -> list[Check]:
        """Those that come before any event, in the order in which data flows."""
        return [
            Check("settings", "Are the settings complete?", self._settings),
            Check("names", "Do the host names resolve?", self._names_resolve),
            Check("tls", "Do secure connections come about?", self._tls),
            Check("token", "Does Console issue an access token?", self._token),
            Check("api", "Does the Signals API answer?", self._api),
            Check("definitions", "Are the definitions published?", self._definitions),
        ]

    @property
    def subscription(self) -> Check:
        """Whether the app listens for interventions."""
        return Check("subscription", "Is the subscription live?", self._subscription)

    @property
    def _urls(self) -> Iterator[tuple[str, str]]:
        """What is talked to: the setting that names it, and its address."""
        account = self._connection.account
        yield "COLLECTOR_URL", self._connection.collector_url
        yield "SIGNALS_API_URL", self._connection.api_client.api_url
        if account is not None:
            yield "Console", CONSOLE

    def _settings(self) -> Verdict:
        account = self._connection.account
        if account is None:
            return ok("No account is set, so the app runs on its own sandbox. Nothing is missing.")
        return ok(
            "All five are set and have the right form, for"
            f" {urlsplit(account.signals_api_url).hostname}."
        )

    def _names_resolve(self) -> Verdict:
        hosts = []
        for setting, url in self._urls:
            host, port = _host_and_port(url)
            try:
                socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except OSError:
                return finding(
                    f"{host} does not resolve ({setting}).",
                    f"Check {setting} for typing mistakes, and that this machine has a network.",
                )
            hosts.append(host)
        return ok(f"{', '.join(dict.fromkeys(hosts))}: known.")

    def _tls(self) -> Verdict:
        for setting, url in self._urls:
            host, port = _host_and_port(url)
            try:
                self._connect(url, host, port)
            except ssl.SSLCertVerificationError as error:
                return finding(
                    f"The certificate of {host} is not trusted: {error.verify_message}"
                    f" ({setting}).",
                    f"Check that {setting} is the address that Snowplow gave you, and that no proxy"
                    " stands in between.",
                )
            except HostRefused as error:
                return finding(f"{error} ({setting}).", f"Use a public address as {setting}.")
            except OSError as error:
                why = "no answer in time" if isinstance(error, TimeoutError) else "it refuses"
                return finding(
                    f"{host}, port {port}, cannot be connected to: {why} ({setting}).",
                    "Check that the service is up and that no firewall is in the way.",
                )
        is_local = self._connection.account is None
        return ok(
            "The sandbox is in this app's own process: nothing to secure, and it can be connected"
            " to."
            if is_local
            else "Every certificate is trusted."
        )

    def _connect(self, url: str, host: str, port: int) -> None:
        address = public_address(host, port) if self._connection.is_own else host
        with socket.create_connection((address, port), timeout=CONNECT_SECONDS) as plain:
            if url.startswith("https://"):
                certificates().wrap_socket(plain, server_hostname=host).close()

    def _token(self) -> Verdict:
        if self._connection.account is None:
            return ok("The sandbox needs none from Console.")
        try:
            self._connection.api_client.access_token()
        except TokenError as error:
            problem = explained(error)
            return finding(problem.message, problem.advice)
        return ok("Console issued a token, which all sessions share until it expires.")

    def _api(self) -> Verdict:
        try:
            self._published_now()
        except SDK_ERRORS as error:
            problem = explained(error)
            return finding(problem.message, problem.advice)
        return ok("It answered.")

    def _definitions(self) -> Verdict:
        try:
            published = self._published_now()
        except SDK_ERRORS as error:
            problem = explained(error)
            return unknown(f"The API did not say: {problem.message}", problem.advice)
        parts = (
            ("the attribute group", self._names.group, published.group),
            ("the service", self._names.service, published.service),
            ("the intervention", self._names.intervention, published.intervention),
        )
        lacking = [
            f"{kind} {name}" for kind, name, each in parts if each is None or not each.is_published
        ]
        if lacking:
            return finding(
                f"Not published: {', '.join(lacking)}.",
                "Publish on the board or on the definitions page. Only events that come after that"
                " count.",
            )
        group, nudge = published.group, published.intervention
        return ok(
            f"{self._names.group} version {getattr(group, 'version', None)},"
            f" {self._names.service}, and {self._names.intervention} version"
            f" {getattr(nudge, 'version', None)}."
        )

    def _published_now(self) -> Published:
        return definitions.published(self._connection.signals, self._names)

    def _subscription(self) -> Verdict:
        state = self._listening()
        if state.kind == "live":
            return ok(f"The stream is open since {state.since:%H:%M:%S} UTC.")
        why = f": {state.reason}" if state.reason else ""
        retry = f" The next try is at {state.next_try:%H:%M:%S} UTC." if state.next_try else ""
        return finding(
            f"Not listening since {state.since:%H:%M:%S} UTC{why}.",
            f"What fires meanwhile is lost. The app reconnects by itself.{retry}",
        )


def _host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or HTTPS_PORT

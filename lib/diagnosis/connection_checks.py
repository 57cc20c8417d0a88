"""Checks of the connection: from the settings to the definitions that Signals has."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
from requests.utils import get_environ_proxies, select_proxy
from snowplow_signals import SignalsAPIError

from lib.connection.access_token import TokenError
from lib.connection.backend import Connection
from lib.connection.clients import CONNECT_SECONDS, certificates
from lib.connection.explanations import SDK_ERRORS, explained
from lib.connection.public_hosts import HTTPS_PORT, HostRefused, public_address
from lib.diagnosis.checks import Check, Verdict, finding, ok, unknown
from lib.snowplow import publishing
from lib.snowplow.definitions import COUNT, Names
from lib.snowplow.publishing import Published
from lib.world.listener import ListenerState

CONSOLE = "https://console.snowplowanalytics.com"
HTTP_PORT = 80
ANY_REGISTRY = "registry/attribute_groups/"  # every Signals API has it

# OpenSSL's names for what may be wrong with a certificate, from x509_vfy.h.
HAS_EXPIRED = 10
IS_FOR_ANOTHER_NAME = 62


@dataclass(frozen=True)
class _Server:
    """A server that the app connects to. `setting` names its address; Console's has no setting."""

    url: str
    setting: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or (HTTPS_PORT if parts.scheme == "https" else HTTP_PORT)

    def advice(self, cause: str) -> str:
        """What to compare, and the likely cause if the address is right."""
        if not self.setting:
            return f"Access tokens come from there. Most likely {cause}."
        return (
            f"Compare {self.setting} with the address that Snowplow gave you. If it is right, most"
            f" likely {cause}."
        )


class ConnectionChecks:
    """The checks of one connection. `listening` returns the state of the subscription."""

    def __init__(
        self, connection: Connection, names: Names, listening: Callable[[], ListenerState]
    ) -> None:
        self._connection = connection
        self._names = names
        self._listening = listening
        self._answer: Published | Exception | None = None

    @property
    def before_events(self) -> list[Check]:
        """The checks that come before any event, in the order in which data flows."""
        return [
            Check("settings", "Are the settings complete?", self._settings),
            Check("names", "Do the host names resolve?", self._names_resolve),
            Check("tls", "Do TLS connections succeed?", self._tls),
            Check("token", "Does Console issue an access token?", self._token),
            Check("api", "Does the Signals API answer?", self._api, self._ask),
            Check("definitions", "Are the definitions published?", self._definitions, self._ask),
        ]

    @property
    def subscription(self) -> Check:
        """Whether the app listens for interventions."""
        return Check("subscription", "Does the app listen for interventions?", self._subscription)

    @property
    def _is_sandbox(self) -> bool:
        return self._connection.account is None

    @property
    def _servers(self) -> list[_Server]:
        """The servers that the app uses."""
        collector = _Server(self._connection.collector_url, "COLLECTOR_URL")
        signals = _Server(self._connection.api_client.api_url, "SIGNALS_API_URL")
        return [collector] if self._is_sandbox else [collector, signals, _Server(CONSOLE)]

    @property
    def _reached_directly(self) -> list[_Server]:
        """The servers that the app connects to directly: a proxy would resolve their names."""
        return [each for each in self._servers if not self._has_proxy(each)]

    def _has_proxy(self, server: _Server) -> bool:
        is_direct = self._connection.is_own or not server.url.startswith("https://")
        return not is_direct and bool(select_proxy(server.url, get_environ_proxies(server.url)))

    def _settings(self) -> Verdict:
        account = self._connection.account
        if account is None:
            return ok(
                "No account is used here: the app runs on its own sandbox. Nothing is missing."
            )
        host = urlsplit(account.signals_api_url).hostname
        return ok(f"All five settings are present and well formed. The Signals API is {host}.")

    def _names_resolve(self) -> Verdict:
        if self._is_sandbox:
            return ok("The sandbox is inside this app, so there is no name to look up.")
        servers = self._reached_directly
        lost = [each for each in servers if not _resolves(each)]
        if not servers:
            return _behind_a_proxy("whether the names resolve")
        if len(lost) > 1 and len(lost) == len(servers):
            return finding(
                f"None of these names resolves: {_listed(lost)}.",
                "This machine seems to be offline. Check its network.",
            )
        if lost:
            return finding(
                f"{lost[0].host} does not resolve: the network does not know this name.",
                lost[0].advice("the network or its DNS is at fault"),
            )
        return ok(f"{_listed(servers)}: all resolve.")

    def _tls(self) -> Verdict:
        servers = self._reached_directly
        for server in servers:
            try:
                self._connect(server)
            except HostRefused as refused:
                return finding(
                    f"{refused}.",
                    f"Use the public address of your account as {server.setting}."
                    if server.setting
                    else server.advice("the network resolves this name to a private address"),
                )
            except OSError as error:
                return _not_running(error) if self._is_sandbox else _not_connected(server, error)
        if self._is_sandbox:
            return ok("The sandbox accepts connections. It is inside this app and needs no TLS.")
        if not servers:
            return _behind_a_proxy("the certificates")
        return ok(f"{_listed(servers)}: connected, and every certificate is trusted.")

    def _connect(self, server: _Server) -> None:
        is_own = self._connection.is_own
        address = public_address(server.host, server.port) if is_own else server.host
        with socket.create_connection((address, server.port), timeout=CONNECT_SECONDS) as plain:
            if server.url.startswith("https://"):
                certificates().wrap_socket(plain, server_hostname=server.host).close()

    def _token(self) -> Verdict:
        if self._is_sandbox:
            return ok("The sandbox needs no token from Console.")
        try:
            self._connection.api_client.access_token()
        except TokenError as error:
            problem = explained(error)
            is_down = error.status is not None and httpx.codes.is_server_error(error.status)
            advice = "The fault is on Console's side. The app keeps trying." if is_down else ""
            return finding(problem.message, advice or problem.advice)
        return ok("Console issued a token, which the app uses until it expires.")

    def _ask(self) -> None:
        """Ask the API what is published, once for all checks that need it."""
        try:
            published = publishing.published(self._connection.signals, self._names)
            if not published.is_there:  # a 404 could come from any web server
                self._connection.api_client.make_request("GET", ANY_REGISTRY)
            self._answer = published
        except SDK_ERRORS as error:
            self._answer = error

    def _api(self) -> Verdict:
        error = self._answer
        if isinstance(error, TokenError):
            return unknown("It cannot be called without an access token.")
        if isinstance(error, Exception):
            problem = explained(error)
            said = f"{problem.message.rstrip('.')}."
            return finding(said, self._api_advice(error) or problem.advice)
        return ok("It answers.")

    def _api_advice(self, error: Exception) -> str:
        """What to do, given what the other checks found, such as that a token was issued."""
        if self._is_sandbox:
            return "The sandbox is part of this app. If this lasts, restart the app."
        status = error.status_code if isinstance(error, SignalsAPIError) else None
        if status == httpx.codes.UNAUTHORIZED:
            return (
                "Console issued a token, but this API does not accept it. SIGNALS_API_URL and"
                " ORG_ID must belong together. Console shows both under Signals > Overview."
            )
        if status == httpx.codes.NOT_FOUND:
            return (
                "What answers at SIGNALS_API_URL is not the Signals API. Console shows its address"
                " under Signals > Overview."
            )
        is_down = status is not None and httpx.codes.is_server_error(status)
        return "The fault is on Signals' side. The app keeps trying." if is_down else ""

    def _definitions(self) -> Verdict:
        published = self._answer
        if not isinstance(published, Published):
            return unknown("The API did not answer.", "The checks above say why.")
        if published.follows_another and (followed := published.followed) is not None:
            return ok(
                f"{followed.name} version {followed.version} is published. The story's own"
                " definitions are not, or not all of them."
            )
        parts = (
            ("the attribute group", self._names.group, published.group),
            ("the service", self._names.service, published.service),
            ("the intervention", self._names.intervention, published.intervention),
        )
        lacking = [
            f"{kind} {name}" for kind, name, each in parts if each is None or not each.is_published
        ]
        if lacking:
            return finding(f"Not published: {', '.join(lacking)}.", self._how_to_publish(published))
        group, nudge = published.group, published.intervention
        read = _versions_read(published)
        if read and published.version not in read:
            return finding(
                f"{self._names.service} reads version {read[0]} of {self._names.group}, but rules"
                f" use version {published.version}. So rules do not use the values that you see.",
                "Publish on the definitions page: the service then reads the same version.",
            )
        return ok(
            f"{self._names.group} version {getattr(group, 'version', None)},"
            f" {self._names.service}, and {self._names.intervention} version"
            f" {getattr(nudge, 'version', None)}."
        )

    def _how_to_publish(self, published: Published) -> str:
        group = published.group
        is_published = group is not None and group.is_published
        counted = [each.name for each in group.attributes or []] if group is not None else []
        if is_published and COUNT not in counted:
            return (
                f"The intervention needs {COUNT}, which the group lacks. Select it on the"
                " definitions page, and publish again."
            )
        is_shared = not (self._is_sandbox or self._connection.is_own)
        ask = " If you may not publish here, ask the presenter." if is_shared else ""
        return (
            f"Publish on the board or on the definitions page. Only events after that count.{ask}"
        )

    def _subscription(self) -> Verdict:
        state = self._listening()
        since = f"{state.since:%H:%M:%S} UTC"
        if state.kind == "live":
            return ok(f"It has been listening since {since}.")
        if state.kind == "connecting":
            return finding(
                f"Not yet: it has been connecting since {since}.", "Check again in a few seconds."
            )
        why = f": {state.reason}" if state.reason else ""
        is_ahead = state.next_try is not None and state.next_try > datetime.now(UTC)
        retry = f" The next try is at {state.next_try:%H:%M:%S} UTC." if is_ahead else ""
        advice = (
            "If the checks above find nothing, ask the account's administrator whether its key may"
            " subscribe."
            if state.kind == "refused" and not self._is_sandbox
            else "What fires now may be lost. The app reconnects automatically."
        )
        return finding(f"It has not been listening since {since}{why}.", f"{advice}{retry}")


def _resolves(server: _Server) -> bool:
    try:
        socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # the latter for a label that cannot be encoded
        return False
    return True


def _behind_a_proxy(what: str) -> Verdict:
    return unknown(
        f"The environment sets a proxy, which makes the connections. The app cannot see {what}.",
        "If a check below cannot reach the API or the collector, ask the proxy's administrator.",
    )


def _listed(servers: list[_Server]) -> str:
    return ", ".join(each.host for each in servers)


def _not_running(error: OSError) -> Verdict:
    """The sandbox cannot be connected to."""
    return finding(
        f"The sandbox is not running: {_words(error)}.",
        "It is part of this app. Restart the app.",
    )


def _not_connected(server: _Server, error: OSError) -> Verdict:
    host, port = server.host, server.port
    if isinstance(error, socket.gaierror):
        return unknown(f"{host} has no usable address.")
    if not isinstance(error, ssl.SSLError):
        return finding(
            f"{host}, port {port}, accepts no connections: {_words(error)}.",
            server.advice("it is down, or a firewall is in the way"),
        )
    if not isinstance(error, ssl.SSLCertVerificationError):
        return finding(
            f"{host}, port {port}, does not speak TLS: {_tls_words(error)}.",
            server.advice("something else answers at this port"),
        )
    if error.verify_code == HAS_EXPIRED:
        return finding(
            f"The certificate of {host} has expired.",
            f"Check this machine's clock ({datetime.now(UTC):%Y-%m-%d %H:%M} UTC). If it is right,"
            " the server's certificate must be renewed.",
        )
    if error.verify_code == IS_FOR_ANOTHER_NAME:
        return finding(
            f"The server at {host} has a certificate for another name.",
            server.advice(
                "something else answers in its place, such as the sign-in page of a wifi"
            ),
        )
    return finding(
        f"The certificate of {host} is not trusted: {error.verify_message}.",
        server.advice(
            "your company's proxy intercepts TLS: point SSL_CERT_FILE and REQUESTS_CA_BUNDLE to a"
            " file with its certificate"
        ),
    )


def _versions_read(published: Published) -> list[int]:
    """The versions of the group that the service reads."""
    links = published.service.attribute_groups if published.service is not None else []
    name = published.group.name if published.group is not None else ""
    return [each.version or 1 for each in links if each.name == name]


def _words(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    return error.strerror or type(error).__name__


def _tls_words(error: ssl.SSLError) -> str:
    return (error.reason or "it was cut off").replace("_", " ").lower()

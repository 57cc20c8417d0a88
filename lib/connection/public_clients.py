"""HTTP clients of both SDKs that reach public hosts only, as `public_hosts` defines them.

They look a name up for every request and connect to the address that was checked. The certificate
check and the Host header keep the name. If that address fails, the name's other addresses are not
tried.

Hooks of httpx and requests do this; `tests/connection/test_relied_on.py` fails when an upgrade
removes one:

    httpx       the extension `sni_hostname`: certificates are checked for this name
    requests    four methods of its HTTPAdapter, which it documents for subclasses
    urllib3     the pool's options `ssl_context`, `cert_reqs` and `server_hostname`
"""

import ssl
import threading
from typing import Any
from urllib.parse import urlsplit

import httpx
import requests
from requests.adapters import HTTPAdapter

from lib.connection.public_hosts import HostRefused, address_to_connect_to

HOSTS_KEPT = 8
LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=5)


class PublicTransport(httpx.BaseTransport):
    """An httpx transport to public hosts, over https and without a proxy.

    Raises `httpx.ConnectError` for other hosts, with the `HostRefused` as its cause. The limits are
    for each host. Beyond HOSTS_KEPT, the least recently used host is closed with its responses.
    """

    def __init__(self, verify: ssl.SSLContext, limits: httpx.Limits = LIMITS) -> None:
        self._ssl_context = verify
        self._limits = limits
        self._lock = threading.Lock()
        self._transports: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """As in httpx, but with the address in place of the name."""
        url, name = request.url, request.url.raw_host.decode("ascii")
        try:
            address = address_to_connect_to(url.scheme, name, url.port)
        except HostRefused as refusal:
            raise httpx.ConnectError(str(refusal), request=request) from refusal
        addressed = httpx.Request(
            request.method,
            url.copy_with(host=address),
            headers=request.headers,  # the Host header among them
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": name},
        )
        return self._transport_to(name).handle_request(addressed)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            transports, self._transports = self._transports, {}
        for transport in transports.values():
            transport.close()

    def _transport_to(self, name: str) -> httpx.HTTPTransport:
        """One transport for each name. A pool tells connections apart by address, and two names
        with different certificates may share an address."""
        with self._lock:
            transport = self._transports.pop(name, None) or httpx.HTTPTransport(
                verify=self._ssl_context, trust_env=False, limits=self._limits
            )
            self._transports[name] = transport  # last in order: most recently used
            if len(self._transports) > HOSTS_KEPT:
                self._transports.pop(next(iter(self._transports))).close()
        return transport


class PublicAdapter(HTTPAdapter):
    """A requests adapter to public hosts, over https and without a proxy.

    Mount it at "https://" and at "http://", which it refuses. Raises `requests.ConnectionError`
    for the others, with the `HostRefused` as its cause. Certificates are checked by the context
    alone, whatever `verify` and `cert` the session has.
    """

    def __init__(self, ssl_context: ssl.SSLContext, **options: Any) -> None:
        super().__init__(**options)
        self._ssl_context = ssl_context

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """As in requests, but with the address in place of the name."""
        target, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        name = target["host"]
        try:
            address = address_to_connect_to(target["scheme"], name, target["port"])
        except HostRefused as refusal:
            raise requests.ConnectionError(refusal, request=request) from refusal
        # No `assert_hostname`: urllib3 would turn off the check of names in the context itself, and
        # so for everyone else who uses it.
        tls = {
            "ssl_context": self._ssl_context,
            "cert_reqs": "CERT_REQUIRED",
            "server_hostname": name,
        }
        return {**target, "host": address}, tls

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """As in requests, but never through a proxy, which would choose the address."""
        return super().get_connection_with_tls_context(request, verify, None, cert)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Does nothing: it would load other certificate authorities into the context."""

    def add_headers(self, request: requests.PreparedRequest, **kwargs: Any) -> None:
        """Set the Host header each time: a redirect keeps that of the request before."""
        request.headers["Host"] = urlsplit(str(request.url)).netloc.rpartition("@")[2]

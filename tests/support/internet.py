"""Names and addresses as they are out there: a stand-in for DNS and routing."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.snowplow import LOOPBACK, Snowplow, running_snowplow

PUBLIC = "93.184.216.34"


class Internet:
    """The names of a Snowplow lead to a public address, unless `moved` says where else, and that
    address leads to it.

    `elsewhere` are the other addresses that somebody tried to connect to, beside those of this
    machine; all of them refuse.
    """

    def __init__(self, snowplow: Snowplow, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moved: dict[str, str] = {}
        self.elsewhere: list[Any] = []
        self._snowplow = snowplow
        self._look_up, self._connect = socket.getaddrinfo, socket.socket.connect
        monkeypatch.setattr(socket, "getaddrinfo", self._getaddrinfo)
        monkeypatch.setattr(
            socket.socket, "connect", lambda client, address: self._route(client, address)
        )

    def _getaddrinfo(self, host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name in self._snowplow.hosts and name not in self._snowplow.unresolvable:
            host = self.moved.get(name, PUBLIC)
        return self._look_up(host, port, *arguments, **options)

    def _route(self, client: socket.socket, address: Any) -> None:
        if address[0] == PUBLIC:
            address = (LOOPBACK, self._snowplow.port)
        elif address[0] != LOOPBACK:
            self.elsewhere.append(address)
            raise ConnectionRefusedError(address)
        self._connect(client, address)


@pytest.fixture
def snowplow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snowplow]:
    """A Snowplow at a public address."""
    with running_snowplow(tmp_path, monkeypatch) as running:
        Internet(running, monkeypatch)
        yield running

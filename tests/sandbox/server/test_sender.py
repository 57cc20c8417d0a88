"""Whose address counts: an event's is what the sender says, a limit's is not."""

import asyncio
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from lib.sandbox.__main__ import app_for, parser
from lib.sandbox.server.sender import sender_address
from lib.sandbox.server.serving import Server

PEER = "192.0.2.9"


def request_with(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw, "client": (PEER, 1234)})


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({}, PEER),
        ({"x_forwarded_for": "203.0.113.5"}, "203.0.113.5"),
        ({"x_forwarded_for": "203.0.113.5, 10.0.0.1"}, "203.0.113.5"),
        ({"x_forwarded_for": "203.0.113.5:4711"}, "203.0.113.5"),
        ({"x_forwarded_for": "2001:db8::1"}, "2001:db8::1"),
        ({"x_forwarded_for": "[2001:db8::1]:4711"}, "2001:db8::1"),
        ({"x_forwarded_for": "unknown, 203.0.113.5"}, PEER),
        ({"x_forwarded_for": "x" * 10_000}, PEER),
        ({"forwarded": "for=203.0.113.5"}, "203.0.113.5"),
        ({"forwarded": 'proto=http;For="[2001:db8::1]:4711";by=10.0.0.1, for=b'}, "2001:db8::1"),
        ({"forwarded": "for=_hidden"}, PEER),
        ({"forwarded": "for=203.0.113.6", "x_forwarded_for": "203.0.113.5"}, "203.0.113.5"),
    ],
)
def test_event_comes_from_the_first_address_that_is_named(headers, address):
    assert sender_address(request_with(**headers)) == address


@pytest.mark.parametrize(
    ("options", "peer", "address"),
    [
        ([], "127.0.0.1", "127.0.0.1"),
        ([], "10.0.0.1", "10.0.0.1"),
        (["--proxy", "10.0.0.1"], "10.0.0.1", "203.0.113.5"),
        (["--proxy", "10.0.0.0/8"], "10.0.0.1", "203.0.113.5"),
        (["--proxy", "10.0.0.1"], "10.0.0.2", "10.0.0.2"),
        (["--proxy", "10.0.0.1"], "127.0.0.1", "127.0.0.1"),
        (["--proxy", "127.0.0.1", "--proxy", "10.0.0.1"], "127.0.0.1", "203.0.113.5"),
    ],
)
def test_limits_believe_named_proxies_only(options, peer, address):
    scope = {
        "type": "http",
        "headers": [(b"x-forwarded-for", b"198.51.100.7, 203.0.113.5")],
        "client": (peer, 1234),
    }
    assert client_of(scope, parser().parse_args(options).proxy) == address


def client_of(scope, proxies):
    """The address that a server hands to its application."""
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["client"][0])

    app.state = SimpleNamespace(sandboxes=None)
    config = Server(app, "127.0.0.1", 0, proxies).config
    config.load()
    asyncio.run(config.loaded_app(scope, None, None))
    return seen[0]


@pytest.mark.parametrize(
    ("bound", "options", "counts"),
    [
        ("127.0.0.1", [], False),
        ("127.0.0.1", ["--proxy", "127.0.0.1"], True),
        ("192.0.2.1", [], True),
    ],
)
def test_addresses_count_where_they_differ(tmp_path, bound, options, counts):
    app = app_for(parser().parse_args(["--isolated", *options]), bound, tmp_path / "sandbox.db")
    assert app.state.sandboxes.limits.per_address is counts
    app.state.sandboxes.store.close()


@pytest.mark.parametrize("text", ["localhost", "*", "10.0.0.1/40", ""])
def test_proxy_is_named_by_its_address(text, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["--proxy", text])
    assert f"invalid proxy_address value: '{text}'" in capsys.readouterr().err

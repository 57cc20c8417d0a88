"""What is kept of a request, within bounds and without what is secret."""

import json

import pytest

from lib.sandbox.limits import REQUEST_HEADERS_BYTES
from lib.sandbox.pipeline.enrich import Collected
from lib.sandbox.pipeline.payload import MAX_KEPT_TEXT
from lib.sandbox.pipeline.sent_request import SentRequest

RECEIVED = Collected(0, "10.0.0.1")


def request(*headers: tuple[bytes, bytes], **options) -> SentRequest:
    return SentRequest("com.acme", "v1", list(headers), **options)


@pytest.mark.parametrize("name", [b"cookie", b"authorization", b"proxy-authorization"])
def test_secrets_are_not_kept(name):
    sent = request((name, b"secret"), (b"accept", b"*/*"))
    assert json.loads(sent.shared())["headers"] == ["Accept: */*"]
    assert b"secret" not in sent.whole(RECEIVED)


@pytest.mark.parametrize(
    ("host", "expected"),
    [(b"shop.example:8085", "shop.example"), (b"[::1]:80", "[::1]"), (b"shop.example",) * 2],
)
def test_the_host_is_kept_without_its_port(host, expected):
    expected = expected if isinstance(expected, str) else expected.decode()
    assert json.loads(request((b"host", host)).shared())["hostname"] == expected


def test_requests_that_differ_in_length_only_are_one():
    sizes = (b"10", b"200")
    assert len({request((b"content-length", size)).shared() for size in sizes}) == 1


def test_what_is_long_is_cut():
    many = [(b"x-%d" % each, b"v" * 1_000) for each in range(50)]
    sent = request(*many, query="q" * 10**6, body=b"b" * 10**6)
    assert len(sent.shared()) < 2 * REQUEST_HEADERS_BYTES
    assert len(sent.whole(RECEIVED)) < 2 * REQUEST_HEADERS_BYTES + 2 * MAX_KEPT_TEXT

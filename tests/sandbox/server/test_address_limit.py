"""The limits of an address, on a server that others can reach."""

from contextlib import ExitStack

from lib.sandbox.limits import Limits
from tests.support.limited import OTHER, many
from tests.support.sandbox import HTTP, World
from tests.support.streams import open_stream
from tests.support.waiting import eventually


def test_events_of_an_address_count_across_its_sandboxes(limited):
    server = limited(Limits(events_per_second=1, events_at_once=5, per_address=True))
    server.post(*many(5))
    answer = server.post(*many(1), token=OTHER)
    assert answer.json()["detail"].startswith("Your address sends too many events")


def test_open_requests_of_an_address_are_limited(server_with):
    url = server_with(Limits(subscriptions=2, per_address=True)).url
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(open_stream(World(url)))  # each in a sandbox of its own
        answer = HTTP.get(f"{url}/health")
        detail = "Your address has 2 open requests, which is the limit."
        assert (answer.status_code, answer.json()) == (429, {"detail": detail})
        assert answer.headers["Retry-After"] == "1"
    assert eventually(lambda: HTTP.get(f"{url}/health").status_code == 200)

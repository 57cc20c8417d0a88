"""The application: every interface answers at the root and inside of a sandbox."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.server.app import create_app
from lib.sandbox.storage.store import Store
from tests.support.sandbox import JSON, TP2, payload, seen

INSIDE = f"/sandbox/{'a' * 32}"
BEARER = {"Authorization": f"Bearer {'a' * 32}"}


def client_of(*, isolated: bool) -> Iterator[TestClient]:
    store = Store(":memory:")
    with TestClient(create_app(Sandboxes(store, Iglu(), lambda: 0, isolated=isolated))) as client:
        yield client
    store.close()


@pytest.fixture
def alone() -> Iterator[TestClient]:
    yield from client_of(isolated=False)


@pytest.fixture
def shared() -> Iterator[TestClient]:
    yield from client_of(isolated=True)


@pytest.mark.parametrize("path", [TP2, INSIDE + TP2])
def test_events_are_taken_at_the_root_and_inside(alone: TestClient, path: str) -> None:
    assert alone.post(path, content=payload(seen(None)), headers=JSON).text == "ok"
    assert alone.get("/micro/all").json() == {"total": 1, "good": 1, "bad": 0}


@pytest.mark.parametrize("path", ["/api/v1/registry/services/", "/micro/good"])
def test_apis_answer_at_the_root_and_inside(alone: TestClient, path: str) -> None:
    answers = [alone.get(prefix + path, headers=BEARER) for prefix in ("", INSIDE)]
    assert [(each.status_code, each.json()) for each in answers] == [(200, [])] * 2


@pytest.mark.parametrize("path", ["/stats", "/events", "/clock"])
def test_what_only_the_sandbox_has_is_inside(shared: TestClient, path: str) -> None:
    statuses = [shared.get(prefix + path).status_code for prefix in ("", INSIDE)]
    assert statuses == [404, 200]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/schemas/check"),
        ("HEAD", "/schemas/more"),
        ("POST", "/schemas/more"),
        ("GET", "/schemas/unheard_of"),
        ("HEAD", "/trace/some_event"),
        ("POST", "/trace/some_event"),
    ],
)
def test_another_method_of_what_is_inside_counts_no_event(
    alone: TestClient, method: str, path: str
) -> None:
    assert alone.request(method, INSIDE + path).status_code == 404
    assert alone.get("/micro/all").json() == {"total": 0, "good": 0, "bad": 0}


def test_api_is_described_once(shared: TestClient) -> None:
    description = shared.get("/openapi.json").json()
    repeated = [path for path in description["paths"] if path.startswith("/sandbox/{token}/api")]
    assert (description["info"]["title"], repeated) == ("Signals sandbox", [])
    assert shared.get("/docs").status_code == 200


def test_health_needs_no_sandbox(shared: TestClient) -> None:
    assert shared.get("/health").text == "ok"

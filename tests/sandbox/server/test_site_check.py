"""What a web page of another site may ask of a sandbox: what trackers and the plugin do."""

from collections.abc import Iterator

import httpx
import pytest
from starlette.testclient import TestClient

from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.server.app import create_app
from lib.sandbox.storage.store import Store
from tests.support.sandbox import NOW, TP2

EVIL = "https://evil.example"
FETCHED = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": EVIL}
FOREIGN = {
    "script": FETCHED,
    "image": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "form": {**FETCHED, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    "other port": {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"},
    "old browser": {"Origin": EVIL},
    "sandboxed frame": {"Origin": "null"},
    "alike": {"Origin": "http://localhost:8085.evil.example"},
    "other scheme": {"Origin": "file://"},
}
OWN = {
    "program": {},
    "own page": {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8085"},
    "address bar": {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
    "own page, old browser": {"Origin": "http://localhost:8085"},
    "Node's fetch": {"Sec-Fetch-Mode": "cors"},
}
CHANGING = [
    ("POST", "/sandbox/x/reset"),
    ("POST", "/sandbox/x/reset?user_id=a"),
    ("GET", "/micro/reset"),
    ("POST", "/micro/reset"),
    ("GET", "/sandbox/x/micro/reset"),
    ("POST", "/sandbox/x/clock"),
    ("DELETE", "/sandbox/x/clock"),
    ("POST", "/api/v1/registry/services/"),
    ("PUT", "/api/v1/registry/services/a"),
    ("DELETE", "/sandbox/x/api/v1/registry/services/a"),
    ("POST", "/api/v1/engines/unpublish"),
    ("POST", "/api/v1/interventions?user_id=a"),
]
REVEALING = [
    ("GET", "/micro/all"),
    ("GET", "/micro/good"),
    ("POST", "/micro/bad"),
    ("GET", "/sandbox/x/events"),
    ("GET", "/sandbox/x/trace/a"),
    ("GET", "/sandbox/x/fired"),
    ("GET", "/sandbox/x/stats"),
    ("GET", "/sandbox/x/clock"),
    ("POST", "/sandbox/x/api/v1/get-online-attributes"),
    ("GET", "/sandbox/x/api/v1/registry/services/"),
    ("GET", "/sandbox/x/api/v1/event_log?name=a&identifier=b"),
]
OPEN = [
    ("POST", TP2),
    ("POST", f"/sandbox/x{TP2}"),
    ("GET", "/i?e=pv"),
    ("OPTIONS", TP2),
    ("HEAD", "/i"),
    ("GET", "/health"),
    ("GET", "/openapi.json"),
]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    store = Store(":memory:")
    app = create_app(Sandboxes(store, Iglu(), lambda: NOW, isolated=False))
    with TestClient(app, base_url="http://localhost:8085") as client:
        yield client
    store.close()


def is_refused(answer: httpx.Response) -> bool:
    return answer.status_code == 403


@pytest.mark.parametrize("who", FOREIGN)
@pytest.mark.parametrize(("method", "path"), [*CHANGING, *REVEALING])
def test_page_of_another_site_cannot_change_or_read(
    client: TestClient, who: str, method: str, path: str
) -> None:
    follows_a_link = who == "form" and method == "GET" and (method, path) in REVEALING
    answer = client.request(method, path, headers=FOREIGN[who])
    assert is_refused(answer) is not follows_a_link
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("who", OWN)
@pytest.mark.parametrize(("method", "path"), [*CHANGING, *REVEALING, *OPEN])
def test_everybody_else_can(client: TestClient, who: str, method: str, path: str) -> None:
    assert not is_refused(client.request(method, path, headers=OWN[who]))


@pytest.mark.parametrize("who", FOREIGN)
@pytest.mark.parametrize(("method", "path"), OPEN)
def test_trackers_send_from_any_site(client: TestClient, who: str, method: str, path: str) -> None:
    assert not is_refused(client.request(method, path, headers=FOREIGN[who]))


def test_refusal_says_who_and_what(client: TestClient) -> None:
    detail = (
        "A web page of another site (https://evil.example) asked for this. Here, such pages may"
        " only send events and listen to interventions."
    )
    answer = client.post("/sandbox/x/reset", headers=FETCHED)
    assert answer.json() == {"detail": detail}


def test_plugin_listens_from_any_site(client: TestClient) -> None:
    """A stream has no end here, so it asks for nobody, and is answered by the route."""
    for path in ("/api/v1/interventions", "/sandbox/x/api/v1/interventions"):
        assert client.get(path, headers=FETCHED).status_code == 422


def test_bearer_is_no_browsers_own_doing(client: TestClient) -> None:
    with_bearer = {**FETCHED, "Authorization": "Bearer any"}
    assert client.get("/api/v1/registry/services/", headers=with_bearer).status_code == 200
    assert is_refused(client.get("/micro/all", headers=with_bearer))


def test_image_of_an_old_browser_cannot_reset(client: TestClient) -> None:
    """It says nothing but which page it is on."""
    assert is_refused(client.get("/micro/reset", headers={"Referer": f"{EVIL}/page"}))
    own = {"Referer": "http://localhost:8085/docs"}
    assert not is_refused(client.get("/micro/reset", headers=own))


@pytest.mark.parametrize("path", ["/sandbox/x//reset", "/sandbox/x/sandbox/y/reset", "//reset"])
def test_path_with_a_trick_is_no_way_around(client: TestClient, path: str) -> None:
    answer = client.post(path, headers=FETCHED)
    assert answer.status_code in (403, 404)

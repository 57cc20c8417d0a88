"""Answers: strict JSON, one shape for every error, and the time of the sandbox."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from lib.sandbox.errors import NotFound, TooMany
from lib.sandbox.limits import JSON_BYTES, JSON_DEPTH, JSON_ITEMS
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.server.app import create_app
from lib.sandbox.server.json_answers import StrictJson, StrictRoute
from lib.sandbox.server.request_sandbox import InPath, InSandbox
from lib.sandbox.storage.store import Store

Asked = Callable[[Exception], tuple[int, object]]
TOKEN = "a" * 32


@pytest.fixture
def client() -> Iterator[TestClient]:
    """The application, with a few routes more."""
    store = Store(":memory:")
    app = create_app(Sandboxes(store, Iglu(), lambda: 0, isolated=True))
    router = APIRouter(route_class=StrictRoute)

    async def echo(body: dict[str, object]) -> StrictJson:
        return StrictJson(body)

    async def own(sandbox: InSandbox) -> StrictJson:
        sandbox.move_clock(90_500)
        return StrictJson({})

    async def other(sandbox: InPath) -> StrictJson:
        return StrictJson({})

    router.add_api_route("/test/echo/it", echo, methods=["POST"])
    router.add_api_route("/test/own/clock", own, methods=["GET"])
    router.add_api_route("/test/other/{token}", other, methods=["GET"])
    app.include_router(router)
    with TestClient(app) as client:
        yield client
    store.close()


@pytest.fixture
def answer_to(client: TestClient) -> Asked:
    """The status and the body with which an error in a route is answered."""

    def asked(error: Exception) -> tuple[int, object]:
        async def fail() -> None:
            raise error

        client.app.add_api_route("/test/fail/now", fail)  # type: ignore[attr-defined]
        answer = client.get("/test/fail/now")
        return answer.status_code, answer.json() if answer.content else None

    return asked


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (NotFound("not here"), 404, "not here"),
        (TooMany("slow down", 3), 429, "slow down"),
        (HTTPException(405, "not so"), 405, "not so"),
        (
            sqlite3.OperationalError("disk I/O error"),
            503,
            "The sandbox cannot use its database: disk I/O error. Nothing was stored.",
        ),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)
def test_error_is_answered_with_its_detail(
    answer_to: Asked, error: Exception, status: int, detail: str
) -> None:
    assert answer_to(error) == (status, {"detail": detail})


def test_fault_of_the_server_is_500_in_json_and_is_raised_to_be_logged(client: TestClient) -> None:
    async def fail() -> None:
        raise RuntimeError("odd")

    client.app.add_api_route("/test/fail/now", fail)  # type: ignore[attr-defined]
    answer = TestClient(client.app, raise_server_exceptions=False).get("/test/fail/now")
    assert (answer.status_code, answer.json()) == (
        500,
        {"detail": "The sandbox failed to answer this request. Its log says why."},
    )
    with pytest.raises(RuntimeError, match="odd"):
        client.get("/test/fail/now")


def test_client_that_hung_up_is_no_error(answer_to: Asked) -> None:
    assert answer_to(ClientDisconnect()) == (200, None)


@pytest.mark.parametrize("body", ['{"a": NaN}', '{"a": 1e400}', '{"a": "\\ud800"}', "{"])
def test_body_that_is_no_strict_json_is_refused(client: TestClient, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post("/test/echo/it", content=body, headers=headers)
    assert (answer.status_code, list(answer.json())) == (422, ["detail"])


def test_invalid_request_says_where_and_what(client: TestClient) -> None:
    answer = client.post("/test/echo/it", json=[1])
    assert (answer.status_code, answer.json()) == (
        422,
        {
            "detail": [
                {"loc": ["body"], "msg": "Input should be a valid dictionary", "type": "dict_type"}
            ]
        },
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_number_that_json_does_not_have_leaves_as_null(value: float) -> None:
    assert StrictJson({"a": value}).body == b'{"a":null}'


def test_answer_says_how_far_the_clock_of_the_sandbox_is_ahead(client: TestClient) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = client.get("/test/own/clock", headers=headers)
    assert answer.headers["Sandbox-Ahead-Seconds"] == "90.5"


def test_answer_says_when_the_definitions_of_the_sandbox_changed(client: TestClient) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    said = [client.get("/test/own/clock", headers=headers).headers["Sandbox-Definitions"]]
    said.append(client.get("/test/own/clock", headers=headers).headers["Sandbox-Definitions"])
    key = {"name": "app", "key": "app_id"}
    created = client.post("/api/v1/registry/attribute_keys/", json=key, headers=headers)
    assert created.status_code == 201
    said.append(client.get("/test/own/clock", headers=headers).headers["Sandbox-Definitions"])
    assert said[0] == said[1] != said[2]


def test_unknown_path_is_404_in_json(client: TestClient) -> None:
    answer = client.get("/nowhere")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


# Bodies that took minutes to check, or to say what is wrong with


def deep(depth: int) -> Any:
    value: Any = {"name": "a"}
    for _ in range(depth):
        value = [value]
    return value


ONE_TOO_MANY = [
    ("bytes", {"a": "b" * JSON_BYTES}, f"at most {JSON_BYTES:,}"),
    ("deep", {"a": deep(JSON_DEPTH)}, f"more than {JSON_DEPTH} deep"),
    ("list", {"a": [1] * (JSON_ITEMS + 1)}, "1,001 items, at most 1,000"),
    ("object", {str(number): 1 for number in range(JSON_ITEMS + 1)}, "1,001 items"),
    ("objects", {str(number): [[1]] * 4 for number in range(JSON_ITEMS)}, "at most 3,000"),
]


@pytest.mark.parametrize(("what", "body", "named"), ONE_TOO_MANY)
def test_body_beyond_a_limit_is_422_and_names_it(
    client: TestClient, what: str, body: Any, named: str
) -> None:
    answer = client.post("/test/echo/it", json=body)
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert named in problem["msg"] and problem["loc"] == ["body"]


def test_body_at_the_limits_is_taken(client: TestClient) -> None:
    body = {"a": deep(JSON_DEPTH - 2), "b": [1] * JSON_ITEMS, "c": [[1]] * JSON_ITEMS}
    answer = client.post("/test/echo/it", json=body)
    assert (answer.status_code, answer.json()) == (200, body)


WRONG = {"name": 1, "version": "x", "attributes": {str(number): 1 for number in range(200)}}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("interventions?user_id=a", WRONG),
        ("registry/attribute_groups/", {"name": "a", "attributes": [{}] * 200}),
        ("registry/services/", {"name": "a", "attribute_groups": [{"version": "x"}] * 99}),
        ("engines/publish", {"event_logs": [{}] * 200}),
        ("testing/attribute_groups/", {"attribute_group": {"attributes": [{}] * 200}}),
        ("get-online-attributes", {"attributes": ["a"] * 200, "attribute_keys": {}}),
    ],
)
def test_many_problems_are_counted_and_not_listed(client: TestClient, path: str, body: Any) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = client.post(f"/api/v1/{path}", json=body, headers=headers)
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert "problems, too many to list" in problem["msg"]


def test_few_problems_are_all_listed(client: TestClient) -> None:
    body = {"name": "a", "attribute_groups": [1] * 5, "owner": 5}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = client.post("/api/v1/registry/services/", json=body, headers=headers)
    assert (answer.status_code, len(answer.json()["detail"])) == (422, 6)

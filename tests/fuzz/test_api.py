"""Every route of the API under what schemathesis makes of the server's own OpenAPI, over HTTP."""

import pytest
import requests
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation

from lib.sandbox.clock import system_clock
from lib.sandbox.pipeline.iglu import Iglu
from lib.sandbox.sandboxes import Sandboxes
from lib.sandbox.server.app import create_app
from lib.sandbox.storage.store import Store
from tests.support import wire
from tests.support.known import Known, strict_json
from tests.support.size import FULL, sized


def operations() -> list[APIOperation]:
    """Every operation of the API, as the server describes it."""
    store = Store(":memory:")
    app = create_app(Sandboxes(store, Iglu(), system_clock, isolated=True))
    api = schemathesis.openapi.from_dict(app.openapi())
    store.close()
    return [result.ok() for result in api.get_all_operations()]


OPERATIONS = operations()
DESTRUCTIVE = {  # these would take the known state with them, as they should
    "/micro/reset",
    "/sandbox/{token}/reset",
    "/sandbox/{token}/clock",
}
SPARE = "spare-sandbox-for-what-destroys"
SESSION = requests.Session()
SESSION.trust_env = False


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_is_declared_and_what_was_known_is_still_read(
    operation: APIOperation, known: Known
) -> None:
    modes = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
    tokens = [known.world.token] if operation.path not in DESTRUCTIVE else []

    @sized(3, 3 * FULL // (2 * len(OPERATIONS)))  # some have fewer different requests than that
    @given(st.one_of(modes), st.sampled_from([SPARE, *tokens, *tokens, "no token", None]))
    def ask(case: Case, token: str | None) -> None:
        check(answer_to(case, known.world.url, token), operation)

    ask()
    assert known.is_as_it_was()
    assert known.takes_in_events()


def answer_to(case: Case, url: str, token: str | None) -> requests.Response:
    """Asks for a sandbox in the way of the route: by path or by bearer; or for none."""
    wire.count()
    if token is not None and "token" in case.path_parameters:
        case.path_parameters["token"] = token
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    if case.path.startswith("/micro"):
        url += f"/sandbox/{token}"
    asked = case.as_transport_kwargs(base_url=url, headers=headers)
    return SESSION.request(**asked, timeout=wire.SECONDS, stream=True, allow_redirects=False)


def check(answer: requests.Response, operation: APIOperation) -> None:
    """Asserts that an answer is one that the operation may give."""
    with answer:
        if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
            assert next(answer.iter_lines()) == b": connected"
            return
        text = answer.content.decode()
    said = f"{answer.request.method} {answer.url} {answer.request.body!r}: {text}"
    declared = set(operation.definition.raw["responses"])
    # A generated value may have made it another path, or another sandbox than there is.
    assert str(answer.status_code) in declared | {"404", "405"}, f"{answer.status_code} to {said}"
    if answer.status_code >= 400:
        detail = strict_json(text)["detail"]
        # To the SDK 400 means "exists already, PUT it": nothing else may be one.
        assert answer.status_code != 400 or detail.endswith("already exists"), said
    elif not answer.headers["Content-Type"].startswith("text/plain"):
        strict_json(text)

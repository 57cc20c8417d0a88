"""Paths that might be taken for another one lead into no other sandbox."""

import json

import pytest

from tests.support.isolation import API, REGISTRY, Answer, Other, ask, event_for
from tests.support.sandbox import TP2, World, new_id, seen

# Each with the status of a GET and of a POST. {other} is the very token: a server that tidied the
# path up, or matched it loosely, would let it in.
TRICKS = {
    "/sandbox/{mine}/../{other}/{act}": (404, 404),
    "/sandbox/{mine}/./../{other}/{act}": (404, 404),
    "/sandbox/{mine}/%2e%2e/{other}/{act}": (404, 404),
    "/sandbox/{mine}/%252e%252e/{other}/{act}": (404, 404),
    "/sandbox/{mine}%2f..%2f{other}/{act}": (404, 404),
    "/sandbox/{mine}/..%2f..%2fsandbox/{other}/{act}": (404, 404),
    "/sandbox/{mine}/..;/{other}/{act}": (404, 404),
    "/sandbox/{mine}\\..\\{other}/{act}": (404, 404),
    "/sandbox/{mine}/{other}/{act}": (200, 200),  # one's own collector takes any two parts
    "/sandbox/{mine}//{other}/{act}": (404, 404),
    "/sandbox/{mine};{other}/{act}": (404, 404),
    "/sandbox/{mine},{other}/{act}": (404, 404),
    "/sandbox/{mine}%00{other}/{act}": (404, 404),
    "/sandbox/./{other}/{act}": (404, 404),
    "/sandbox//{other}/{act}": (404, 404),
    "//sandbox/{other}/{act}": (404, 404),
    "/./sandbox/{other}/{act}": (404, 404),
    "/SANDBOX/{other}/{act}": (404, 404),
    "/sandbox%3a{other}/{act}": (404, 404),
    "/sandbox/{other}/{act}/": (404, 404),
    "/api/v1/../../sandbox/{other}/{act}": (404, 404),
    "/micro/../sandbox/{other}/{act}": (404, 404),
    "/{other}/{act}": (404, 404),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_crafted_path_leads_into_no_other_sandbox(
    other: Other, intruder: World, trick: str
) -> None:
    before = other.state
    path = trick.format(mine=intruder.token, other=other.world.token, act="{act}")
    read = ask(intruder.url, "GET", path.format(act="events"), None, intruder.token)
    wrote = ask(intruder.url, "POST", path.format(act="reset"), None, intruder.token)

    assert (read.status, wrote.status) == TRICKS[trick]
    assert other.leaks(read.text + wrote.text) == set()
    assert other.state == before


def test_token_at_the_start_of_a_collector_path_decides(other: Other, intruder: World) -> None:
    """The collector takes any path of two parts, `..` among them."""
    before = other.state
    path = f"/sandbox/{intruder.token}/../{other.world.token}"
    answer = ask(intruder.url, "POST", path, event_for(other))

    assert answer == Answer(200, "ok")
    assert other.state == before


@pytest.mark.parametrize("key", ["token", "sandbox", "sandbox_token", "authorization"])
def test_query_parameter_names_no_sandbox(other: Other, intruder: World, key: str) -> None:
    path = f"/sandbox/{intruder.token}/events?{key}={other.world.token}"
    assert ask(intruder.url, "GET", path) == Answer(200, "[]")


WITHOUT_A_TOKEN = {
    "/": 404,
    "/health": 200,
    "/docs": 200,
    "/openapi.json": 200,
    "/sandbox": 404,
    "/sandbox/": 404,
    "/stats": 404,
    "/events": 404,
}


@pytest.mark.parametrize("path", WITHOUT_A_TOKEN)
def test_paths_without_a_token_reveal_no_sandbox(other: Other, path: str) -> None:
    answer = ask(other.world.url, "GET", path)
    assert (answer.status, other.leaks(answer.text)) == (WITHOUT_A_TOKEN[path], set())


@pytest.mark.parametrize("path", ["/micro/all", "/micro/good", "/i?e=pv"])
def test_paths_of_the_only_sandbox_are_404_on_a_shared_server(other: Other, path: str) -> None:
    answer = ask(other.world.url, "GET", path, None, other.world.token)
    detail = "This server holds many sandboxes: use the path /sandbox/<token>."
    assert answer == Answer(404, f'{{"detail":"{detail}"}}')


def test_percent_encoded_token_is_the_same_token(intruder: World) -> None:
    """Which takes knowing it: there is one sandbox for one token, however it is written."""
    intruder.post(seen(new_id()))
    encoded = "".join(f"%{ord(character):02x}" for character in intruder.token)
    answer = ask(intruder.url, "GET", f"/sandbox/{encoded}/micro/all")
    assert json.loads(answer.text)["total"] == 1


# A path and a bearer that name different sandboxes: the path decides, the bearer is not looked at.
# Each of them is a whole key, so nobody gains by having both. Trackers and browsers, which use the
# paths, send no bearer or one that is not ours to judge.


def test_own_path_reads_own_sandbox_whatever_the_bearer(other: Other, intruder: World) -> None:
    path = f"/sandbox/{intruder.token}{API}/get-online-attributes"
    body = {"service": "everything", "attribute_keys": {"user_id": [other.user]}}
    answer = ask(intruder.url, "POST", path, body, other.world.token)
    nothing = {"user_id": [other.user], "count": [None], "value": [None]}
    assert (answer.status, json.loads(answer.text)) == (200, nothing)


def test_own_path_changes_only_own_sandbox_whatever_the_bearer(
    other: Other, intruder: World
) -> None:
    before, own = other.state, f"/sandbox/{intruder.token}"
    deleted = f"{own}{REGISTRY}/interventions/nudge/versions/1"
    unpublished = {"interventions": [{"name": "nudge", "version": 1}]}
    statuses = [
        ask(intruder.url, method, path, body, other.world.token).status
        for method, path, body in (
            ("POST", f"{own}{API}/engines/unpublish", unpublished),
            ("DELETE", deleted, None),
            ("POST", f"{own}{TP2}", event_for(other)),
            ("POST", f"{own}/reset", None),
        )
    ]
    assert statuses == [200, 200, 200, 200]
    assert other.state == before


def test_path_with_another_token_reads_that_sandbox_whatever_the_bearer(
    other: Other, intruder: World
) -> None:
    path = f"/sandbox/{other.world.token}/micro/all"
    answer = ask(intruder.url, "GET", path, None, intruder.token)
    assert (answer.status, json.loads(answer.text)["total"]) == (200, 1)


def test_path_without_a_valid_token_is_404_whatever_the_bearer(
    other: Other, intruder: World
) -> None:
    path = f"/sandbox/{other.number}{REGISTRY}/services/"
    detail = "This is not a sandbox token: it needs 22 or more URL-safe characters."
    answer = ask(intruder.url, "GET", path, None, other.world.token)
    assert answer == Answer(404, f'{{"detail":"{detail}"}}')

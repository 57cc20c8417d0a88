"""Errors: the status that each is answered with, and the detail that clients read."""

import pytest

from lib.sandbox.errors import (
    AlreadyExists,
    ApiError,
    Conflict,
    InvalidDefinition,
    NotFound,
    NotInSandbox,
    TooMany,
    Unauthorized,
)

STATUSES: dict[type[ApiError], int] = {
    AlreadyExists: 400,
    Unauthorized: 401,
    NotFound: 404,
    Conflict: 409,
    NotInSandbox: 501,
}


@pytest.mark.parametrize("error", STATUSES, ids=lambda each: each.__name__)
def test_error_has_its_status_and_its_detail(error: type[ApiError]) -> None:
    raised = error("because")
    assert (raised.status, raised.detail, str(raised)) == (STATUSES[error], "because", "because")


def test_invalid_definition_lists_its_problems_as_the_real_api_does() -> None:
    raised = InvalidDefinition((["body", "name"], "is missing"), (["body", 0], "is wrong"))
    assert (raised.status, raised.detail) == (
        422,
        [
            {"loc": ["body", "name"], "msg": "is missing", "type": "value_error"},
            {"loc": ["body", 0], "msg": "is wrong", "type": "value_error"},
        ],
    )


def test_too_many_says_when_to_try_again() -> None:
    raised = TooMany("slow down", 7)
    assert (raised.status, raised.detail, raised.retry_after) == (429, "slow down", 7)

"""What the Signals API can refuse, as exceptions that hold data.

    SandboxError
    └── ApiError            status and detail, as the API answers them
        ├── AlreadyExists   400: to the SDK this means "PUT it instead", so it means nothing else
        ├── Unauthorized    401
        ├── NotFound        404
        ├── Conflict        409
        ├── InvalidDefinition 422, with the list of problems that FastAPI and the real API use
        ├── TooMany         429, with the seconds after which to try again
        └── NotInSandbox    501

The server turns them into answers in one place; nothing below it knows about HTTP responses.
"""

from typing import Any


class SandboxError(Exception):
    """Anything that the sandbox refuses."""


class ApiError(SandboxError):
    """An answer of the Signals API other than success: `{"detail": detail}` with `status`."""

    status = 500

    def __init__(self, detail: Any) -> None:
        super().__init__(detail)
        self.detail = detail


class AlreadyExists(ApiError):
    status = 400


class Unauthorized(ApiError):
    status = 401


class NotFound(ApiError):
    status = 404


class Conflict(ApiError):
    status = 409


class InvalidDefinition(ApiError):
    """A definition that is well-formed JSON but wrong.

    The detail is a list of `{"loc", "msg", "type"}`, one entry for each problem.
    """

    status = 422

    def __init__(self, *problems: tuple[list[str | int], str]) -> None:
        super().__init__([{"loc": loc, "msg": msg, "type": "value_error"} for loc, msg in problems])


class TooMany(ApiError):
    """Beyond a limit. `retry_after` is in seconds; trackers then send again."""

    status = 429

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class NotInSandbox(ApiError):
    status = 501

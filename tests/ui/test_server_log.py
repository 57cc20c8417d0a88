"""The log says what went wrong, and leaves out what only looks like it."""

import logging
import sys

import pytest
from starlette.websockets import WebSocketDisconnected

from lib.ui.server_log import leave_out_second_closes


def logged(error: Exception, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the server's log has of an exception that it did not expect."""
    leave_out_second_closes()
    with caplog.at_level(logging.ERROR, "uvicorn.error"):
        try:
            raise error
        except type(error):
            logging.getLogger("uvicorn.error").error("failed", exc_info=sys.exc_info())
    return caplog.messages


def test_connection_that_is_closed_a_second_time_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = WebSocketDisconnected('Cannot call "send" once a close message has been sent.')
    assert logged(error, caplog) == []


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError('Cannot call "send" once a close message has been sent.'),
        WebSocketDisconnected('WebSocket is not connected. Need to call "accept" first.'),
    ],
    ids=["another exception", "another reason"],
)
def test_everything_else_is_logged(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    assert logged(error, caplog) == ["failed"]

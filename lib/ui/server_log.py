"""Streamlit's server log, without one record that is no error.

When a browser leaves while an answer is being sent to it, Streamlit closes the connection a second
time, and its server logs a traceback (`_websocket_endpoint` in Streamlit's
`starlette_websocket.py`). Nothing is lost: the session ends, or continues, as always. With people
who come and go, these tracebacks would bury what matters.
"""

import logging

from starlette.websockets import WebSocketDisconnected


class LeftAlready(logging.Filter):
    """Drops the record that a connection was closed which the browser had closed already."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        is_second_close = isinstance(error, WebSocketDisconnected) and "send" in str(error)
        return not is_second_close


_left_already = LeftAlready()


def leave_out_second_closes() -> None:
    """Set up the log of the server. Calling it again changes nothing."""
    logging.getLogger("uvicorn.error").addFilter(_left_already)

"""What Streamlit's server writes to the log, less one thing that is no error.

When a browser leaves while an answer to it is being sent, Streamlit closes the connection a second
time, and the server that it runs on logs a traceback of that (`_websocket_endpoint` in Streamlit's
`starlette_websocket.py`). Nothing is lost: the session ends or is taken up again as always. With
people who come and go it would bury what matters.
"""

import logging

from starlette.websockets import WebSocketDisconnected


class LeftAlready(logging.Filter):
    """Keeps out that a connection was closed which the browser had closed already."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        is_second_close = isinstance(error, WebSocketDisconnected) and "send" in str(error)
        return not is_second_close


_left_already = LeftAlready()


def leave_out_second_closes() -> None:
    """Set up the log of the server, once or more often."""
    logging.getLogger("uvicorn.error").addFilter(_left_already)

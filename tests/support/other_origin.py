"""A web page of somebody else: its own origin, and whatever HTML it is given; and a host that sends
everybody to a login."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Page(BaseHTTPRequestHandler):
    """Answers everything with `body`, or sends everybody to `login`."""

    body = b""
    login = ""

    def do_GET(self) -> None:
        self.send_response(303 if self.login else 200)
        if self.login:
            self.send_header("Location", self.login)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def page_of_another_origin(html: str) -> Iterator[str]:
    """The address of a page with this content, on a web server of its own."""
    with _served(type("Shop", (Page,), {"body": html.encode()})) as address:
        yield address


@contextmanager
def redirecting(login: str) -> Iterator[str]:
    """The address of a host that sends everybody to a login, as a client sees it that is signed
    out."""
    with _served(type("Guarded", (Page,), {"login": login})) as address:
        yield address


@contextmanager
def _served(handler: type[Page]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()

"""An address for code, as somebody gets it: from the connection page, on request."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.sessions import BrowserSession

ADDRESS = re.compile(r"http://[^/]+/sandbox/(\S+)")


@contextmanager
def shown_address(url: str, query: str = "") -> Iterator[BrowserSession]:
    """The connection page of an app, with the address shown."""
    with BrowserSession.open(url, path="/connection", query=query) as page:
        page.wait_until_run()
        page.click("show_address")
        page.wait_until_run()
        yield page


def token_on(page: BrowserSession) -> str:
    """The token of the address on a connection page."""
    codes = (each.code_text for each in page.elements("code"))
    (token,) = (found[1] for code in codes if (found := ADDRESS.fullmatch(code)))
    return str(token)

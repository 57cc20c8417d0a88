"""What all sessions share, and what is left of it at the end."""

import threading

from lib.ui import session
from tests.support.pages import OpenApp
from tests.support.steps import (
    complete,
    publish,
    world,
)
from tests.support.waiting import eventually


def test_process_that_is_closed_leaves_no_threads(open_app: OpenApp) -> None:
    before = set(threading.enumerate())  # other tests may have servers of their own

    def ours() -> set[str]:
        names = {thread.name.split("-")[0] for thread in set(threading.enumerate()) - before}
        return names & {"sandbox", "participants", "SignalsInterventions"}

    at = complete(publish(open_app()), 1)
    assert eventually(lambda: world(at).is_live)
    assert ours() == {"sandbox", "participants", "SignalsInterventions"}

    session.process.clear()

    assert eventually(lambda: ours() == set())

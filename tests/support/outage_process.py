"""The app's logic as a process that a test can kill: opens a world and completes tasks in it.

Arguments: the sandbox's URL, its token, the collector's URL, the app's file, the user, and how many
tasks to complete. Then prints how many events wait and what became of the last request to the
collector, and waits to be killed.
"""

import sys
import threading
from dataclasses import replace

from lib.connection.backend import sandbox_connection
from lib.snowplow.definitions import Plan
from lib.world import emitter
from lib.world.app_state import AppState
from lib.world.participant import Participant


def main(
    sandbox_url: str, token: str, collector_url: str, file: str, user: str, tasks: str
) -> None:
    emitter.CONNECT_AND_READ_SECONDS = (60.0, 60.0)  # no request ends before the tasks are done
    connection = replace(sandbox_connection(sandbox_url, token), collector_url=collector_url)
    plan = Plan(owner="you@example.com", vendor="com.example")
    participant = Participant(user, connection, AppState(file), plan)
    for _ in range(int(tasks)):
        task = participant.project.next_open
        participant.complete_task(task.id if task else "")
    delivery = participant.emitter.delivery
    print(f"{delivery.waiting} wait, {delivery.problem or 'no request has ended'}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])

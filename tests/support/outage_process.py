"""The app's logic as a process that a test can kill: opens a world and completes tasks in it.

Arguments: the sandbox's URL, its token, the collector's URL, the app's file, the user, and how many
tasks to complete. Prints how many milliseconds each took, then `done`, and waits to be killed.
"""

import sys
import threading
import time
from dataclasses import replace

from lib.connection.backend import sandbox_connection
from lib.snowplow.definitions import Plan
from lib.world.app_state import AppState
from lib.world.participant import Participant


def main(
    sandbox_url: str, token: str, collector_url: str, file: str, user: str, tasks: str
) -> None:
    connection = replace(sandbox_connection(sandbox_url, token), collector_url=collector_url)
    plan = Plan(owner="you@example.com", vendor="com.example")
    participant = Participant(user, connection, AppState(file), plan)
    for _ in range(int(tasks)):
        task = participant.project.next_open
        started = time.perf_counter()
        participant.complete_task(task.id if task else "")
        print(f"{1000 * (time.perf_counter() - started):.1f}", flush=True)
    print("done", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])

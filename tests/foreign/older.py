"""Tracks with an older Python tracker, the first in the path; prints what its emitter says.

It has the calls of that time: an endpoint without a protocol, and a method for each kind of event.
python older.py '{"endpoint": "127.0.0.1:8085", "user": …, "emitter": {…}, "priorities": ["high"]}'
"""

import json
import sys
from typing import Any

from snowplow_tracker import Emitter, SelfDescribingJson, Subject, Tracker
from snowplow_tracker._version import __version__

PROJECT = SelfDescribingJson(
    "iglu:com.example/project/jsonschema/1-0-0", {"project_id": "p1", "plan": "free"}
)


def tracked(endpoint: str, user: str, priorities: list[str], options: dict[str, Any]) -> Any:
    """How many events each request brought, and the events that did not arrive."""
    sent: list[int] = []
    failed: list[Any] = []
    emitter = Emitter(
        endpoint,
        protocol="http",
        on_success=lambda events: sent.append(len(events)),
        on_failure=lambda _, events: failed.extend(events),
        **options,
    )
    person = Subject()
    person.set_user_id(user)
    tracker = Tracker(emitter, person, namespace="old-app", app_id="old-app-backend")
    tracker.track_page_view("https://shop.example/über?a=1|2", "Shop", "https://search.example/")
    tracker.track_struct_event("shop", "click", label="naïve", value=1.5)
    for number, priority in enumerate(priorities):
        task = {"task_id": f"t-ü{number}", "priority": priority}
        event = SelfDescribingJson("iglu:com.example/task_completed/jsonschema/1-0-0", task)
        tracker.track_self_describing_event(event, [PROJECT])
    tracker.flush()
    return {"version": __version__, "sent": sent, "failed": failed}


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    print(json.dumps(tracked(told["endpoint"], told["user"], told["priorities"], told["emitter"])))

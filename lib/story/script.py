"""A script that does from a terminal what the app does, made from the published definitions.

It uses only the two SDKs, so that people can take it to their own project: publish, subscribe,
track, read, and wait for the intervention.
"""

from pprint import pformat
from typing import Any

from lib.snowplow.definitions import as_json
from lib.snowplow.publishing import Published, definition_of
from lib.snowplow.tracking import APP_ID, NAMESPACE

SANDBOX_NOTE = """\
Start a sandbox of this project first, in its folder:

    python -m lib.sandbox --port 8085"""
ACCOUNT_NOTE = """\
Set COLLECTOR_URL, SIGNALS_API_URL, CONSOLE_API_KEY, CONSOLE_API_KEY_ID and ORG_ID in the
environment, and add the schemas to your Iglu registry."""

SANDBOX_CLIENT = """\
from snowplow_signals import SignalsSandbox

COLLECTOR_URL = os.environ.get("COLLECTOR_URL", "http://127.0.0.1:8085")
signals = SignalsSandbox(
    api_url=os.environ.get("SIGNALS_API_URL", "http://127.0.0.1:8085"), sandbox_token="any"
)"""
ACCOUNT_CLIENT = """\
from snowplow_signals import Signals

COLLECTOR_URL = os.environ["COLLECTOR_URL"]
signals = Signals(
    api_url=os.environ["SIGNALS_API_URL"],
    api_key=os.environ["CONSOLE_API_KEY"],
    api_key_id=os.environ["CONSOLE_API_KEY_ID"],
    org_id=os.environ["ORG_ID"],
)"""

TEMPLATE = '''\
"""Real-time personalization end to end, with Snowplow's two Python SDKs.

    pip install snowplow-tracker snowplow-signals

{note}
"""

import os
import threading
import uuid

from snowplow_signals import (
    AttributeGroup,
    AttributeKeyIdentifiers,
    RuleIntervention,
    Service,
)
from snowplow_tracker import Emitter, SelfDescribing, SelfDescribingJson, Subject, Tracker

{client}

# What Signals computes, and when it nudges.
group = AttributeGroup.model_validate({group})
service = Service.model_validate({service})
intervention = RuleIntervention.model_validate({intervention})
signals.publish([group, service, intervention])
print("Published", group.name, "version", group.version)

# Subscribe before tracking: what fires while nobody listens is lost.
user_id = str(uuid.uuid4())  # Signals ignores user ids that are not UUIDs
nudged = threading.Event()
subscription = signals.pull_interventions(AttributeKeyIdentifiers({{"user_id": [user_id]}}))


def on_intervention(received):
    print("Received", received.name, received.attributes)
    nudged.set()


subscription.add_handler(on_intervention)
subscription.start()

# The events.
emitter = Emitter(COLLECTOR_URL, batch_size=1, request_timeout=(2.0, 5.0))
tracker = Tracker(
    "{namespace}", emitter, subject=Subject().set_user_id(user_id), app_id="{app_id}"
)
for number in range({tasks}):
    event = SelfDescribingJson(
        "iglu:{vendor}/task_completed/jsonschema/1-0-0",
        {{"task_id": f"task-{{number + 1}}", "priority": "high"}},
    )
    project = SelfDescribingJson(
        "iglu:{vendor}/project/jsonschema/1-0-0",
        {{"project_id": "website-relaunch", "plan": "growth"}},
    )
    tracker.track(SelfDescribing(event, context=[project]))

print("Nudged" if nudged.wait(30) else "Not nudged within 30 seconds")
print(
    signals.get_service_attributes(
        name=service.name, attribute_key="user_id", identifier=user_id
    )
)
subscription.stop()
'''


def script(published: Published, vendor: str, *, is_sandbox: bool) -> str:
    """The script for a sandbox or for an account.

    It completes as many tasks as the intervention needs. Raises `ValueError` if not everything is
    published.
    """
    if not published.is_complete:
        raise ValueError("Publish the definitions first. The script is made from them.")
    return TEMPLATE.format(
        note=SANDBOX_NOTE if is_sandbox else ACCOUNT_NOTE,
        client=SANDBOX_CLIENT if is_sandbox else ACCOUNT_CLIENT,
        group=_literal(published.group),
        service=_literal(published.service),
        intervention=_literal(published.intervention),
        namespace=NAMESPACE,
        app_id=APP_ID,
        vendor=vendor,
        tasks=int(published.threshold or 5),
    )


def _literal(answer: Any) -> str:
    """A definition as the SDK sends it, as a Python literal."""
    return pformat(as_json(definition_of(answer)), width=96, sort_dicts=False)

"""The words and the fixed code of what people take home."""

from collections.abc import Sequence
from string import Template

from lib.snowplow.tracking import APP_ID, NAMESPACE
from lib.studio.code_layout import quoted
from lib.studio.reading_back import SETTERS
from lib.studio.vocabulary import CLIENT

INSTALL = "%pip install --quiet snowplow-tracker snowplow-signals"
LOCAL = "http://127.0.0.1:8085"

OPENING = """\
# Real-time personalization with Snowplow's two Python SDKs

Publish, subscribe, track, read, and be nudged. You need Python 3.11 or newer and

    pip install snowplow-tracker snowplow-signals"""
OWN_SANDBOX = """\
This runs against your sandbox in the app. **It holds the address of your sandbox for code**:
whoever has it can send events, publish and delete definitions, and read values. Keep it to
yourself. You can replace the address on the app's connection page."""
LOCAL_SANDBOX = """\
This runs against a sandbox on your machine. Start one first, in the folder of the project, where
`make demo` has been run once:

    .venv/bin/python -m lib.sandbox --port 8085"""
ACCOUNT = """\
This runs against your Snowplow account. Add the files below `schemas` to your Iglu registry. Set
COLLECTOR_URL, SIGNALS_API_URL, CONSOLE_API_KEY, CONSOLE_API_KEY_ID and ORG_ID in the environment.
There is no secret in this file."""

CONNECT = "## Connect"
SANDBOX_CLIENT = """\
import os
import threading
import time
import uuid

from snowplow_signals import SignalsSandbox

COLLECTOR_URL = os.environ.get("SANDBOX_URL", {address})
{client} = SignalsSandbox(api_url=COLLECTOR_URL, sandbox_token={token})"""
ACCOUNT_CLIENT = Template("""\
import os
import threading
import time
import uuid

from snowplow_signals import Signals

COLLECTOR_URL = os.environ["COLLECTOR_URL"]
$client = Signals(
    api_url=os.environ["SIGNALS_API_URL"],
    api_key=os.environ["CONSOLE_API_KEY"],
    api_key_id=os.environ["CONSOLE_API_KEY_ID"],
    org_id=os.environ["ORG_ID"],
)""")

PUBLISH = """\
## Publish

What Signals computes from events, and when it nudges: as it was published in the app. Events count
from the moment of publishing."""

WHO = """\
## A new user

Signals ignores ids of users and sessions that are not UUIDs."""
ID = "{name} = str(uuid.uuid4())"

TRACK = """\
## Track

What the user does."""
NOT_TRACKED = "The definitions also use these events. Add them to `act`: {}."
TRACKER = Template(f"""\
import logging

from snowplow_tracker import (
    Emitter,
${{page_view}}    SelfDescribing,
    SelfDescribingJson,
    Subject,
    Tracker,
)

logging.getLogger("snowplow_tracker.emitters").setLevel(logging.WARNING)  # not each event

subject = Subject().set_platform("web").set_user_id(USER).set_domain_session_id(SESSION)
${{more_ids}}emitter = Emitter(COLLECTOR_URL, batch_size=1, request_timeout=(2.0, 5.0))
tracker = Tracker({quoted(NAMESPACE)}, emitter, subject=subject, app_id={quoted(APP_ID)})
$project


def track(schema, data):
    tracker.track(SelfDescribing(SelfDescribingJson(schema, data), context=[project]))


def act(number):
    \"\"\"What the user does once.\"\"\"
$statements


for number in range(1, $after):
    act(number)
print("Tracked $count times, as user", USER)""")

READ = """\
## Read

An account takes a few seconds to compute. A sandbox does so at once."""
PAUSE = "time.sleep(5)"

SUBSCRIBE = """\
## Subscribe

What fires while nobody listens is lost, so subscribe before anything is tracked."""
NOT_HEARD = "The program has no UUID for what these are sent to, so it does not receive them: {}."
SUBSCRIPTION = Template("""\
from snowplow_signals import AttributeKeyIdentifiers

nudged = threading.Event()


def on_intervention(received):
    print("Received", received.name, received.attributes)
    nudged.set()


subscription = $client.pull_interventions(AttributeKeyIdentifiers($listened))
subscription.add_handler(on_intervention)
subscription.start()
time.sleep(2)  # the stream opens in a thread""")

FIRE = "## Be nudged"
EXACT = "The last event makes the rule true, and Signals sends the intervention."
NOT_EXACT = """\
Signals sends an intervention when an event makes its rule true. Here that may be before the last
event. If a rule asks for something that `act` does not do, change `act`."""
NOT_ENOUGH = """\
Signals sends an intervention when an event makes its rule true. A rule here asks for a number over
{most}: call `act` as often as it needs."""
NUDGE = Template("""\
act($last)
print("Nudged" if nudged.wait(30) else "Not nudged within 30 seconds")
subscription.stop()""")

README = """\
# What you built, to take home

- `sandbox.ipynb` and `sandbox.py`: the same program as a notebook and as a script, for a sandbox.
- `account.ipynb` and `account.py`: the same for a Snowplow account. They read its settings from the
  environment and hold no secret.
- `schemas`: the schemas of the events, as an Iglu registry lays them out.

{about}
"""
OWN_FILES = """\
The files for the sandbox run against your sandbox in the app. **They hold its address for code**:
whoever has it can send events, publish and delete definitions, and read values. Keep them to
yourself. You can replace the address on the app's connection page."""
LOCAL_FILES = """\
The files for the sandbox run against one on your machine. Start it first, in the folder of the
project, where `make demo` has been run once:

    .venv/bin/python -m lib.sandbox --port 8085"""


def readme(address: str) -> str:
    """What the files are."""
    return README.format(about=OWN_FILES if address else LOCAL_FILES)


def opening(address: str, *, is_sandbox: bool) -> str:
    """The first words of a program: what it needs, and what of it is secret."""
    if not is_sandbox:
        return f"{OPENING}\n\n{ACCOUNT}"
    return f"{OPENING}\n\n{OWN_SANDBOX if address else LOCAL_SANDBOX}"


def ids(more: Sequence[str]) -> str:
    """The code that makes the ids of a new user; `more` names those besides the usual ones."""
    return "\n".join(ID.format(name=name) for name in ("USER", "SESSION", *more))


def id_setters(more: Sequence[str]) -> str:
    """The lines that give these ids to the tracker's subject."""
    return "".join(f"subject.{SETTERS[name]}({name})\n" for name in more)


def client(address: str, *, is_sandbox: bool) -> str:
    """The code that connects."""
    if not is_sandbox:
        return ACCOUNT_CLIENT.substitute(client=CLIENT)
    token = address.rpartition("/")[2] if address else "any"
    return SANDBOX_CLIENT.format(
        address=quoted(address or LOCAL), client=CLIENT, token=quoted(token)
    )

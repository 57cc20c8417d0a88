"""Snippets that send events to a sandbox and read from it, filled in, to copy and run elsewhere.

They are what a developer would write against Snowplow, but for the address and the token.
"""

from dataclasses import dataclass
from string import Template

from lib.story.guest_code import GUEST_BROWSER, GUEST_CURL, GUEST_NODE, GUEST_PYTHON

PYTHON = Template("""\
# pip install snowplow-tracker snowplow-signals
import uuid

from snowplow_signals import SignalsSandbox
from snowplow_tracker import Emitter, SelfDescribing, SelfDescribingJson, Subject, Tracker

ADDRESS = "$address"
USER = "$user"

subject = Subject().set_user_id(USER)
emitter = Emitter(ADDRESS, batch_size=1, request_timeout=10)
tracker = Tracker("my-code", emitter, subject=subject, app_id="my-code")
task = {"task_id": str(uuid.uuid4()), "priority": "high"}
tracker.track(SelfDescribing(SelfDescribingJson("$schema", task)))

signals = SignalsSandbox(api_url=ADDRESS, sandbox_token="$token")
print(signals.get_service_attributes("$service", "user_id", USER))
""")

NODE = Template("""\
// npm install @snowplow/node-tracker @snowplow/signals-node
const { randomUUID } = require('node:crypto');
const { buildSelfDescribingEvent, newTracker } = require('@snowplow/node-tracker');
const { Signals } = require('@snowplow/signals-node');

const address = '$address';
const user = '$user';

const tracker = newTracker(
  { namespace: 'my-code', appId: 'my-code' },
  { endpoint: address, bufferSize: 1, onRequestSuccess: read },
);
tracker.setUserId(user);
const data = { task_id: randomUUID(), priority: 'high' };
tracker.track(buildSelfDescribingEvent({ event: { schema: '$schema', data } }));

function read() {
  const signals = new Signals({ baseUrl: address, sandboxToken: '$token' });
  signals
    .getServiceAttributes({ name: '$service', attribute_key: 'user_id', identifier: user })
    .then(console.log, console.error);
}
""")

BROWSER = Template("""\
<script src="https://cdn.jsdelivr.net/npm/@snowplow/browser-tracker@4/dist/index.umd.min.js">
</script>
<script src="https://cdn.jsdelivr.net/npm/@snowplow/signals-browser-plugin@0.2/dist/index.umd.min.js">
</script>
<script>
  const { newTracker, setUserId, trackSelfDescribingEvent } = window.snowplowBrowserTracking;
  const { SignalsPlugin, addInterventionHandlers, subscribeToInterventions } =
    window.snowplowSignals;
  const address = '$address';

  newTracker('my-code', address, { appId: 'my-code', plugins: [SignalsPlugin()] });
  setUserId('$user');
  addInterventionHandlers({ show: (nudge) => document.body.append(nudge.name) });
  subscribeToInterventions({ endpoint: address, attributeKeyIds: { user_id: '$user' } });
  const data = { task_id: crypto.randomUUID(), priority: 'high' };
  trackSelfDescribingEvent({ event: { schema: '$schema', data } });
</script>
""")

CURL = Template(
    GUEST_CURL.template
    + """
curl -sS '$address/api/v1/get-online-attributes' \\
  -H 'Authorization: Bearer $token' -H 'Content-Type: application/json' \\
  -d '{"service": "$service", "attribute_keys": {"user_id": ["$user"]}}'
"""
)
EVERYTHING = {"Python": PYTHON, "Node": NODE, "Browser": BROWSER, "curl": CURL}
EVENTS_ONLY = {
    "Python": GUEST_PYTHON,
    "Node": GUEST_NODE,
    "Browser": GUEST_BROWSER,
    "curl": GUEST_CURL,
}


@dataclass(frozen=True)
class OwnCode:
    """What the snippets are filled in with. `app` is the app's address, without a slash, and
    `token` the one of an address for code; with `events_only`, nothing can be read with it.
    `schema` is that of a completed task."""

    app: str
    token: str
    user_id: str
    schema: str
    service: str
    events_only: bool = False

    @property
    def address(self) -> str:
        """Of the sandbox: its collector, and its Signals API."""
        return f"{self.app}/sandbox/{self.token}"

    @property
    def snippets(self) -> dict[str, str]:
        """Each snippet by the name of where it runs."""
        values = {
            "address": self.address,
            "token": self.token,
            "user": self.user_id,
            "service": self.service,
            "schema": self.schema,
        }
        templates = EVENTS_ONLY if self.events_only else EVERYTHING
        return {name: template.substitute(values) for name, template in templates.items()}

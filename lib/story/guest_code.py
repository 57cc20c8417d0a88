"""Snippets that only send events, for guests of a room: their address takes nothing else."""

from string import Template

GUEST_PYTHON = Template("""\
# pip install snowplow-tracker
import uuid

from snowplow_tracker import Emitter, SelfDescribing, SelfDescribingJson, Subject, Tracker

subject = Subject().set_user_id("$user")
emitter = Emitter("$address", batch_size=1, request_timeout=10)
tracker = Tracker("my-code", emitter, subject=subject, app_id="my-code")
task = {"task_id": str(uuid.uuid4()), "priority": "high"}
tracker.track(SelfDescribing(SelfDescribingJson("$schema", task)))
""")

GUEST_NODE = Template("""\
// npm install @snowplow/node-tracker
const { randomUUID } = require('node:crypto');
const { buildSelfDescribingEvent, newTracker } = require('@snowplow/node-tracker');

const tracker = newTracker(
  { namespace: 'my-code', appId: 'my-code' },
  { endpoint: '$address', bufferSize: 1 },
);
tracker.setUserId('$user');
const data = { task_id: randomUUID(), priority: 'high' };
tracker.track(buildSelfDescribingEvent({ event: { schema: '$schema', data } }));
""")

GUEST_BROWSER = Template("""\
<script src="https://cdn.jsdelivr.net/npm/@snowplow/browser-tracker@4/dist/index.umd.min.js">
</script>
<script>
  const { newTracker, setUserId, trackSelfDescribingEvent } = window.snowplowBrowserTracking;

  newTracker('my-code', '$address', { appId: 'my-code' });
  setUserId('$user');
  const data = { task_id: crypto.randomUUID(), priority: 'high' };
  trackSelfDescribingEvent({ event: { schema: '$schema', data } });
</script>
""")

GUEST_CURL = Template("""\
curl -sS '$address/com.snowplowanalytics.snowplow/tp2' \\
  -H 'Content-Type: application/json' \\
  -d '{
    "schema": "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4",
    "data": [{
      "e": "ue", "p": "srv", "tv": "curl-1.0", "aid": "my-code", "uid": "$user",
      "ue_pr": "{\\"schema\\":\\"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/\
1-0-0\\",\\"data\\":{\\"schema\\":\\"$schema\\",\\"data\\":{\\"task_id\\":\\"t1\\",\\"priority\\":\\"high\\"}}}"
    }]
  }'
""")

// Reads an agentic context with the Node Signals SDK's own requests: it has no call for contexts.
// node context.js '{"options": {"baseUrl": …, "sandboxToken": …}, "query": {"name": …}}'

const { Signals } = require('@snowplow/signals-node');

const { options, query } = JSON.parse(process.argv[2]);
const url = `${options.baseUrl}/api/v1/event_log?${new URLSearchParams(query)}`;
const headers = { Authorization: `Bearer ${options.sandboxToken}` };

new Signals(options)
  .fetch(url, { method: 'GET', headers })
  .then(
    async (answer) => ({ status: answer.status, value: await answer.json() }),
    (error) => ({ error: error.message }),
  )
  .then((answer) => console.log(JSON.stringify(answer)));

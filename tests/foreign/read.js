// Makes one call of the Node Signals SDK; prints its value or the message of its error.
// node read.js '{"options": {"baseUrl": …}, "call": "getServiceAttributes", "request": {…}}'

const { Signals } = require('@snowplow/signals-node');
const axios = require('axios'); // the one that the SDK uses

const { options, call, request } = JSON.parse(process.argv[2]);

// With an API key the SDK fetches a token from Snowplow's console, whose address is fixed in it.
// This answers in the console's place; all other requests go where they are sent.
axios.interceptors.request.use((config) => {
  if (new URL(config.url).hostname === 'console.snowplowanalytics.com') {
    config.adapter = async () => ({ status: 200, data: { accessToken: token() }, config });
  }
  return config;
});

function token() {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ exp: Date.now() / 1000 + 60 })}.none`;
}

new Signals(options)[call](request)
  .then(
    (value) => ({ value }),
    (error) => ({ error: error.message }),
  )
  .then((answer) => console.log(JSON.stringify(answer)));

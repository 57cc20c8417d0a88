// Asks Micro's lists what a test of an application asks, and prints the answers in order, as JSON:
// how many events match, or whether they came in this order. Reads the lists as Snowplow's examples
// for Cypress and Nightwatch do (testing/ of snowplow-incubator/snowplow-micro-examples): what they
// look into is an object without asking first, and times are compared as text.
// node micro.js '{"micro": "http://127.0.0.1:8085", "questions": [{"count": {"schema": …}}]}'

const { micro, questions } = JSON.parse(process.argv[2]);

const list = async (name) => (await fetch(`${micro}/micro/${name}`)).json();

// Whether all that is wanted is there; there may be more of it, and arrays may have another order.
function holds(wanted, found) {
  if (Array.isArray(wanted)) {
    return Array.isArray(found) && wanted.every((each) => found.some((one) => holds(each, one)));
  }
  if (wanted === null || typeof wanted !== 'object') return wanted === found;
  const isObject = found !== null && typeof found === 'object' && !Array.isArray(found);
  return isObject && Object.keys(wanted).every((key) => key in found && holds(wanted[key], found[key]));
}

const isSelfDescribing = (good) => good.eventType === 'unstruct';

const tests = {
  eventType: (good, wanted) => good.eventType === wanted,
  schema: (good, wanted) =>
    isSelfDescribing(good) && good.event.unstruct_event.data.schema === wanted,
  values: (good, wanted) =>
    isSelfDescribing(good) && holds(wanted, good.event.unstruct_event.data.data),
  parameters: (good, wanted) => holds(wanted, good.event),
  contexts: (good, wanted) =>
    good.event.contexts.hasOwnProperty('data') && holds(wanted, good.event.contexts.data),
};

const matching = (events, wanted) =>
  events.filter((good) => Object.keys(wanted).every((name) => tests[name](good, wanted[name])));

const ask = {
  all: () => list('all'),
  bad: async () => (await list('bad')).length,
  count: async (wanted) => matching(await list('good'), wanted).length,
  inOrder: async (each) => {
    const good = await list('good');
    const found = each.map((wanted) => matching(good, wanted));
    if (found.some((events) => events.length !== 1)) return false;
    const times = found.map(([{ event }]) => event.derived_tstamp);
    return times.every((time, number) => number === 0 || times[number - 1] < time);
  },
  reset: () => list('reset'),
};

(async () => {
  const answers = [];
  for (const question of questions) {
    const [[name, wanted]] = Object.entries(question);
    answers.push(await ask[name](wanted));
  }
  console.log(JSON.stringify(answers));
})();

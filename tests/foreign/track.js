// Tracks completed tasks with the Node tracker; prints what its emitter says of each request.
// node track.js '{"emitter": {"endpoint": …}, "user": …, "tasks": [{"task_id": …, "priority": …}]}'

const { buildSelfDescribingEvent, newTracker } = require('@snowplow/node-tracker');

const { emitter, user, tasks } = JSON.parse(process.argv[2]);
const requests = [];

const tracker = newTracker(
  { namespace: 'project-app', appId: 'project-app-backend' },
  {
    ...emitter,
    onRequestSuccess: (events, { status }) => requests.push({ status, events: events.length }),
    onRequestFailure: ({ status, message, events }) =>
      requests.push({ status, message, events: events.length }),
  },
);
tracker.setUserId(user);

const project = {
  schema: 'iglu:com.example/project/jsonschema/1-0-0',
  data: { project_id: 'p1', plan: 'free' },
};
for (const data of tasks) {
  const event = { schema: 'iglu:com.example/task_completed/jsonschema/1-0-0', data };
  tracker.track(buildSelfDescribingEvent({ event }), [project]);
}
tracker.flush(); // the emitter waits for ten events

process.on('exit', () => console.log(JSON.stringify(requests)));

// What a person does on the page: each event is tracked with the browser tracker, and what the
// Signals plugin hands over is kept. Resolves once as much as is waited for was sent and received,
// at the latest after ten seconds.

const browserTracker = window.snowplowBrowserTracking;
const signalsPlugin = window.snowplowSignals;

const AT_MOST_MS = 10_000;

const track = {
  page: () => browserTracker.trackPageView(),
  click: () => browserTracker.trackStructEvent({ category: 'shop', action: 'click', value: 1.5 }),
  task: () =>
    browserTracker.trackSelfDescribingEvent({
      event: {
        schema: 'iglu:com.example/task_completed/jsonschema/1-0-0',
        data: { task_id: 't-ü', priority: 'high' },
      },
      context: [
        {
          schema: 'iglu:com.example/project/jsonschema/1-0-0',
          data: { project_id: 'p1', plan: 'free' },
        },
      ],
    }),
};

function visit({ collector, tracker, user, subscription, events, until }) {
  return new Promise((resolve) => {
    const report = { sent: [], failed: [], interventions: [] };

    const look = () => {
      const sent = report.sent.reduce((sum, request) => sum + request.events, 0);
      const isDone = sent >= until.sent && report.interventions.length >= until.interventions;
      if (isDone || report.failed.length) resolve(report);
    };

    browserTracker.newTracker('shop', collector, {
      appId: 'shop',
      plugins: [signalsPlugin.SignalsPlugin()],
      onRequestSuccess: (batch, { status }) => {
        report.sent.push({ status, events: batch.length });
        look();
      },
      onRequestFailure: ({ status, message }) => {
        report.failed.push({ status, message });
        look();
      },
      ...tracker,
    });
    if (user) browserTracker.setUserId(user);
    if (subscription) {
      signalsPlugin.addInterventionHandlers({
        nudge: (intervention) => {
          report.interventions.push(intervention);
          document.body.append(`Nudge: ${intervention.name}`);
          look();
        },
      });
      signalsPlugin.subscribeToInterventions(subscription);
    }
    events.forEach((name) => track[name]());
    setTimeout(() => resolve(report), AT_MOST_MS);
    look();
  });
}

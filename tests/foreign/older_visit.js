// What a person does on a page that was built with version 3: each event is tracked by the browser
// tracker, by one of its plugins, or by a plugin that watches links and forms. Resolves once as many
// events as are waited for were sent, at the latest after ten seconds.

const snowplow = window.snowplowBrowserTracking;
const ads = window.snowplowAdTracking;
const consent = window.snowplowConsent;
const ecommerce = window.snowplowEnhancedEcommerce;
const errors = window.snowplowErrorTracking;
const forms = window.snowplowFormTracking;
const links = window.snowplowLinkClickTracking;
const site = window.snowplowSiteTracking;

const AT_MOST_MS = 10_000;

const plugins = () => [
  ads.AdTrackingPlugin(),
  window.snowplowClientHints.ClientHintsPlugin(true),
  consent.ConsentPlugin(),
  ecommerce.EnhancedEcommercePlugin(),
  errors.ErrorTrackingPlugin(),
  forms.FormTrackingPlugin(),
  window.snowplowGaCookies.GaCookiesPlugin(),
  links.LinkClickTrackingPlugin(),
  window.snowplowPerformanceTiming.PerformanceTimingPlugin(),
  site.SiteTrackingPlugin(),
  window.snowplowTimezone.TimezonePlugin(),
];

const track = {
  page: () => snowplow.trackPageView(),
  click: () => snowplow.trackStructEvent({ category: 'shop', action: 'click', value: 1.5 }),
  task: () =>
    snowplow.trackSelfDescribingEvent({
      event: {
        schema: 'iglu:com.example/task_completed/jsonschema/1-0-0',
        data: { task_id: 't-ü', priority: 'high' },
      },
    }),
  link: () => document.querySelector('#more').click(),
  form: () => {
    const form = document.querySelector('#newsletter');
    form.addEventListener('submit', (event) => event.preventDefault());
    form.elements.email.value = 'ada@example.com';
    form.elements.email.dispatchEvent(new Event('change', { bubbles: true }));
    form.requestSubmit();
  },
  error: () => errors.trackError({ message: 'no such basket', filename: 'shop.js', lineno: 7 }),
  search: () => site.trackSiteSearch({ terms: ['blue', 'hat'], totalResults: 3 }),
  timing: () => site.trackTiming({ category: 'load', variable: 'basket', timing: 50 }),
  ad: () => ads.trackAdImpression({ impressionId: 'i1', costModel: 'cpm', cost: 0.5 }),
  consent: () => consent.trackConsentGranted({ id: 'd1', version: '1', name: 'cookies' }),
  purchase: () => {
    ecommerce.addEnhancedEcommerceProductContext({ id: 'p1', name: 'Hat', price: 9.5 });
    ecommerce.trackEnhancedEcommerceAction({ action: 'purchase' });
  },
};

function visit({ collector, tracker, user, events, until }) {
  return new Promise((resolve) => {
    const report = { sent: [], failed: [] };

    const look = () => {
      const sent = report.sent.reduce((sum, batch) => sum + batch, 0);
      if (sent >= until.sent || report.failed.length) resolve(report);
    };

    snowplow.newTracker('old-shop', collector, {
      appId: 'old-shop',
      plugins: plugins(),
      onRequestSuccess: (batch) => {
        report.sent.push(batch.length);
        look();
      },
      onRequestFailure: ({ status, message }) => {
        report.failed.push({ status, message });
        look();
      },
      ...tracker,
    });
    snowplow.setUserId(user);
    consent.enableGdprContext({ basisForProcessing: 'consent' });
    links.enableLinkClickTracking();
    forms.enableFormTracking();
    events.forEach((name) => track[name]());
    setTimeout(() => resolve(report), AT_MOST_MS);
    look();
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterPlan, outlierPlan, retryPlan, unlimited } from '../support/cluster.ts';
import { FailingService, type Report, type Scenario } from './failing.ts';

const seeds = [1, 2, 3, 5, 8];

/** Aya's defaults for a cluster whose policy says nothing else, with statuses retried as well. */
const base: Omit<Scenario, 'seed' | 'answer'> = {
  cluster: clusterPlan({
    balancer: { kind: 'least-request', choices: 2, bias: 1, fullScan: false },
    panicThreshold: 0,
    limits: { ...unlimited, retryBudget: { percent: 20, minPerSecond: 10, interval: 10_000 } },
    outlier: outlierPlan({ maxEjectionPercent: 50, alwaysEjectOne: true, neverEjectAll: true }),
  }),
  retry: retryPlan({
    attempts: 2,
    on: ['connect-failure', 'reset', '5xx'],
    classes: true,
    avoidTried: true,
    hostSelectionAttempts: 5,
  }),
  endpoints: 5,
  method: 'GET',
  rate: 500,
  seconds: 60,
  workers: 2,
};

function inEverySeed(over: Partial<Scenario> & Pick<Scenario, 'answer'>, check: (report: Report) => void): void {
  for (const seed of seeds) check(new FailingService({ ...base, ...over, seed }).run());
}

test('one of five that answers 500 costs no request, and few attempts', () => {
  inEverySeed({ answer: (index) => (index === 2 ? 500 : 200) }, (report) => {
    assert.equal(report.failed, 0);
    // Out at once, and again after 30 s.
    assert.equal(report.events.filter((each) => each.action === 'eject' && each.enforced).length, 2);
    assert.ok(report.attempts - report.requests < 20, `${report.attempts - report.requests} more attempts`);
  });
});

test('two of five that refuse connections cost no request, also for POST', () => {
  inEverySeed({ method: 'POST', answer: (index) => (index < 2 ? 0 : 201) }, (report) => {
    assert.equal(report.failed, 0);
    assert.ok(report.attempts - report.requests < 60);
  });
});

test('a POST that was answered with 500 is not repeated', () => {
  inEverySeed({ method: 'POST', answer: (index) => (index === 2 ? 500 : 200) }, (report) => {
    assert.equal(report.attempts, report.requests);
    assert.ok(report.failed <= 15, `${report.failed} failed before the ejections`);
  });
});

test('when all answer 500 there is no retry storm, and always somebody to ask', () => {
  inEverySeed({ answer: () => 500 }, (report) => {
    // Each worker has a window of its own: together they may overdraw by a retry each.
    const most = 1.2 * report.requests + base.workers;
    assert.ok(report.attempts <= most, `${report.attempts} attempts for ${report.requests} requests`);
    assert.equal(report.noHost, 0);
    const enforced = report.events.filter((each) => each.enforced);
    let out = 0;
    for (const { action } of enforced) {
      out += action === 'eject' ? 1 : -1;
      assert.ok(out <= 2, 'more than half are out');
    }
  });
});

test('an endpoint that comes and goes is out longer each time', () => {
  const flapping = (index: number, now: number): number =>
    index === 0 && Math.floor(now / 1000) % 2 === 0 ? 503 : 200;
  // It fails again before it was good for a whole interval, so its back-off does not shrink in between.
  const outlier = outlierPlan({ interval: 2000, baseEjectionTime: 1000, maxEjectionPercent: 50, neverEjectAll: true });
  const cluster = { ...base.cluster, outlier };
  inEverySeed({ cluster, answer: flapping }, (report) => {
    assert.equal(report.failed, 0);
    const times = report.events.filter((each) => each.action === 'eject').map((each) => each.until - each.at);
    assert.ok(times.length > 2 && Math.max(...times) >= 3 * (times[0] ?? 0), `out for ${times}`);
  });
});

test('with the limits of plain xDS every request may be retried once, and no endpoint of five is ever ejected', () => {
  const cluster = {
    ...base.cluster,
    limits: { ...unlimited, maxRetries: 1000 },
    outlier: outlierPlan({ maxEjectionPercent: 10 }),
  };
  const retry = retryPlan({ attempts: 1, on: ['5xx'] });
  inEverySeed({ cluster, retry, answer: () => 500 }, (report) => {
    assert.equal(report.attempts, 2 * report.requests);
    assert.equal(report.events.filter((each) => each.enforced).length, 0);
  });
});

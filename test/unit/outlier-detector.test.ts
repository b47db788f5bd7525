import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveEndpoint } from '../../sidecar/cluster/live-endpoint.ts';
import { Detectors } from '../../sidecar/cluster/outlier/detector.ts';
import { OBSERVED, observationOfFailure, observationOfStatus } from '../../sidecar/cluster/outlier/observation.ts';
import { FAILURE } from '../../sidecar/core/outcome.ts';
import type { OutlierPlan } from '../../sidecar/core/plan/cluster.ts';
import { pageBytes, ROW, SlotTable } from '../../sidecar/core/slots.ts';
import { outlierPlan } from '../support/cluster.ts';

/** Two workers' views of one endpoint, and what they report. */
function twoWorkers(plan: OutlierPlan | null) {
  const page = new SharedArrayBuffer(pageBytes(2));
  const reports: string[] = [];
  const endpoints = [0, 1].map((worker) => {
    const table = new SlotTable(2, worker);
    table.addPage(page);
    const detectors = new Detectors(plan, (slot, detector) => reports.push(`${worker}: ${slot} ${detector}`));
    return new LiveEndpoint('10.0.0.1', 80, table.slot(7), 7, detectors);
  });
  return { endpoints, reports };
}

/** Feeds statuses or failures, from both workers in turn. */
function observe(endpoints: readonly LiveEndpoint[], what: readonly (number | keyof typeof FAILURE)[]): void {
  what.forEach((each, index) => {
    const observed = typeof each === 'number' ? observationOfStatus(each) : observationOfFailure(FAILURE[each]);
    endpoints[index % endpoints.length]?.observed(observed, 1);
  });
}

const cases: readonly [string, Partial<OutlierPlan>, (number | keyof typeof FAILURE)[], string[]][] = [
  ['fewer than the threshold', {}, [500, 500, 500, 500], []],
  ['five in a row over both workers', {}, [500, 500, 500, 500, 500], ['0: 7 consecutive_5xx']],
  ['a success in between starts anew', {}, [500, 500, 500, 500, 404, 500, 500, 500, 500], []],
  ['only the failure that reaches the threshold reports', {}, new Array(12).fill(500), ['0: 7 consecutive_5xx']],
  [
    'gateway errors count twice',
    { consecutiveGatewayFailure: 3 },
    [502, 503, 504, 503, 502],
    ['0: 7 consecutive_gateway_failure', '0: 7 consecutive_5xx'],
  ],
  ['another 5xx breaks a row of gateway errors', { consecutiveGatewayFailure: 2 }, [502, 500, 503, 501], []],
  [
    'our own failures count as gateway errors',
    { consecutiveGatewayFailure: 4 },
    ['connect', 'reset', 'connectTimeout', 'perTryTimeout', 'protocol'],
    ['1: 7 consecutive_gateway_failure', '0: 7 consecutive_5xx'],
  ],
  [
    'when split, our own failures have their own count',
    { splitLocalOrigin: true, consecutiveLocalOriginFailure: 3 },
    ['connect', 'reset', 'perTryTimeout', 'connect', 'connect', 'connect'],
    ['0: 7 consecutive_local_origin_failure'],
  ],
  [
    'when split, any answer ends a row of our own failures',
    { splitLocalOrigin: true, consecutiveLocalOriginFailure: 3 },
    ['connect', 'reset', 500, 'connect', 'reset'],
    [],
  ],
  ['what the endpoint has no part in counts for nothing', { consecutive5xx: 1 }, ['overflow', 'noHost'], []],
  ['a threshold of 0 never fires', { consecutive5xx: 0 }, new Array(10).fill(500), []],
];

for (const [name, over, what, expected] of cases) {
  test(`consecutive failures: ${name}`, () => {
    const { endpoints, reports } = twoWorkers(outlierPlan({ consecutiveGatewayFailure: 0, ...over }));
    observe(endpoints, what);
    assert.deepEqual(reports, expected);
  });
}

test('without outlier detection nothing is reported, and failures are still counted', () => {
  const { endpoints, reports } = twoWorkers(null);
  observe(endpoints, new Array(20).fill(500));
  assert.deepEqual(reports, []);
  assert.equal(endpoints[0]?.slot.sum(ROW.failures), 20);
  assert.equal(endpoints[0]?.slot.sum(ROW.latency), 20_000);
});

test('begin and end count what is under way in all workers', () => {
  const { endpoints } = twoWorkers(null);
  const [one, two] = endpoints;
  one?.begin();
  two?.begin();
  two?.begin();
  assert.equal(one?.active(), 3);
  two?.end();
  assert.equal(one?.active(), 2);
  assert.equal(one?.slot.sum(ROW.requests), 3);
});

test('statuses fall into the classes of Envoy', () => {
  const classes = [200, 404, 499, 500, 501, 502, 503, 504, 505].map(observationOfStatus);
  const { success, serverError, gatewayError } = OBSERVED;
  const [ok, error, gateway] = [success, serverError, gatewayError];
  assert.deepEqual(classes, [ok, ok, ok, error, error, gateway, gateway, gateway, error]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../shared/struct/random.ts';
import { loadReportIn } from '../../sidecar/cluster/balancer/load-report.ts';
import { LoadReportMeter, reportedWeights } from '../../sidecar/cluster/balancer/load-report-meter.ts';
import { ReportedWeight } from '../../sidecar/cluster/balancer/reported-weight.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import type { ClientSideWeightsPlan } from '../../sidecar/core/plan/balancer.ts';
import { clusterOf, clusterPlan } from '../support/cluster.ts';

const plan: ClientSideWeightsPlan = {
  kind: 'client-side-weights',
  blackout: 10_000,
  expiration: 180_000,
  update: 1_000,
  errorPenalty: 1,
  reportEvery: 0,
};
const text = (utilization: number, rps: number, eps = 0): HeaderList =>
  HeaderList.of('endpoint-load-metrics', `TEXT cpu_utilization=${utilization},rps_fractional=${rps},eps=${eps}`);

/** An OrcaLoadReport of doubles by field number. */
function binary(fields: Readonly<Record<number, number>>): string {
  const parts = Object.entries(fields).map(([number, value]) => {
    const bytes = Buffer.alloc(9);
    bytes[0] = (Number(number) << 3) | 1;
    bytes.writeDoubleLE(value, 1);
    return bytes;
  });
  // A map entry and a whole number in between, which are of no interest.
  return Buffer.concat([Buffer.from([0x22, 3, 1, 2, 3, 0x18, 0x96, 1]), ...parts]).toString('base64');
}

test('a load report is read in each of its forms', () => {
  const expected = { utilization: 0.5, requestsPerSecond: 100, errorsPerSecond: 2 };
  const json = (names: readonly string[]): string =>
    JSON.stringify({ [names[0] ?? '']: 0.5, [names[1] ?? '']: 100, eps: 2, named_metrics: { a: 1 } });
  const forms: [string, string][] = [
    ['endpoint-load-metrics', 'TEXT cpu_utilization=0.5, rps_fractional=100,eps=2,named_metrics.a=1'],
    ['endpoint-load-metrics', `JSON ${json(['cpu_utilization', 'rps_fractional'])}`],
    ['endpoint-load-metrics', `JSON ${json(['cpuUtilization', 'rpsFractional'])}`],
    ['endpoint-load-metrics', `BIN ${binary({ 1: 0.5, 6: 100, 7: 2 })}`],
    ['endpoint-load-metrics-bin', binary({ 1: 0.5, 6: 100, 7: 2 })],
  ];
  for (const [name, value] of forms) assert.deepEqual(loadReportIn(HeaderList.of(name, value)), expected, value);
  const application = loadReportIn(
    HeaderList.of('endpoint-load-metrics', 'TEXT application_utilization=0.9,cpu_utilization=0.1'),
  );
  assert.equal(application?.utilization, 0.9);
});

test('what is no load report is none', () => {
  for (const value of ['', 'TEXT', 'JSON {', 'JSON null', 'XML <a/>', 'BIN !']) {
    const report = loadReportIn(HeaderList.of('endpoint-load-metrics', value));
    assert.ok(report === null || report.utilization + report.requestsPerSecond === 0, value);
  }
  assert.equal(loadReportIn(HeaderList.of('a', 'b')), null);
});

test('the weight is requests over utilization, errors being counted as utilization', () => {
  const meter = new LoadReportMeter(plan);
  assert.equal(meter.weight(0), 0);
  meter.head(200, text(0.5, 100), 5, 0);
  assert.equal(meter.weight(5_000), 0, 'not in the first 10 s');
  assert.equal(meter.weight(10_000), 200);
  meter.trailers(text(0.5, 100, 50), 11_000);
  assert.equal(meter.weight(11_000), 100);
  meter.head(200, text(0, 100), 5, 12_000);
  meter.head(200, HeaderList.of(), 5, 12_000);
  assert.equal(meter.weight(12_000), 100, 'a report without figures changes nothing');
  assert.equal(meter.weight(11_000 + 180_000), 0, 'old reports expire');
  meter.head(200, text(0.1, 100), 5, 300_000);
  assert.equal(meter.weight(305_000), 0, 'and begin anew');
  assert.equal(meter.weight(310_000), 1_000);
});

test('endpoints without a report get the mean, and all the same until two have one', () => {
  const meters = [0, 1, 2].map(() => new LoadReportMeter({ ...plan, blackout: 0 }));
  meters[0]?.head(200, text(0.5, 100), 1, 0);
  assert.deepEqual(reportedWeights(meters, 1), [1, 1, 1]);
  meters[1]?.head(200, text(0.5, 300), 1, 0);
  assert.deepEqual(reportedWeights(meters, 1), [200, 600, 400]);
});

test('requests follow the reports as they change', () => {
  const clock = { now: 0 };
  const { cluster, endpoints } = clusterOf(
    clusterPlan({ balancer: { ...plan, blackout: 0 } }),
    [1, 1, 1],
    seededRandom(1),
    () => clock.now,
  );
  const shares = (): number[] => {
    const counts = new Map(endpoints.map((each) => [each, 0]));
    for (let pick = 0; pick < 3_000; pick += 1) {
      clock.now += 1;
      const endpoint = cluster.pick(null, 0);
      if (endpoint) counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
    }
    return [...counts.values()].map((each) => each / 3_000);
  };
  for (const share of shares()) assert.ok(Math.abs(share - 1 / 3) < 0.01);
  for (const [utilizations, expected] of [
    [
      [0.2, 0.4, 0.8],
      [4 / 7, 2 / 7, 1 / 7],
    ],
    [
      [0.5, 0.5, 0.25],
      [0.25, 0.25, 0.5],
    ],
  ] as const) {
    endpoints.forEach((each, at) => {
      each.meter?.head(200, text(utilizations[at] ?? 0, 100), 1, clock.now);
    });
    clock.now += 1_000;
    shares().forEach((share, at) => {
      assert.ok(Math.abs(share - (expected[at] ?? 0)) < 0.02, `${at}: ${share}, expected ${expected[at]}`);
    });
  }
});

test('a report of numbers that mean nothing changes nothing', () => {
  const weight = new ReportedWeight({ ...plan, blackout: 0 });
  weight.report({ requestsPerSecond: 100, utilization: 0.5, errorsPerSecond: 0 }, 1);
  const { NaN: none, POSITIVE_INFINITY: infinite } = Number;
  for (const [requestsPerSecond, utilization, errorsPerSecond] of [
    [none, 1, 0],
    [1, none, 0],
    [1, 1, none],
    [infinite, 1, 0],
    [1, infinite, 0],
    [1e300, 1e-300, 0],
    [1e-300, 1e300, 0],
    [-1, 1, 0],
    [-1, -1, 0],
    [1, 0, 0],
  ] as const) {
    weight.report({ requestsPerSecond, utilization, errorsPerSecond }, 2);
    assert.equal(weight.at(2), 200, `${requestsPerSecond} ${utilization} ${errorsPerSecond}`);
  }
});

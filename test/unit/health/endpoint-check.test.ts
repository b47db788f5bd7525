import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type CheckAction, EndpointCheck, type ProbeResult } from '../../../sidecar/cluster/health/endpoint-check.ts';
import type { HealthCheckPlan } from '../../../sidecar/core/plan/health-check.ts';
import { healthCheckPlan } from '../../support/health.ts';

const ok: ProbeResult = { passed: true, degraded: false };
const down: ProbeResult = { passed: false, final: false, network: true, reason: 'no answer' };
const wrong: ProbeResult = { passed: false, final: true, network: false, reason: 'its health check was answered 404' };

const spans = {
  interval: 1000,
  healthyEdgeInterval: 200,
  unhealthyInterval: 3000,
  unhealthyEdgeInterval: 300,
  noTrafficInterval: 60_000,
  noTrafficHealthyInterval: 50_000,
};

/** Plays results and says after each whether the endpoint is healthy and how long the next check waits. */
function play(plan: Partial<HealthCheckPlan>, results: readonly ProbeResult[], traffic = true): [boolean, number][] {
  const check = new EndpointCheck(healthCheckPlan({ ...spans, ...plan }), () => 0);
  return results.map((result) => {
    const actions = check.step({ kind: 'result', result, traffic });
    return [check.healthy, waits(actions)];
  });
}

const waits = (actions: readonly CheckAction[]): number => {
  const last = actions.at(-1);
  return last?.kind === 'wait' ? last.ms : -1;
};

describe('the health check of an endpoint', () => {
  test('begins with a probe at once, or spread over the initial jitter', () => {
    const now = new EndpointCheck(healthCheckPlan(), () => 0.5);
    assert.deepEqual(now.step({ kind: 'start' }), [{ kind: 'probe' }]);
    const later = new EndpointCheck(healthCheckPlan({ initialJitter: 400 }), () => 0.5);
    assert.deepEqual(later.step({ kind: 'start' }), [{ kind: 'wait', ms: 200 }]);
    assert.deepEqual(later.step({ kind: 'due' }), [{ kind: 'probe' }]);
    assert.equal(later.healthy, false);
    assert.equal(later.pending, true);
  });

  const three = { healthyThreshold: 3, unhealthyThreshold: 3 };
  const cases: readonly [string, Partial<HealthCheckPlan>, readonly ProbeResult[], readonly [boolean, number][]][] = [
    ['the first pass is enough', three, [ok], [[true, 1000]]],
    [
      'the first failure is enough',
      three,
      [down, ok],
      [
        [false, 3000],
        [false, 200],
      ],
    ],
    [
      'later it takes as many in a row as the threshold says, at the edge intervals',
      three,
      [ok, down, down, down, ok, ok, ok],
      [
        [true, 1000],
        [true, 300],
        [true, 300],
        [false, 3000],
        [false, 200],
        [false, 200],
        [true, 1000],
      ],
    ],
    [
      'one that says otherwise begins the count anew',
      three,
      [ok, down, down, ok, down, down, down],
      [
        [true, 1000],
        [true, 300],
        [true, 300],
        [true, 1000],
        [true, 300],
        [true, 300],
        [false, 3000],
      ],
    ],
    [
      'an answer that means no is final',
      three,
      [ok, wrong],
      [
        [true, 1000],
        [false, 3000],
      ],
    ],
    [
      'thresholds of one',
      { healthyThreshold: 1, unhealthyThreshold: 1 },
      [ok, down, ok],
      [
        [true, 1000],
        [false, 3000],
        [true, 1000],
      ],
    ],
  ];
  for (const [name, plan, results, expected] of cases) {
    test(name, () => assert.deepEqual(play(plan, results), expected));
  }

  test('is slow while the cluster never had a request', () => {
    assert.deepEqual(play(three, [ok, down, ok], false), [
      [true, 50_000],
      [true, 60_000],
      [true, 50_000],
    ]);
  });

  test('adds both jitters to the interval', () => {
    const plan = healthCheckPlan({ interval: 1000, intervalJitterPercent: 20, intervalJitter: 100 });
    const check = new EndpointCheck(plan, () => 0.5);
    assert.equal(waits(check.step({ kind: 'result', result: ok, traffic: true })), 1000 + 100 + 50);
  });

  test('tells a change once, with the reason, and how often in a row', () => {
    const check = new EndpointCheck(healthCheckPlan(three), () => 0);
    const changes = [ok, ok, down, down, down, down, ok, ok, ok].flatMap((result) =>
      check.step({ kind: 'result', result, traffic: true }).filter((each) => each.kind === 'changed'),
    );
    assert.deepEqual(changes, [
      { kind: 'changed', healthy: true, first: true, reason: 'its first health check passed' },
      { kind: 'changed', healthy: false, first: false, reason: 'no answer, 3 times in a row' },
      { kind: 'changed', healthy: true, first: false, reason: '3 health checks in a row passed' },
    ]);
  });

  test('that says itself that it is not well is not, until it has passed as often as the threshold asks for', () => {
    const check = new EndpointCheck(healthCheckPlan(three), () => 0);
    assert.deepEqual(check.step({ kind: 'sick' }), [], 'nothing is known of it anyway');
    check.step({ kind: 'result', result: ok, traffic: true });
    const [change] = check.step({ kind: 'sick' });
    assert.deepEqual(change, {
      kind: 'changed',
      healthy: false,
      first: false,
      reason: 'it says that its health check fails',
    });
    const healthy = [ok, ok, ok].map((result) => {
      check.step({ kind: 'result', result, traffic: true });
      return check.healthy;
    });
    assert.deepEqual(healthy, [false, false, true]);
  });

  test('that is presumed well is judged by its first result all the same', () => {
    for (const result of [ok, down]) {
      const check = new EndpointCheck(healthCheckPlan(three), () => 0, true);
      assert.equal(check.healthy, true);
      const [change] = check.step({ kind: 'result', result, traffic: true });
      assert.equal(change?.kind === 'changed' && change.healthy, result.passed);
      assert.equal(check.healthy, result.passed);
    }
  });

  test('always waits for one more check, and changes only when results in a row say so', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(ok, down), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (results, healthyThreshold, unhealthyThreshold) => {
          const check = new EndpointCheck(healthCheckPlan({ healthyThreshold, unhealthyThreshold }), () => 0);
          let expected = false;
          results.forEach((result, index) => {
            const actions = check.step({ kind: 'result', result, traffic: true });
            assert.equal(actions.at(-1)?.kind, 'wait');
            const threshold = result.passed ? healthyThreshold : unhealthyThreshold;
            const recent = results.slice(Math.max(0, index + 1 - threshold), index + 1);
            if (index === 0 || (recent.length === threshold && recent.every((each) => each.passed === result.passed))) {
              expected = result.passed;
            }
            assert.equal(check.healthy, expected);
          });
        },
      ),
    );
  });
});

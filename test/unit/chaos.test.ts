import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  attempts,
  duplicates,
  failedRequests,
  failures,
  p99,
  recovery,
  repetition,
  shareOfFirst,
} from '../chaos/ground/measures.ts';
import type { Run, Scenario } from '../chaos/ground/scenario.ts';
import { scenarioTable, summaryTable } from '../chaos/ground/table.ts';
import { judge } from '../chaos/ground/verdict.ts';
import type { Outcome, Sample } from '../programs/chaos-client.ts';

const sample = (due: number, took: number, outcome: Outcome = 'good'): Sample => ({ due, took, outcome, status: 200 });
const long = { short: false, rate: 200 };

function run(over: Partial<Run> = {}): Run {
  return { proxy: 'aya', samples: [], backends: [], marks: {}, kills: false, ...over };
}

test('a response that a kill cut off after its head is not held against the proxy, and any other is', () => {
  const samples = [sample(0, 5), sample(1, 5, 'truncated'), sample(2, 5, 'reset')];
  assert.equal(failures(run({ samples })), 2);
  assert.equal(failures(run({ samples, kills: true })), 1);
});

test('p99 is back when no later window is slow', () => {
  const samples = Array.from({ length: 1_000 }, (_, at) => sample(at * 5, at * 5 >= 1_000 && at * 5 < 2_200 ? 300 : 6));
  const marks = { fault: 1_000, over: 4_000 };
  assert.equal(recovery(2).of(run({ samples, marks })), 1.5);
  assert.equal(recovery(2).of(run({ samples, marks: { fault: 2_500, over: 4_000 } })), 0);
});

test('attempts, duplicates and shares are counted at the backends, by id', () => {
  const backends = [
    { requests: 3, ids: ['1', '2', '2'] },
    { requests: 2, ids: ['1', '3'] },
  ];
  const counted = run({ backends, samples: [sample(0, 1), sample(1, 1), sample(2, 1), sample(3, 1)] });
  assert.equal(attempts(1.2).of(counted), 5 / 4);
  assert.equal(repetition.of(counted), 5 / 3);
  assert.equal(duplicates.of(counted), 2);
  assert.equal(shareOfFirst(20).of(counted), 60);
});

test('a goal is held against Aya alone, a margin against HAProxy, and few requests compare no latencies', () => {
  const scenario: Scenario = {
    name: 'one',
    words: 'something',
    happen: () => Promise.resolve(),
    measures: [failedRequests(0), p99],
  };
  const aya = run({ samples: [sample(0, 50), sample(1, 50, 'reset')] });
  const haproxy = run({ proxy: 'haproxy', samples: [sample(0, 5), sample(1, 5)] });
  const found = judge(scenario, [aya, haproxy], long).map(({ holds, words }) => [words, holds]);
  assert.deepEqual(found, [
    ['failed 1, goal 0', false],
    ["failed 1, haproxy's 0", true],
    ["p99 ms 50.0, haproxy's 5.0", false],
  ]);
  assert.equal(judge(scenario, [aya, haproxy], { ...long, short: true }).length, 2);
  assert.equal(judge(scenario, [aya], long).length, 1);
  assert.deepEqual(judge(scenario, [haproxy], long), []);
  const verdicts = judge(scenario, [aya, haproxy], long);
  assert.match(scenarioTable(scenario, [aya, haproxy], verdicts), /aya +2 +1 +50\.0 +50\.0 +50\.0 +reset x 1/);
  const summary = summaryTable([{ scenario, runs: [aya, haproxy], verdicts }], ['aya', 'haproxy']);
  assert.match(summary, /one +failed +1 +0 +<= 0 +2 MISSED/);
});

import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { usageOf } from '../bench/cpu.ts';
import { median, type Round, summarise, tableOf } from '../bench/report.ts';
import { headBytes, shapes } from '../bench/shape.ts';

const round = (name: string, cpuPerRequest: number): Round => ({
  name,
  shape: 'bare',
  cpuPerRequest,
  perSecond: 1e6 / cpuPerRequest,
  p50: 1,
  p99: 2,
  utilisation: 1,
});

test('the median of an even count is the middle between the two in the middle', () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('a ratio is one of medians within the same shape', () => {
  const rounds = [
    round('nginx', 10),
    round('aya', 18),
    round('nginx', 12),
    round('aya', 15),
    round('nginx', 50),
    round('aya', 15),
  ];
  const rows = summarise([...rounds, { ...round('nginx', 99), shape: 'browser' }]);
  const aya = rows.find(({ name }) => name === 'aya');
  assert.equal(aya?.cpuPerRequest, 15);
  assert.deepEqual(aya?.spread, [15, 18]);
  assert.deepEqual(aya?.ratio, { nginx: 1.25 });
  assert.match(tableOf(rows), /aya +15\.0 +15\.0-18\.0 +1\.25x/);
});

test('CPU time and peak memory of a process tree are read from /proc', { skip: process.platform !== 'linux' }, () => {
  const { cpu, peakMemory } = usageOf(process.pid);
  assert.ok(cpu > 0 && cpu < 600);
  assert.ok(peakMemory > 20 * 2 ** 20);
});

test("the browser's request has 14 headers in about 700 bytes, its response 8", () => {
  const browser = shapes.find(({ name }) => name === 'browser');
  assert.ok(browser);
  assert.equal(Object.keys(browser.requestHeaders).length + 1, 14);
  // nginx adds Server, Date, Content-Type and Content-Length.
  assert.equal(Object.keys(browser.responseHeaders).length + 4, 8);
  const bytes = headBytes(browser, '127.0.0.1:10000');
  assert.ok(bytes > 650 && bytes < 750, `${bytes} bytes`);
});

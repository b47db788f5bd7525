import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import process from 'node:process';
import { test } from 'node:test';
import { usageOf } from '../bench/cpu.ts';
import { openLoop } from '../bench/open-loop.ts';
import { percentile } from '../bench/percentile.ts';
import { figureOf, judge, median, type Result } from '../bench/result.ts';
import { requestOf, shapes } from '../bench/shape.ts';
import { detailsOf, summaryOf } from '../bench/table.ts';

const figure = (name: string, ...values: number[]) =>
  figureOf(
    name,
    values.map((value) => ({ value, also: { 'p50 ms': value / 10 } })),
  );

const result: Result = {
  row: 'get',
  work: 'GET',
  unit: 'CPU us/request',
  figures: [figure('nginx', 10, 12, 50), figure('aya', 18, 15, 15)],
  bounds: [
    { of: 'aya', against: 'nginx', floor: 1.35, goal: 1 },
    { of: 'aya', against: 'envoy', goal: 0.5 },
  ],
  notes: ['bare'],
};

test('the median of an even count is the middle between the two in the middle', () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('a ratio is one of medians, and a bound against who did not run is left out', () => {
  const [verdict, ...others] = judge(result);
  assert.deepEqual(others, []);
  assert.equal(verdict?.value, 1.25);
  assert.equal(verdict?.floorHolds, true);
  assert.equal(verdict?.goalHolds, false);
});

test('a bound in the unit itself needs nobody else', () => {
  const [verdict] = judge({ ...result, bounds: [{ of: 'aya', floor: 8, goal: 20 }] });
  assert.equal(verdict?.value, 15);
  assert.equal(verdict?.floorHolds, false);
  assert.equal(verdict?.goalHolds, true);
});

test('the tables say who needed how much, and what holds', () => {
  assert.match(detailsOf(result), /aya +15\.0 +15\.0-18\.0 +1\.50\n {2}bare/);
  assert.match(summaryOf([result]), /GET +CPU us\/request +15\.0 +12\.0 +1\.25 x nginx +1\.35 holds +1 MISSES/);
});

test('CPU time and memory of a process tree are read from /proc', { skip: process.platform !== 'linux' }, () => {
  const { cpu, memory, peakMemory } = usageOf(process.pid);
  assert.ok(cpu > 0 && cpu < 600);
  assert.ok(memory > 20 * 2 ** 20 && peakMemory >= memory);
});

test("the browser's request has 14 headers in about 700 bytes, its response 8", () => {
  const browser = shapes.find(({ name }) => name === 'browser');
  assert.ok(browser);
  assert.equal(Object.keys(browser.requestHeaders).length + 1, 14);
  // nginx adds Server, Date, Content-Type and Content-Length.
  assert.equal(Object.keys(browser.responseHeaders).length + 4, 8);
  const bytes = requestOf(browser, '127.0.0.1:10000').length;
  assert.ok(bytes > 650 && bytes < 750, `${bytes} bytes`);
});

test('a percentile is the value that so many do not exceed', () => {
  const sorted = Float64Array.from({ length: 200 }, (_, at) => at + 1);
  assert.equal(percentile(sorted, 50), 100);
  assert.equal(percentile(sorted, 99), 198);
  assert.equal(percentile(sorted, 100), 200);
});

test('an open loop charges a server that stands still for all who would have come meanwhile', async () => {
  // Answers at once, but for 300 ms in the middle of a second. A closed loop over 4 connections would see 4 slow answers.
  const started = performance.now();
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const count = chunk.toString().split('\r\n\r\n').length - 1;
      const at = performance.now() - started;
      const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'.repeat(count);
      setTimeout(() => socket.write(answer), at > 300 && at < 600 ? 600 - at : 0);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as net.AddressInfo;
  try {
    const request = 'GET / HTTP/1.1\r\nhost: test\r\n\r\n';
    const { requests, p50, p90, max } = await openLoop({ port, request, rate: 400, seconds: 1, connections: 4 });
    assert.equal(requests, 400);
    // 300 ms out of 1,000 waited, half of them more than 150 ms.
    assert.ok(p90 > 100, `p90 ${p90}`);
    assert.ok(max > 250, `max ${max}`);
    assert.ok(p50 < 150, `p50 ${p50}`);
  } finally {
    server.close();
  }
});

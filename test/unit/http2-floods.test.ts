import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { ClientBench } from '../support/http2/client-bench.ts';
import {
  data,
  frame,
  GET,
  get,
  headers,
  literals,
  PADDED,
  POST,
  ping,
  rst,
  settings,
  TYPE,
  windowUpdate,
} from '../support/http2/frames.ts';
import { ServerBench } from '../support/http2/server-bench.ts';

const CALM = 11;

/** Sends what `next` makes until the connection ends; returns how many were taken, at most `most`. */
function flood(bench: ServerBench, most: number, next: (at: number) => Buffer): number {
  for (let at = 0; at < most; at += 1) {
    bench.receive(next(at));
    if (bench.wire.over) return at;
    if (at % 256 === 0) bench.wire.output = '';
  }
  return most;
}
const id = (at: number): number => at * 2 + 1;

test('CVE-2023-44487: streams opened and reset end the connection after some hundreds', () => {
  const bench = new ServerBench();
  const taken = flood(bench, 100_000, (at) => Buffer.concat([get(id(at)), rst(id(at), 8)]));
  assert.ok(taken >= 100 && taken <= 1000, `${taken}`);
  assert.equal(bench.brokenBy, CALM);
  assert.deepEqual(bench.protocolErrors, ['too many streams opened and reset']);
  assert.equal(bench.session.idle, true);
});

test('a client that is served may also cancel: as many as were answered, and some more', () => {
  const bench = new ServerBench({}, {}, true, (seen) => {
    if (seen.x.path === '/') seen.answer();
  });
  const slow = GET.map((each) => (each === '/' ? '/slow' : each));
  const taken = flood(bench, 5000, (at) =>
    Buffer.concat([get(id(2 * at)), headers(id(2 * at + 1), 1, ...slow), rst(id(2 * at + 1), 8)]),
  );
  assert.equal(taken, 5000);
});

test('and who cancels some streams every second may do so for ever', () => {
  const bench = new ServerBench();
  const taken = flood(bench, 5000, (at) => {
    bench.clock.advance(100);
    return Buffer.concat([get(id(at)), rst(id(at), 8)]);
  });
  assert.equal(taken, 5000);
});

test('CVE-2025-8671: resets that the client provokes by breaking the rules count the same', () => {
  for (const provoke of [
    (at: number) => Buffer.concat([get(id(at)), windowUpdate(id(at), 0)]),
    (at: number) => Buffer.concat([get(id(at)), windowUpdate(id(at), 0x7fffffff)]),
    (at: number) => Buffer.concat([get(id(at)), data(id(at), 'x')]),
    (at: number) => Buffer.concat([get(id(at)), get(id(at))]),
    (at: number) => Buffer.concat([get(id(at)), frame(TYPE.PRIORITY, 0, id(at), 'abc')]),
    (at: number) => Buffer.concat([headers(id(at), 0, ...POST, 'content-length', '1'), data(id(at), 'xy')]),
    (at: number) => headers(id(at), 1, 'x', 'y'),
  ]) {
    const bench = new ServerBench();
    const taken = flood(bench, 10_000, provoke);
    assert.ok(taken >= 50 && taken <= 200, `${taken}`);
    assert.equal(bench.brokenBy, CALM);
  }
});

test('CVE-2024-27316: a header block without end is never held beyond the limit of a head', () => {
  const bench = new ServerBench();
  bench.receive(frame(TYPE.HEADERS, 1, 1, literals(...GET)));
  const before = process.memoryUsage();
  const piece = frame(TYPE.CONTINUATION, 0, 1, Buffer.alloc(16_384, 'x'));
  const taken = flood(bench, 4096, () => piece);
  assert.ok(taken < 5);
  const after = process.memoryUsage();
  assert.ok(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed < 8e6);
  assert.equal(bench.brokenBy, CALM);
});

test('CVE-2024-27316: nor may it come in frames without number, however empty', () => {
  for (const piece of ['', 'x']) {
    const bench = new ServerBench();
    bench.receive(frame(TYPE.HEADERS, 1, 1, literals(...GET)));
    const taken = flood(bench, 10_000, () => frame(TYPE.CONTINUATION, 0, 1, piece));
    assert.ok(taken < 200, `${taken}`);
    assert.equal(bench.brokenBy, CALM);
  }
});

test('HPACK bomb: a small block that stands for a large list is refused, and costs no memory', () => {
  const bench = new ServerBench();
  const value = 'v'.repeat(3900);
  bench.receive(get(1));
  const entry = Buffer.concat([Buffer.from([0x40]), literals('x', value).subarray(1)]);
  const block = Buffer.concat([literals(...GET), entry, Buffer.alloc(12_000, 0xbe)]);
  const before = process.memoryUsage();
  for (let at = 1; at < 20; at += 1) bench.receive(frame(TYPE.HEADERS, 5, id(at), block));
  const after = process.memoryUsage();
  assert.ok(after.heapUsed - before.heapUsed < 20e6);
  assert.equal(bench.seen.length, 1);
  assert.equal(bench.refusals.filter(([status]) => status === 431).length, 19);
});

for (const [what, most, make] of [
  ['SETTINGS', 1000, () => settings(4, 70_000)],
  ['SETTINGS that change windows to and fro', 1000, (at: number) => settings(4, at % 2 === 0 ? 1 : 70_000)],
  ['PING', 20_000, () => ping()],
  ['PRIORITY', 2000, () => frame(TYPE.PRIORITY, 0, 7, '\0\0\0\0\x10')],
  ['frames of unknown types', 2000, () => frame(0xee, 0, 0)],
  ['WINDOW_UPDATE', 20_000, () => windowUpdate(0, 1)],
  ['RST_STREAM for a stream that is gone', 3000, () => rst(1, 8)],
  ['DATA for a stream that is gone', 3000, () => data(1, '')],
  ['HEADERS for a stream that was reset', 3000, () => headers(1, 1, 'x', 'y')],
] as [string, number, (at: number) => Buffer][]) {
  test(`a flood of ${what} ends the connection`, () => {
    const bench = new ServerBench();
    bench.receive(get(1), rst(1, 8));
    const taken = flood(bench, 100_000, make);
    assert.ok(taken >= 20 && taken <= most, `${taken}`);
    assert.equal(bench.brokenBy, CALM);
  });
}

test('a flood of DATA without data ends the connection, padded or not', () => {
  for (const empty of [data(1, ''), frame(TYPE.DATA, PADDED, 1, '\0')]) {
    const bench = new ServerBench();
    bench.receive(headers(1, 0, ...POST));
    const taken = flood(bench, 100_000, () => empty);
    assert.ok(taken >= 500 && taken <= 2000, `${taken}`);
    assert.equal(bench.brokenBy, CALM);
  }
});

test('a client that works may ping and open windows as gRPC does', () => {
  const bench = new ServerBench({}, {}, true);
  bench.receive(headers(1, 0, ...POST));
  const taken = flood(bench, 30_000, () =>
    Buffer.concat([data(1, 'message'), ping(), windowUpdate(0, 7), windowUpdate(1, 7)]),
  );
  assert.equal(taken, 30_000);
});

test('more streams than announced are refused, and a client that does not stop is left', () => {
  const bench = new ServerBench({}, { maxConcurrentStreams: 10 });
  const taken = flood(bench, 100_000, (at) => get(id(at)));
  assert.ok(taken >= 1000 && taken <= 10_000, `${taken}`);
  assert.equal(bench.seen.length, 10);
  assert.equal(bench.brokenBy, CALM);
});

test('a client that reads nothing does not make answers to PING pile up', () => {
  const bench = new ServerBench();
  bench.wire.backedUp = true;
  let sent = 0;
  while (!bench.wire.paused && sent < 20_000) {
    bench.receive(ping());
    sent += 1;
  }
  assert.equal(bench.wire.paused, true);
  assert.ok(bench.wire.output.length < 100_000);
});

test('zero window: a stream that waits for a client is given up in time, also when drops are let through', () => {
  const bench = new ServerBench({}, { stallTimeout: 10_000 });
  bench.receive(settings(4, 0), get(1), get(3));
  for (const { x } of bench.seen) {
    x.stream.respond(200, HeaderList.of(), -1);
    assert.equal(x.stream.write(Buffer.alloc(1000)), false);
  }
  for (let second = 0; second < 13; second += 1) {
    bench.clock.advance(1000);
    if (bench.session.open) bench.receive(windowUpdate(3, 1));
  }
  assert.deepEqual(
    bench.seen.map(({ aborted }) => aborted),
    ['timeout', 'timeout'],
  );
  assert.deepEqual(
    bench.said().filter((each) => each.startsWith('RST')),
    ['RST_STREAM 1 8', 'RST_STREAM 3 8'],
  );
  assert.equal(bench.session.open, true);
});

test('upstream: informational responses without end end the connection', () => {
  const bench = new ClientBench();
  const got = bench.request();
  let taken = 0;
  while (bench.session.open && taken < 10_000) {
    bench.receive(headers(1, 0, ':status', '103'));
    taken += 1;
  }
  assert.ok(taken < 2000);
  assert.equal(got.failure?.kind, 'reset');
});

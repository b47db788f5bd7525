import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { answerOk, Recorder, ServerBench } from '../support/http1-observed.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const nothing = (): void => {};

test('an idle connection closes without a word, counted from the last response', () => {
  const bench = new ServerBench(new Recorder(), { idleTimeout: 1000 });
  bench.clock.advance(900);
  bench.receive(GET);
  bench.wire.output = '';
  bench.clock.advance(900);
  assert.ok(!bench.wire.closed);
  bench.clock.advance(120);
  assert.ok(bench.wire.closed);
  assert.equal(bench.wire.output, '');
  assert.deepEqual(bench.refused, []);
  assert.equal(bench.wheel.running, 0);
});

test('a head that comes too slowly is answered with 408, however many bytes came', () => {
  const bench = new ServerBench(new Recorder(), { headersTimeout: 1000 });
  bench.clock.advance(5000);
  for (const byte of GET.slice(0, 20)) {
    bench.receive(byte);
    bench.clock.advance(60);
  }
  assert.match(bench.wire.output, /^HTTP\/1\.1 408 /);
  assert.deepEqual(bench.refused, ['408 the request head did not arrive in time']);
});

test('a request body that comes too slowly is answered with 408 and aborted', () => {
  const recorder = new Recorder();
  const bench = new ServerBench(recorder, { requestTimeout: 1000, headersTimeout: 0 });
  bench.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n');
  bench.clock.advance(900);
  bench.receive('x');
  bench.clock.advance(120);
  assert.match(bench.wire.output, /^HTTP\/1\.1 408 /);
  assert.equal(recorder.seen[0]?.end, 'timeout');
  assert.equal(recorder.exchanges[0]?.status, 408);
});

test('an exchange in which nothing moves is answered with 504; one that moves goes on', () => {
  const recorder = new Recorder(nothing);
  const bench = new ServerBench(recorder, { streamIdleTimeout: 1000 });
  bench.receive(GET);
  bench.clock.advance(1020);
  assert.match(bench.wire.output, /^HTTP\/1\.1 504 /);
  assert.equal(recorder.seen[0]?.end, 'timeout');

  const moving = new ServerBench(recorder, { streamIdleTimeout: 1000 });
  moving.receive(GET);
  const { stream } = recorder.exchanges[1] as (typeof recorder.exchanges)[0];
  stream.respond(200, HeaderList.of(), -1);
  for (let step = 0; step < 5; step += 1) {
    moving.clock.advance(900);
    stream.write(Buffer.from('x'));
  }
  assert.equal(recorder.seen[1]?.end, 'whole');
  moving.clock.advance(1020);
  assert.equal(recorder.seen[1]?.end, 'timeout');
  assert.equal(moving.wire.destroyed, 'fin');
});

test('a handler may give its exchange another idle timeout', () => {
  const recorder = new Recorder(nothing);
  const bench = new ServerBench(recorder, { streamIdleTimeout: 1000 });
  for (const [ms, end] of [
    [0, 'whole'],
    [500, 'timeout'],
  ] as const) {
    bench.receive(GET);
    const x = recorder.exchanges.at(-1) as (typeof recorder.exchanges)[0];
    x.stream.idleTimeout(ms);
    bench.clock.advance(ms === 0 ? 10_000 : 520);
    assert.equal(recorder.seen.at(-1)?.end, end);
    if (ms === 0) answerOk(x);
  }
});

test('FIN right behind a request is no hurry: the response is waited for as without it', () => {
  const recorder = new Recorder(nothing);
  const bench = new ServerBench(recorder, { streamIdleTimeout: 60_000 });
  bench.receive(GET);
  bench.clock.advance(150);
  bench.within(() => bench.wire.fin());
  bench.clock.advance(59_800);
  assert.equal(recorder.seen[0]?.end, 'whole');
  bench.clock.advance(100);
  assert.equal(recorder.seen[0]?.end, 'timeout');
});

test('FIN out of a silence is a client that gave up, unless more of its requests wait', () => {
  for (const [sent, end] of [
    [GET, 'reset'],
    [GET + GET, 'whole'],
  ] as const) {
    const recorder = new Recorder(nothing);
    const bench = new ServerBench(recorder);
    bench.receive(sent);
    bench.clock.advance(250);
    bench.within(() => bench.wire.fin());
    assert.equal(recorder.seen[0]?.end, end);
    assert.equal(bench.wire.destroyed, end === 'reset' ? 'fin' : 'no');
  }
});

test('the rest of a request that never comes after an early response ends the connection', () => {
  const recorder = new Recorder(nothing);
  const bench = new ServerBench(recorder);
  bench.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx');
  answerOk(recorder.exchanges[0] as (typeof recorder.exchanges)[0]);
  assert.ok(!bench.wire.closed);
  bench.clock.advance(5020);
  assert.ok(bench.wire.closed);
});

test('a connection that is old enough closes when idle, else with its next response', () => {
  const recorder = new Recorder(nothing);
  const idle = new ServerBench(recorder, { maxConnectionDuration: 1000 });
  idle.clock.advance(1020);
  assert.ok(idle.wire.closed);

  const busy = new ServerBench(recorder, { maxConnectionDuration: 1000 });
  busy.receive(GET);
  busy.clock.advance(1020);
  assert.ok(!busy.wire.closed);
  answerOk(recorder.exchanges[0] as (typeof recorder.exchanges)[0]);
  assert.match(busy.wire.output, /connection: close/);
  assert.ok(busy.wire.closed);
});

test('without timeouts nothing runs', () => {
  const bench = new ServerBench(new Recorder(), { headersTimeout: 0, streamIdleTimeout: 0, idleTimeout: 0 });
  bench.receive(`${GET}GET / HT`);
  assert.equal(bench.wheel.running, 0);
});

test('a client that sends on and on but never reads does not keep its response alive', () => {
  const recorder = new Recorder(nothing);
  const bench = new ServerBench(recorder, { streamIdleTimeout: 1000 });
  bench.receive(GET);
  recorder.exchanges[0]?.stream.respond(200, HeaderList.of(), -1);
  bench.wire.backedUp = true;
  for (let step = 0; step < 12; step += 1) {
    bench.clock.advance(90);
    bench.receive('\r\n');
  }
  assert.equal(recorder.seen[0]?.end, 'timeout');
  assert.ok(bench.wire.over);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientSession } from '../../sidecar/codec/http1/client-session.ts';
import type { AttemptSink } from '../../sidecar/core/exchange.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { FakeWire } from '../support/fake-wire.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A client session in memory; what reaches its owner and its sinks stands in `events`, in order. */
class ClientBench {
  readonly wire = new FakeWire();
  readonly events: string[] = [];
  takes = true;
  onIdle: () => void = () => {};
  readonly session = new ClientSession(this.wire, {
    onIdle: () => {
      this.events.push('idle');
      this.onIdle();
    },
    onGone: () => this.events.push('gone'),
  });

  sink(name = ''): AttemptSink {
    const note = (event: string): void => {
      this.events.push(name + event);
    };
    return {
      onInform: (status) => note(`inform ${status}`),
      onStart: (status, _headers, length) => note(`start ${status} ${length}`),
      onData: (chunk) => {
        note(`data ${Buffer.from(chunk).toString('latin1')}`);
        return this.takes;
      },
      onEnd: () => note('end'),
      onFailure: (failure) => note(`failure ${failure.kind}`),
      onDrain: () => note('drain'),
    };
  }

  start(method: string, length: number, headers = HeaderList.of(), name = ''): void {
    this.session.start(method, 'svc:80', '/p?q', headers, length, this.sink(name));
  }
}

test('a request without a body is its head: Host first, then the headers', () => {
  const bench = new ClientBench();
  bench.start('GET', 0, HeaderList.of('x-a', '1', 'B', '2'));
  assert.equal(bench.wire.output, 'GET /p?q HTTP/1.1\r\nHost: svc:80\r\nx-a: 1\r\nB: 2\r\n\r\n');
  bench.wire.receive(OK);
  assert.deepEqual(bench.events, ['start 200 2', 'data ok', 'idle', 'end']);
});

test('a method that anticipates content says when there is none', () => {
  const bench = new ClientBench();
  bench.start('POST', 0);
  assert.match(bench.wire.output, /\r\ncontent-length: 0\r\n\r\n$/);
});

test('TE is named in Connection', () => {
  const bench = new ClientBench();
  const headers = HeaderList.of('te', 'trailers');
  headers.known |= 1 << 7;
  bench.start('GET', 0, headers);
  assert.match(bench.wire.output, /\r\nte: trailers\r\nconnection: te\r\n\r\n$/);
});

test('a counted and a chunked body, with trailers', () => {
  const counted = new ClientBench();
  counted.start('POST', 4);
  counted.session.write(Buffer.from('bo'));
  counted.session.write(Buffer.from('dy'));
  counted.session.end(null);
  assert.match(counted.wire.output, /\r\ncontent-length: 4\r\n\r\nbody$/);

  const chunked = new ClientBench();
  chunked.start('POST', -1);
  chunked.session.write(Buffer.alloc(0));
  chunked.session.write(Buffer.alloc(17, 'x'));
  chunked.session.end(HeaderList.of('x-sum', '1'));
  assert.match(chunked.wire.output, /\r\ntransfer-encoding: chunked\r\n\r\n11\r\nx{17}\r\n0\r\nx-sum: 1\r\n\r\n$/);
});

test('more than was announced is never sent, and less ends the connection', () => {
  const more = new ClientBench();
  more.start('POST', 2);
  more.session.write(Buffer.from('abc'));
  assert.ok(!more.wire.output.includes('abc'));
  assert.deepEqual(more.events, ['gone', 'failure reset']);

  const less = new ClientBench();
  less.start('POST', 2);
  less.session.write(Buffer.from('a'));
  less.session.end(null);
  assert.deepEqual(less.events, ['gone', 'failure reset']);
  assert.equal(less.wire.destroyed, 'fin');
});

test('written counts the bytes of the request under way', () => {
  const bench = new ClientBench();
  bench.start('GET', 0);
  const once = bench.session.written;
  assert.equal(once, bench.wire.output.length);
  bench.wire.receive(OK);
  bench.start('GET', 0);
  assert.equal(bench.session.written, once);
});

test('a sink that says false stops the reading; the next request is read again', () => {
  const bench = new ClientBench();
  bench.takes = false;
  bench.start('GET', 0);
  bench.wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no');
  assert.ok(bench.wire.paused);
  bench.session.resume();
  assert.ok(!bench.wire.paused);
  bench.wire.receive('k');
  assert.ok(!bench.wire.paused, 'an idle connection is read, to see it close');
});

test('a slow upstream makes write say false, and drains', () => {
  const bench = new ClientBench();
  bench.start('POST', -1);
  bench.wire.backedUp = true;
  assert.equal(bench.session.write(Buffer.from('x')), false);
  bench.wire.drain();
  bench.session.end(null);
  bench.wire.drain();
  assert.deepEqual(bench.events, ['drain']);
});

test('cancel closes the connection, and nothing more is heard of it', () => {
  const bench = new ClientBench();
  bench.start('GET', 0);
  bench.wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no');
  bench.session.cancel();
  bench.session.cancel();
  bench.wire.gone('ECONNRESET');
  assert.equal(bench.wire.destroyed, 'rst');
  assert.deepEqual(bench.events, ['start 200 2', 'data o', 'gone']);
});

test('cancel from within a callback ends the parsing there', () => {
  const bench = new ClientBench();
  const sink: AttemptSink = { ...bench.sink(), onStart: () => bench.session.cancel() };
  bench.session.start('GET', 'a', '/', HeaderList.of(), 0, sink);
  bench.wire.receive(OK);
  assert.deepEqual(bench.events, ['gone']);
});

test('an early response is whole, but the connection with half a request on it is not used again', () => {
  const bench = new ClientBench();
  bench.start('POST', 100);
  bench.session.write(Buffer.from('x'));
  bench.wire.receive('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n');
  bench.session.write(Buffer.from('late'));
  assert.deepEqual(bench.events, ['start 413 0', 'gone', 'end']);
  assert.ok(!bench.wire.output.includes('late'));
});

test('bytes that no request asked for end an idle connection', () => {
  for (const bytes of ['\r\n', OK, 'x']) {
    const bench = new ClientBench();
    bench.wire.receive(bytes);
    assert.deepEqual(bench.events, ['gone']);
  }
});

test('a second answer is never taken for the answer to the request that is sent next', () => {
  const bench = new ClientBench();
  bench.onIdle = () => bench.start('GET', 0, HeaderList.of(), 'second ');
  bench.start('GET', 0);
  bench.wire.receive(OK + OK);
  assert.deepEqual(bench.events, ['start 200 2', 'data ok', 'gone', 'end']);
});

test('the pool may lease the connection again before the first sink hears of its end', () => {
  const bench = new ClientBench();
  bench.onIdle = () => {
    bench.onIdle = () => {};
    bench.start('GET', 0, HeaderList.of(), 'second ');
  };
  bench.start('GET', 0);
  bench.wire.receive(OK);
  bench.wire.receive(OK);
  assert.deepEqual(bench.events, [
    'start 200 2',
    'data ok',
    'idle',
    'end',
    'second start 200 2',
    'second data ok',
    'idle',
    'second end',
  ]);
});

test('a connection that closes while idle is gone, and a request on it fails with nothing written', () => {
  const bench = new ClientBench();
  bench.wire.fin();
  bench.start('GET', 0);
  assert.deepEqual(bench.events, ['gone', 'failure reset']);
  assert.equal(bench.session.written, 0);
});

test('a reset in a body until close is a failure, not its end', () => {
  const bench = new ClientBench();
  bench.start('GET', 0);
  bench.wire.receive('HTTP/1.1 200 OK\r\n\r\nhalf');
  bench.wire.gone('ECONNRESET');
  assert.deepEqual(bench.events, ['start 200 -1', 'data half', 'gone', 'failure reset']);
});

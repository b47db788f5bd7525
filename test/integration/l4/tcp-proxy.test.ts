import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { type Backend, deafPort, rawBackend } from '../../support/backend.ts';
import { accessLogFile, bootstrap, cluster, limits, temporaryFile } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { RawClient } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';
import { listenerOf, tcpChain } from '../../support/tcp-listener.ts';

const proxied = (backends: readonly (Backend | number)[], over = {}, clusterOver = {}) =>
  bootstrap(
    [listenerOf([tcpChain('db', over)])],
    [
      cluster(
        'db',
        backends.map((each) => (typeof each === 'number' ? each : each.port)),
        clusterOver,
      ),
    ],
  );

/** Sends back what comes, FIN included. */
const echo = (socket: net.Socket): void => {
  socket.pipe(socket);
};

test('bytes go both ways, and are counted', async (t) => {
  const backend = await rawBackend(t, echo);
  const sidecar = await startSidecar(t, proxied([backend]));
  const client = await RawClient.connect(sidecar.port());
  client.write('hello\0\xff world');
  assert.equal(await client.sees('world'), 'hello\0\xff world');
  assert.equal(await sidecar.stat('tcp.tcp.downstream_cx_active'), 1);
  assert.equal(await sidecar.stat('cluster.db.upstream_cx_active'), 1);
  client.socket.end();
  await eventually(() => client.ended);
  assert.equal(client.error, '');
  await sidecar.statBecomes('tcp.tcp.downstream_cx_active', 0);
  const stats = await sidecar.stats();
  for (const [name, value] of [
    ['tcp.tcp.downstream_cx_total', 1],
    ['tcp.tcp.downstream_cx_rx_bytes_total', 13],
    ['tcp.tcp.downstream_cx_tx_bytes_total', 13],
    ['cluster.db.upstream_cx_rx_bytes_total', 13],
    ['cluster.db.upstream_cx_tx_bytes_total', 13],
    ['cluster.db.upstream_cx_total', 1],
    ['cluster.db.upstream_cx_active', 0],
    ['cluster.db.upstream_rq_active', 0],
    ['cluster.db.upstream_cx_destroy', 1],
  ] as const) {
    assert.equal(stats.get(name), value, name);
  }
  const prometheus = await sidecar.admin('/stats/prometheus');
  assert.match(prometheus, /envoy_tcp_downstream_cx_total\{envoy_tcp_prefix="tcp"\} 1\n/);
  const labels = /reporter="source",.*destination_service_name="db",.*request_protocol="tcp",response_flags="-"/;
  for (const [name, value] of [
    ['istio_tcp_connections_opened_total', 1],
    ['istio_tcp_connections_closed_total', 1],
    ['istio_tcp_received_bytes_total', 13],
    ['istio_tcp_sent_bytes_total', 13],
  ] as const) {
    const line = prometheus.split('\n').find((each) => each.startsWith(`${name}{`)) ?? '';
    assert.match(line, labels);
    assert.ok(line.endsWith(` ${value}`), line);
  }
});

test('a client that is done with sending still gets the answer', async (t) => {
  const backend = await rawBackend(t, (socket) => {
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString();
    });
    socket.on('end', () => setTimeout(() => socket.end(`got ${received}`), 50));
  });
  const sidecar = await startSidecar(t, proxied([backend]));
  const client = await RawClient.connect(sidecar.port());
  client.write('a question');
  client.socket.end();
  assert.equal(await client.sees('got'), 'got a question');
  await eventually(() => client.ended);
  assert.equal(client.error, '');
});

test('a server that is done with sending still gets what the client sends', async (t) => {
  const backend = await rawBackend(t, (socket, { port }) => {
    socket.end(`farewell from ${port}`);
    socket.on('data', () => {});
    socket.on('end', () => ended.push('server heard the end'));
    socket.on('data', (chunk) => ended.push(chunk.toString()));
  });
  const ended: string[] = [];
  const sidecar = await startSidecar(t, proxied([backend]));
  const client = await RawClient.connect(sidecar.port());
  await client.sees('farewell');
  await eventually(() => client.socket.readableEnded);
  client.write('still here');
  await eventually(() => ended.includes('still here'));
  client.socket.end();
  await eventually(() => ended.includes('server heard the end'));
  await sidecar.statBecomes('cluster.db.upstream_cx_active', 0);
});

test('a client that only ends at once is told what the server says', async (t) => {
  const backend = await rawBackend(t, (socket) => {
    socket.on('data', () => {});
    socket.on('end', () => socket.end('220 ready\r\n'));
  });
  const sidecar = await startSidecar(t, proxied([backend]));
  const client = await RawClient.connect(sidecar.port());
  client.socket.end();
  assert.equal(await client.sees('ready'), '220 ready\r\n');
});

test('a reset of one side is a reset for the other', async (t) => {
  const sockets: net.Socket[] = [];
  const errors: string[] = [];
  const backend = await rawBackend(t, (socket) => {
    sockets.push(socket);
    socket.on('data', () => {});
    socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? ''));
  });
  const sidecar = await startSidecar(t, proxied([backend]));
  const first = await RawClient.connect(sidecar.port());
  first.write('x');
  await eventually(() => sockets.length === 1);
  sockets[0]?.resetAndDestroy();
  await eventually(() => first.error === 'ECONNRESET');

  const second = await RawClient.connect(sidecar.port());
  second.write('x');
  await eventually(() => sockets.length === 2);
  second.socket.resetAndDestroy();
  await eventually(() => errors.includes('ECONNRESET'));
  await sidecar.statBecomes('cluster.db.upstream_cx_active', 0);
});

test('who does not read makes the other stop sending, and memory stays bounded', async (t) => {
  let sent = 0;
  const piece = Buffer.alloc(1 << 20, 'x');
  const backend = await rawBackend(t, (socket) => {
    const more = (): void => {
      while (sent < 400 && socket.write(piece)) sent += 1;
    };
    socket.on('drain', more);
    more();
  });
  const sidecar = await startSidecar(t, proxied([backend]));
  const resident = (): number => {
    const status = readFileSync(`/proc/${sidecar.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  };
  const before = resident();
  const client = net.connect({ port: sidecar.port(), host: '127.0.0.1' });
  t.after(() => client.destroy());
  client.on('error', () => {});
  await once(client, 'connect');
  client.pause();
  let last = -1;
  // It stands still once every buffer on the way is full.
  await eventually(async () => {
    const now = sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
    const still = now === sent && now === last && sent > 0;
    last = now;
    return still;
  }, 10_000);
  assert.ok(sent < 100, `${sent} MiB on the way`);
  const held =
    (await sidecar.stat('cluster.db.upstream_cx_rx_bytes_total')) -
    (await sidecar.stat('tcp.tcp.downstream_cx_tx_bytes_total'));
  assert.ok(held <= 1 << 20, `${held} bytes between`);
  assert.ok(resident() - before < 32 << 20, `${resident() - before} bytes more`);
});

test('a stream in which nothing moves is ended after the idle timeout, others are not', async (t) => {
  const backend = await rawBackend(t, echo);
  const sidecar = await startSidecar(t, proxied([backend], { idle_timeout: '0.4s' }));
  const client = await RawClient.connect(sidecar.port());
  const began = performance.now();
  for (let count = 0; count < 8; count += 1) {
    client.write(`${count}`);
    await client.sees(`${count}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(!client.ended);
  await eventually(() => client.ended);
  assert.ok(performance.now() - began > 1_000);
  assert.equal(await sidecar.stat('tcp.tcp.idle_timeout'), 1);
  await sidecar.statBecomes('cluster.db.upstream_cx_active', 0);
});

test('an endpoint that refuses is passed over for another one, as often as max_connect_attempts says', async (t) => {
  const backend = await rawBackend(t, echo);
  const deaf = await deafPort();
  const sidecar = await startSidecar(t, proxied([deaf, backend], { max_connect_attempts: 2 }));
  for (let count = 0; count < 6; count += 1) {
    const client = await RawClient.connect(sidecar.port());
    client.write('ping');
    await client.sees('ping');
    client.close();
  }
  assert.equal(backend.accepted, 6);
  assert.ok((await sidecar.stat('cluster.db.upstream_cx_connect_fail')) > 0);
  assert.equal(await sidecar.stat('cluster.db.upstream_cx_connect_attempts_exceeded'), 0);
});

test('connections are split by weight, and those that cannot be served say why in the log', async (t) => {
  const log = temporaryFile('access.log', '');
  t.after(() => log.remove());
  const [light, heavy] = [await rawBackend(t, echo), await rawBackend(t, echo)];
  const format =
    '%RESPONSE_FLAGS% %UPSTREAM_CLUSTER% %BYTES_RECEIVED%/%BYTES_SENT% %PROTOCOL% %RESPONSE_CODE% %UPSTREAM_HOST%\n';
  const split = {
    weighted_clusters: {
      clusters: [
        { name: 'light', weight: 1 },
        { name: 'heavy', weight: 3 },
      ],
    },
    access_log: [accessLogFile(log.file, format)],
  };
  const deaf = await deafPort();
  const json = path.join(log.folder, 'json.log');
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [
        listenerOf([tcpChain('', split)]),
        listenerOf([tcpChain('deaf', { access_log: [accessLogFile(log.file, format)], max_connect_attempts: 2 })], {
          name: 'deaf',
        }),
        listenerOf([tcpChain('none', { access_log: [accessLogFile(log.file, format)] })], { name: 'none' }),
        listenerOf([tcpChain('missing', { access_log: [accessLogFile(log.file, format)] })], { name: 'missing' }),
        listenerOf([tcpChain('full', { access_log: [accessLogFile(json)] })], { name: 'full' }),
      ],
      [
        cluster('light', [light.port]),
        cluster('heavy', [heavy.port]),
        cluster('deaf', [deaf]),
        cluster('none', []),
        cluster('full', [light.port], limits({ max_connections: 1 })),
      ],
    ),
  );
  for (let count = 0; count < 80; count += 1) {
    const client = await RawClient.connect(sidecar.port());
    client.write('ping');
    await client.sees('ping');
    client.close();
  }
  assert.ok(light.accepted > 8 && light.accepted < 36, `${light.accepted} of 80`);
  assert.equal(light.accepted + heavy.accepted, 80);
  for (const name of ['deaf', 'none', 'missing']) {
    const client = await RawClient.connect(sidecar.port(name));
    await eventually(() => client.ended);
  }
  const holder = await RawClient.connect(sidecar.port('full'));
  holder.write('mine');
  await holder.sees('mine');
  const refused = await RawClient.connect(sidecar.port('full'));
  await eventually(() => refused.ended);
  holder.close();
  assert.equal(await sidecar.stat('cluster.full.upstream_cx_overflow'), 1);
  await eventually(() => {
    const lines = readFileSync(log.file, 'utf8');
    assert.match(lines, new RegExp(`- heavy 4/4 - 0 127.0.0.1:${heavy.port}\n`));
    assert.match(lines, new RegExp(`UF,URX deaf 0/0 - 0 127.0.0.1:${deaf}\n`));
    assert.match(lines, /\nUH none 0\/0 - 0 -\n/);
    assert.match(lines, /\nNC missing 0\/0 - 0 -\n/);
    const entries = readFileSync(json, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const [first, second] = entries;
    assert.deepEqual(
      [first.response_flags, first.upstream_host, first.protocol],
      ['UO', `127.0.0.1:${light.port}`, 'TCP'],
    );
    assert.deepEqual([second.response_flags, second.bytes_sent, second.bytes_received], ['-', 4, 4]);
    assert.match(second.downstream_remote_address, /^127\.0\.0\.1:\d+$/);
    return true;
  });
  assert.equal(await sidecar.stat('tcp.tcp.downstream_cx_no_route'), 1);
});

test('a client that goes before there is a connection costs no endpoint, and one that goes later is counted as gone', async (t) => {
  // Accepts nothing: the connection to it never stands.
  const silent = net.createServer().listen(0, '127.0.0.1', 1);
  await once(silent, 'listening');
  t.after(() => silent.close());
  const sidecar = await startSidecar(
    t,
    bootstrap([listenerOf([tcpChain('db')])], [{ ...cluster('db', [9]), load_assignment: unreachable }]),
  );
  const client = await RawClient.connect(sidecar.port());
  client.write('x');
  client.socket.resetAndDestroy();
  await sidecar.statBecomes('tcp.tcp.downstream_cx_active', 0);
  await sidecar.statBecomes('cluster.db.upstream_cx_active', 0);
});

/** TEST-NET-1: nobody answers, or the network says so at once. */
const unreachable = {
  cluster_name: 'db',
  endpoints: [
    { lb_endpoints: [{ endpoint: { address: { socket_address: { address: '192.0.2.1', port_value: 9 } } } }] },
  ],
};

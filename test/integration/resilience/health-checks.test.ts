import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { deafPort, httpBackend, rawBackend } from '../../support/backend.ts';
import { bootstrap, cluster, forward, httpListener, type Json, temporaryFile } from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { startHealthServer } from '../../support/grpc-health.ts';
import { call } from '../../support/http-call.ts';
import { type Sidecar, spawnSidecar, startSidecar } from '../../support/sidecar.ts';

const every = (seconds: number, check: Json): Json => ({
  health_checks: [
    {
      timeout: '2s',
      interval: `${seconds}s`,
      no_traffic_interval: `${seconds}s`,
      unhealthy_threshold: 2,
      healthy_threshold: 2,
      ...check,
    },
  ],
  // Without panic it shows at once when nobody is left.
  common_lb_config: { healthy_panic_threshold: { value: 0 } },
});

const through = (clusters: readonly Json[]): Json =>
  bootstrap(
    [
      httpListener({
        routes: clusters.map((each) => forward(each.name as string, {}, { match: { prefix: `/${each.name}` } })),
      }),
    ],
    clusters,
  );

const flagsOf = async (sidecar: Sidecar, port: number): Promise<string> =>
  new RegExp(`127\\.0\\.0\\.1:${port}::health_flags::(.*)`).exec(await sidecar.admin('/clusters'))?.[1] ?? 'none';

test('an endpoint that fails its HTTP check gets no requests until it passes again', async (t) => {
  let healthy = true;
  const hosts = new Set<string>();
  const sick = await httpBackend(t, (request, response) => {
    if (request.url !== '/healthz?deep=1') return void response.end('sick');
    hosts.add(`${request.headers.host} ${request.headers['x-from']}`);
    response.writeHead(healthy ? 204 : 503).end();
  });
  const well = await httpBackend(t, (request, response) => {
    if (request.url?.startsWith('/healthz')) response.writeHead(204).end();
    else response.end('well');
  });
  const check = {
    host: 'cart.test',
    path: '/healthz?deep=1',
    expected_statuses: [{ start: 200, end: 300 }],
    retriable_statuses: [{ start: 503, end: 504 }],
    request_headers_to_add: [{ header: { key: 'x-from', value: 'aya' } }],
  };
  const two = cluster('two', [sick.port, well.port], every(0.1, { http_health_check: check }));
  const sidecar = await startSidecar(t, through([two]), '--concurrency', '2');
  // Ready only once both have been checked.
  assert.equal(await sidecar.stat('cluster.two.health_check.healthy'), 2);
  assert.deepEqual([...hosts], ['cart.test aya']);
  const bodies = async (): Promise<Set<string>> => {
    const all = await Promise.all(Array.from({ length: 10 }, () => call(sidecar.port(), { path: '/two' })));
    assert.ok(all.every((each) => each.status === 200));
    return new Set(all.map((each) => each.body.toString()));
  };
  assert.deepEqual([...(await bodies())].sort(), ['sick', 'well']);
  healthy = false;
  await sidecar.statBecomes('cluster.two.health_check.healthy', 1);
  assert.deepEqual([...(await bodies())], ['well']);
  assert.equal(await flagsOf(sidecar, sick.port), '/failed_active_hc');
  assert.equal(await sidecar.stat('cluster.two.membership_healthy'), 1);
  healthy = true;
  await sidecar.statBecomes('cluster.two.health_check.healthy', 2);
  assert.deepEqual([...(await bodies())].sort(), ['sick', 'well']);
  const events = JSON.parse(await sidecar.admin('/health_check_events')) as { healthy: boolean; reason: string }[];
  assert.deepEqual(
    events.map((each) => `${each.healthy} ${each.reason}`),
    [
      'true its first health check passed',
      'true its first health check passed',
      'false its health check was answered 503, 2 times in a row',
      'true 2 health checks in a row passed',
    ],
  );
});

test('a body that is not as expected, and a status that nobody may retry, fail at once', async (t) => {
  const answers = await httpBackend(t, (request, response) => {
    const status = Number(request.url?.slice(-3));
    response.writeHead(status).end('state: {"ready": true}');
  });
  const http = (name: string, status: number, text: string): Json =>
    cluster(
      name,
      [answers.port],
      every(0.2, { http_health_check: { path: `/${status}`, receive: [{ text: Buffer.from(text).toString('hex') }] } }),
    );
  const sidecar = await startSidecar(
    t,
    through([http('ready', 200, '"ready": true'), http('lost', 200, '"ready": false'), http('gone', 410, 'state')]),
  );
  assert.deepEqual(
    await Promise.all(['ready', 'lost', 'gone'].map((name) => sidecar.stat(`cluster.${name}.health_check.healthy`))),
    [1, 0, 0],
  );
  assert.equal((await call(sidecar.port(), { path: '/ready/200' })).status, 200);
  const refused = await call(sidecar.port(), { path: '/lost/200' });
  assert.deepEqual([refused.status, refused.body.toString()], [503, 'no healthy upstream']);
});

test('an HTTP check can speak HTTP/2 with prior knowledge', async (t) => {
  let streams = 0;
  const server = http2.createServer();
  server.on('stream', (stream: http2.ServerHttp2Stream, headers) => {
    streams += 1;
    stream.respond({ ':status': headers[':path'] === '/well' ? 200 : 503 });
    stream.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const check = (name: string): Json =>
    cluster(name, [port], every(0.1, { http_health_check: { path: `/${name}`, codec_client_type: 'HTTP2' } }));
  const sidecar = await startSidecar(t, through([check('well'), check('sick')]));
  await eventually(() => streams >= 6);
  await sidecar.statBecomes('cluster.well.health_check.healthy', 1);
  assert.equal(await sidecar.stat('cluster.sick.health_check.healthy'), 0);
  const [event] = JSON.parse(await sidecar.admin('/health_check_events')) as { endpoint: string }[];
  assert.equal(event?.endpoint, `127.0.0.1:${port}`);
  await sidecar.kill();
});

test('a TCP check wants a connection, and an answer when it asks for one', async (t) => {
  const redis = await rawBackend(t, (socket) => {
    socket.on('data', (data) => socket.write(data.toString() === 'PING\r\n' ? '+PONG\r\n' : '-ERR\r\n'));
  });
  const hex = (text: string): Json => ({ text: Buffer.from(text).toString('hex') });
  const ping = every(0.2, { tcp_health_check: { send: hex('PING\r\n'), receive: [hex('PONG')] } });
  const wrong = every(0.2, { tcp_health_check: { send: hex('PONG\r\n'), receive: [hex('PONG')] } });
  const open = every(0.2, { tcp_health_check: {} });
  const sidecar = await startSidecar(
    t,
    through([
      cluster('ping', [redis.port], ping),
      cluster('wrong', [redis.port], wrong),
      cluster('open', [redis.port, await deafPort()], open),
    ]),
  );
  const healthy = ['ping', 'wrong', 'open'].map((name) => sidecar.stat(`cluster.${name}.health_check.healthy`));
  assert.deepEqual(await Promise.all(healthy), [1, 0, 1]);
  assert.ok((await sidecar.stat('cluster.open.health_check.network_failure')) >= 1);
});

test('a gRPC check asks for the state of a service', async (t) => {
  const server = await startHealthServer({ '': 'SERVING', 'shop.Cart': 'NOT_SERVING' });
  t.after(() => server.stop());
  const grpc = (name: string, service: string): Json =>
    cluster(
      name,
      [server.port],
      every(0.2, {
        grpc_health_check: {
          service_name: service,
          authority: 'cart.test',
          initial_metadata: [{ header: { key: 'x-from', value: 'aya' } }],
        },
      }),
    );
  const sidecar = await startSidecar(
    t,
    through([grpc('all', ''), grpc('cart', 'shop.Cart'), grpc('none', 'shop.None')]),
  );
  const healthy = ['all', 'cart', 'none'].map((name) => sidecar.stat(`cluster.${name}.health_check.healthy`));
  assert.deepEqual(await Promise.all(healthy), [1, 0, 0]);
  assert.deepEqual(server.metadata.get('x-from'), ['aya']);
  assert.equal(server.authority, 'cart.test');
  server.set('shop.Cart', 'SERVING');
  await sidecar.statBecomes('cluster.cart.health_check.healthy', 1);
});

test('a command runs only where the sidecar was started with the consent to run commands', async (t) => {
  const marker = temporaryFile('sick', '');
  t.after(() => marker.remove());
  const program = path.join(marker.folder, 'check');
  writeFileSync(
    program,
    `#!/bin/sh\n[ "$AYA_ENDPOINT_ADDRESS" = 127.0.0.1 ] && [ ! -e "$1" ] || { echo sick >&2; exit 3; }\n`,
  );
  chmodSync(program, 0o755);
  const command = {
    custom_health_check: {
      name: 'command',
      typed_config: {
        '@type': 'type.googleapis.com/aya.v1.CommandHealthCheck',
        command: [program, marker.file],
      },
    },
  };
  const backend = await httpBackend(t);
  const config = through([cluster('own', [backend.port], every(0.2, command))]);
  const refused = spawnSidecar(t, config);
  assert.equal(await refused.ended(), 2);
  assert.match(refused.log, /cluster "own" checks health by a command: start with --allow-command-checks/);
  const sidecar = await startSidecar(t, config, '--allow-command-checks');
  const [event] = JSON.parse(await sidecar.admin('/health_check_events')) as { reason: string }[];
  assert.equal(event?.reason, `${program} ended with 3: sick`);
  marker.remove();
  // The program went with its folder, and what cannot be run is no sign of health.
  await eventually(async () => (await sidecar.stat('cluster.own.health_check.network_failure')) > 0);
});

test('a passed check lets an endpoint back in that outlier detection had ejected', async (t) => {
  let code = 500;
  const backend = await httpBackend(t, (request, response) => {
    response.writeHead(request.url === '/healthz' ? 200 : code).end();
  });
  const other = await httpBackend(t);
  const checked = cluster('back', [backend.port, other.port], {
    ...every(0.5, { http_health_check: { path: '/healthz' } }),
    outlier_detection: { consecutive_5xx: 1, base_ejection_time: '300s', max_ejection_percent: 50 },
  });
  const sidecar = await startSidecar(t, through([checked]));
  await eventually(async () => (await call(sidecar.port(), { path: '/back' })).status === 500);
  code = 200;
  await eventually(async () => {
    const events = JSON.parse(await sidecar.admin('/outlier_events')) as { action: string; reason: string }[];
    return events.some((each) => each.action === 'uneject' && each.reason === 'its active health check passed');
  });
  assert.equal(await sidecar.stat('cluster.back.outlier_detection.ejections_active'), 0);
});

test('an endpoint that says itself that it is not well is out at once, and its word does not reach the client', async (t) => {
  let well = true;
  const backend = await httpBackend(t, (request, response) => {
    if (request.url === '/healthz') return void response.writeHead(200).end();
    if (!well) response.setHeader('X-Envoy-Immediate-Health-Check-Fail', 'true');
    response.end('sick');
  });
  const other = await httpBackend(t, (_request, response) => response.end('well'));
  const two = cluster('two', [backend.port, other.port], every(60, { http_health_check: { path: '/healthz' } }));
  const sidecar = await startSidecar(t, through([two]));
  well = false;
  await eventually(async () => {
    const { body, headers } = await call(sidecar.port(), { path: '/two' });
    assert.equal(headers['x-envoy-immediate-health-check-fail'], undefined);
    return body.toString() === 'sick';
  });
  await sidecar.statBecomes('cluster.two.health_check.healthy', 1);
  assert.equal(await sidecar.stat('cluster.two.health_check.passive_failure'), 1);
  const answers = await Promise.all(Array.from({ length: 10 }, () => call(sidecar.port(), { path: '/two' })));
  assert.ok(answers.every((each) => each.body.toString() === 'well'));
});

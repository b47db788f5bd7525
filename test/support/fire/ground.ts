import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type net from 'node:net';
import type { TestContext } from 'node:test';
import { type Backend, deafPort, httpBackend, rawBackend } from '../backend.ts';
import {
  accessLogFile,
  bootstrap,
  cluster,
  forward,
  httpListener,
  type Json,
  limits,
  temporaryFile,
} from '../bootstrap.ts';
import { eventually } from '../eventually.ts';
import { describeFailures, Load } from '../load.ts';
import { type Sidecar, startSidecar } from '../sidecar.ts';
import { answersOf } from './upstream-stages.ts';

/** One line of the access log: how a request ended. */
export interface Outcome {
  /** The request's x-case, '-' for none. */
  readonly name: string;
  readonly status: number;
  readonly flags: string;
  readonly details: string;
}

const FORMAT = '%REQ(X-CASE)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%\n';
/** Fields of the connection manager: how long it waits for slow clients. */
export const patience = (streamIdle = '10s'): Json => ({
  request_headers_timeout: '0.5s',
  request_timeout: '2.5s',
  stream_idle_timeout: streamIdle,
});

/** Clusters by the first segment of the path. `well` is what others call while there is fire. */
const CLUSTERS = ['well', 'quick', 'silent', 'raw', 'dead', 'tight'] as const;

/**
 * A sidecar with an upstream for each way to misbehave, its access log, and a client that calls a healthy upstream all the
 * time and must not notice anything.
 */
export class Ground {
  readonly sidecar: Sidecar;
  readonly well: Backend;
  readonly silent: Backend;
  readonly tight: Backend;
  readonly #t: TestContext;
  readonly #log: string;
  #before = new Map<string, number>();

  private constructor(t: TestContext, sidecar: Sidecar, log: string, well: Backend, silent: Backend, tight: Backend) {
    this.#t = t;
    this.sidecar = sidecar;
    this.#log = log;
    this.well = well;
    this.silent = silent;
    this.tight = tight;
  }

  static async lay(t: TestContext, manager: Json = patience()): Promise<Ground> {
    const well = await httpBackend(t, (request, response) => {
      if (request.url?.startsWith('/well/large')) {
        request.resume();
        response.writeHead(200, { 'content-length': LARGE });
        for (let sent = 0; sent < LARGE; sent += CHUNK.length) response.write(CHUNK);
        response.end();
      } else if (request.method === 'POST') request.pipe(response);
      else response.end('well');
    });
    // Costs as little as can be: it is for many.
    const quick = await rawBackend(t, (socket) => {
      socket.on('data', () => socket.write(QUICK)).on('end', () => socket.end());
    });
    const silent = await rawBackend(t, (socket) => socket.resume().on('end', () => socket.end()));
    const raw = await rawBackend(t, misbehave);
    const tight = await httpBackend(t, (_request, response) => {
      setTimeout(() => response.end('tight'), 20);
    });
    const log = temporaryFile('access.log', '');
    t.after(() => log.remove());
    const ports = {
      well: well.port,
      quick: quick.port,
      silent: silent.port,
      raw: raw.port,
      dead: await deafPort(),
      tight: tight.port,
    };
    const sidecar = await startSidecar(
      t,
      bootstrap(
        [
          httpListener({
            routes: CLUSTERS.map((name) =>
              forward(name, { timeout: name === 'silent' ? '0.5s' : '0s' }, { match: { prefix: `/${name}` } }),
            ),
            manager: { ...manager, access_log: [accessLogFile(log.file, FORMAT)] },
          }),
        ],
        CLUSTERS.map((name) =>
          cluster(name, [ports[name]], {
            connect_timeout: '10s',
            // Nothing of the outcomes is to depend on those before.
            ...(name === 'tight'
              ? limits({ max_requests: 8, max_connections: 4, max_pending_requests: 2 })
              : limits({ max_requests: 5000, max_connections: 5000, max_pending_requests: 5000 })),
            ...idle('0.5s'),
          }),
        ),
      ),
    );
    return new Ground(t, sidecar, log.file, well, silent, tight);
  }

  get port(): number {
    return this.sidecar.port();
  }

  /** A client at a steady rate that must see nothing of all this: call `unharmed` at the end. */
  bystander(perSecond = 50): Bystander {
    const load = new Load({ port: this.port, perSecond, host: 'a', path: '/well' });
    this.#t.after(() => load.stop());
    return new Bystander(load);
  }

  /** Requests of this x-case in the access log so far. */
  outcomes(name: string): Outcome[] {
    return readFileSync(this.#log, 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([each]) => each === name)
      .map(([, status, flags = '', details = '']) => ({ name, status: Number(status), flags, details }));
  }

  /** Waits until the access log has `count` requests of this x-case. */
  async ended(name: string, count: number): Promise<Outcome[]> {
    return eventually(() => {
      const all = this.outcomes(name);
      if (all.length < count) throw new Error(`${all.length} of ${count} requests of ${name} have ended`);
      return all;
    }, 10_000);
  }

  /** How often each way to end is in the access log: `STATUS FLAGS DETAILS`. */
  summary(): Record<string, number> {
    const ways = readFileSync(this.#log, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.slice(line.indexOf(' ') + 1));
    return Object.fromEntries([...Map.groupBy(ways, (way) => way)].map(([way, all]) => [way, all.length]));
  }

  /** Remembers all counters, for `rose`. */
  async mark(): Promise<void> {
    this.#before = await this.sidecar.stats();
  }

  /** Waits until a counter has risen by exactly `by` since `mark`. */
  async rose(name: string, by: number): Promise<void> {
    await eventually(async () => {
      const now = (await this.sidecar.stats()).get(name) ?? 0;
      const rise = now - (this.#before.get(name) ?? 0);
      if (rise !== by) throw new Error(`${name} rose by ${rise} and not by ${by}`);
      return true;
    });
  }

  /** Waits until nothing is under way: no connection on either side, no request, nobody who waits. */
  async cold(): Promise<void> {
    await eventually(async () => {
      const stats = await this.sidecar.stats();
      const left = [...stats].filter(([name, value]) => GAUGES.test(name) && value !== 0);
      if (left.length > 0) throw new Error(left.map(([name, value]) => `${name} is ${value}`).join(', '));
      return true;
    }, 15_000);
    const rows = (await this.sidecar.admin('/clusters')).split('\n').filter((line) => /::(rq|cx)_active::/.test(line));
    assert.ok(rows.length > 0);
    assert.deepEqual(
      rows.filter((line) => !line.endsWith('::0')),
      [],
    );
  }
}

const QUICK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nquick';
const GAUGES = /(downstream_(cx|rq)_active|upstream_(cx|rq)_active|upstream_rq_pending_active)$/;
const CHUNK = Buffer.alloc(64 * 1024, 'x');
/** More than both sides' socket buffers hold. */
const LARGE = 16 * 1024 * 1024;

const idle = (timeout: string): Json => ({
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http_protocol_options: {} },
      common_http_protocol_options: { idle_timeout: timeout },
    },
  },
});

/** Answers as the path says; see upstream-stages.ts. */
function misbehave(socket: net.Socket): void {
  let head = '';
  socket.on('data', (chunk: Buffer) => {
    head += chunk.toString('latin1');
    if (!head.includes('\r\n\r\n')) return;
    const path = head.split(' ')[1] ?? '';
    head = '';
    answersOf(path)(socket);
  });
}

/** Somebody who has nothing to do with the fire. */
export class Bystander {
  readonly #load: Load;

  constructor(load: Load) {
    this.#load = load;
  }

  /**
   * Stops, and fails when one of the calls did, or when the slowest but one of a hundred took longer than `ms`. The time for
   * which this process, client and upstream in one, was held up itself does not count: it has the other clients to play, too.
   */
  async unharmed(ms = 2000): Promise<void> {
    await this.#load.stop();
    const { samples } = this.#load;
    const failures = this.#load.failures();
    assert.equal(failures.length, 0, `${failures.length} of ${samples.length}:\n${describeFailures(failures)}`);
    const times = samples.map(({ sentAt, endedAt, stalled }) => endedAt - sentAt - stalled).sort((a, b) => a - b);
    const slow = times[Math.floor(times.length * 0.99)] ?? 0;
    assert.ok(slow <= ms, `1 % of ${times.length} calls took ${Math.round(slow)} ms and more`);
  }
}

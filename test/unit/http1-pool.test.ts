import assert from 'node:assert/strict';
import type net from 'node:net';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../shared/time/clock.ts';
import { Wheel } from '../../shared/time/wheel.ts';
import { ClusterLimits } from '../../sidecar/cluster/limits.ts';
import { socketContext } from '../../sidecar/codec/socket-context.ts';
import type { AttemptSink, ClientStream } from '../../sidecar/core/exchange.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import type { Failure } from '../../sidecar/core/outcome.ts';
import type { PoolWaiter } from '../../sidecar/core/pool.ts';
import { ROW } from '../../sidecar/core/slots.ts';
import { Turn } from '../../sidecar/core/turn.ts';
import { ClusterStats } from '../../sidecar/telemetry/cluster-stats.ts';
import { StatsCollector } from '../../sidecar/telemetry/collect.ts';
import { ClusterConnections, type ConnectionPlan } from '../../sidecar/upstream/cluster-connections.ts';
import { Http1Pool } from '../../sidecar/upstream/http1-pool.ts';
import { type Backend, deafPort, rawBackend } from '../support/backend.ts';
import { slotTable, unlimited } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';

/** Answers each read with one response. */
const prompt = (socket: net.Socket): void => {
  socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  socket.on('end', () => socket.end());
};

/** Waits for a connection, and makes one request when told to. */
class Request implements PoolWaiter, AttemptSink {
  readonly version = 11;
  stream: ClientStream | null = null;
  refused: Failure | null = null;
  done = false;

  onStream(stream: ClientStream): void {
    this.stream = stream;
  }
  onRefused(failure: Failure): void {
    this.refused = failure;
  }
  /** Sends, and resolves with the end of the answer. */
  async run(): Promise<void> {
    await eventually(() => this.stream !== null);
    this.stream?.start('GET', 'a', '/', HeaderList.of(), 0, this);
    await eventually(() => this.done);
  }
  onInform(): void {}
  onStart(): void {}
  onData(): boolean {
    return true;
  }
  onEnd(): void {
    this.done = true;
  }
  onFailure(failure: Failure): void {
    this.refused = failure;
  }
  onDrain(): void {}
}

class Upstreams {
  readonly slots = slotTable();
  readonly stats = new StatsCollector();
  readonly turn = new Turn(systemClock);
  readonly wheel = new Wheel(systemClock, (run) => {
    this.turn.enter();
    run();
    this.turn.leave();
  });
  readonly limits: ClusterLimits;
  readonly connections: ClusterConnections;
  #pools = 0;

  constructor(maxConnections: number, plan: Partial<ConnectionPlan> = {}) {
    const sockets = socketContext(this.turn, (ms, action) => systemClock.after(ms, action));
    this.limits = new ClusterLimits(this.slots.slot(0), { ...unlimited, maxConnections, maxPendingRequests: 2 }, 0);
    const whole = { connectTimeout: 500, idleTimeout: 0, maxRequestsPerConnection: 0, http2: null, tls: null, ...plan };
    const stats = new ClusterStats(this.stats.own, 'cart');
    this.connections = new ClusterConnections(whole, this.limits, stats, sockets, this.wheel, () => {
      throw new Error('there is no TLS here');
    });
  }

  pool(port: number): Http1Pool {
    this.#pools += 1;
    return new Http1Pool(this.connections.dialler('127.0.0.1', port), this.slots.slot(this.#pools), this.connections);
  }

  /** Connections by the books. */
  get open(): number {
    return this.limits.slot.sum(ROW.connections);
  }

  get pending(): number {
    return this.limits.slot.sum(ROW.pending);
  }

  stat(name: string): number {
    return this.stats.value('counter', 'cluster', 'cart', name);
  }
}

const lease = (pool: Http1Pool): Request => {
  const request = new Request();
  pool.lease(request);
  return request;
};

const two = async (t: TestContext): Promise<[Backend, Backend]> => [
  await rawBackend(t, prompt),
  await rawBackend(t, prompt),
];

test('connections are used again, the youngest idle one first', async (t) => {
  const [backend] = await two(t);
  const pool = new Upstreams(10).pool(backend.port);
  const [first, second] = [lease(pool), lease(pool)];
  await Promise.all([first.run(), second.run()]);
  assert.equal(backend.accepted, 2);
  const third = lease(pool);
  assert.ok(third.stream === first.stream || third.stream === second.stream);
  await third.run();
  assert.equal(lease(pool).stream, third.stream);
  assert.equal(backend.accepted, 2);
});

test('at the limit idle connections to other endpoints give way, the oldest first', async (t) => {
  const [one, other] = await two(t);
  const upstreams = new Upstreams(2);
  const [left, right] = [upstreams.pool(one.port), upstreams.pool(other.port)];
  const [first, second] = [lease(left), lease(left)];
  await first.run();
  await second.run();
  assert.equal(upstreams.open, 2);
  // A pool's first connection is always allowed, so nothing has to go for it.
  const third = lease(right);
  await eventually(() => third.stream !== null);
  assert.equal(upstreams.open, 3);
  // For its second, both idle ones go: only then is there room below the limit.
  const fourth = lease(right);
  assert.equal(upstreams.open, 2);
  await eventually(() => one.connections === 0);
  await Promise.all([third.run(), fourth.run()]);
  assert.equal(upstreams.stat('upstream_cx_overflow'), 0);
  assert.equal(upstreams.stat('upstream_cx_destroy_local'), 2);
});

test('without an idle connection to give way, who comes waits for the next free one, up to the limit', async (t) => {
  const [backend] = await two(t);
  const upstreams = new Upstreams(1);
  const pool = upstreams.pool(backend.port);
  const first = lease(pool);
  await eventually(() => first.stream !== null);
  const waiting = [lease(pool), lease(pool), lease(pool)];
  assert.equal(upstreams.pending, 2);
  assert.equal(waiting[2]?.refused?.kind, 'overflow');
  assert.equal(upstreams.stat('upstream_cx_overflow'), 2);
  pool.abandon(waiting[0] as Request);
  assert.equal(upstreams.pending, 1);
  assert.equal(upstreams.stat('upstream_rq_cancelled'), 1);
  await first.run();
  await waiting[1]?.run();
  assert.equal(upstreams.pending, 0);
  assert.equal(backend.accepted, 1);
});

test('who waits for a connection that fails is refused at once, and nothing stays in the books', async () => {
  const upstreams = new Upstreams(10);
  const pool = upstreams.pool(await deafPort());
  const waiting = [lease(pool), lease(pool)];
  await eventually(() => waiting.every((each) => each.refused?.kind === 'connect-failure'));
  assert.deepEqual([upstreams.open, upstreams.pending, upstreams.wheel.running], [0, 0, 0]);
  assert.equal(upstreams.stat('upstream_cx_connect_fail'), 2);
});

test('idle connections of all endpoints go when their time is over, and no timer runs on', async (t) => {
  const [one, other] = await two(t);
  const upstreams = new Upstreams(10, { idleTimeout: 500 });
  const [left, right] = [upstreams.pool(one.port), upstreams.pool(other.port)];
  await lease(left).run();
  await lease(right).run();
  assert.equal(upstreams.open, 2);
  await eventually(() => upstreams.open === 0);
  assert.equal(upstreams.stat('upstream_cx_idle_timeout'), 2);
  await eventually(() => upstreams.wheel.running === 0);
  await eventually(() => one.connections + other.connections === 0);
});

test('no timer waits for idle connections when none is left', async (t) => {
  const [backend] = await two(t);
  const upstreams = new Upstreams(10, { idleTimeout: 3_600_000 });
  const pool = upstreams.pool(backend.port);
  await lease(pool).run();
  assert.equal(upstreams.wheel.running, 1);
  pool.drain();
  assert.equal(upstreams.wheel.running, 0);
});

test('a pool that drains closes what is idle at once and the rest after its request', async (t) => {
  const [backend] = await two(t);
  const upstreams = new Upstreams(10);
  const pool = upstreams.pool(backend.port);
  const [first, second] = [lease(pool), lease(pool)];
  await first.run();
  await eventually(() => second.stream !== null);
  pool.drain();
  assert.equal(upstreams.open, 1);
  await second.run();
  assert.equal(upstreams.open, 0);
  await eventually(() => backend.connections === 0);
});

test('an endpoint that closes an idle connection is noticed', async (t) => {
  const [backend] = await two(t);
  const upstreams = new Upstreams(10);
  const pool = upstreams.pool(backend.port);
  await lease(pool).run();
  backend.disconnect();
  await eventually(() => upstreams.open === 0);
  assert.equal(upstreams.stat('upstream_cx_destroy_remote'), 1);
  await lease(pool).run();
  assert.equal(backend.accepted, 2);
});

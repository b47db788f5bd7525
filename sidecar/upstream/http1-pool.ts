import { WheelTimer } from '../../shared/time/wheel.ts';
import { FAILURE, type Failure } from '../core/outcome.ts';
import type { Pool, PoolWaiter } from '../core/pool.ts';
import { ROW, type Slot } from '../core/slots.ts';
import {
  type ConnectionContext,
  type ConnectionOptions,
  type ConnectionOwner,
  Http1Connection,
} from './http1-connection.ts';

/** What the pools of one cluster share. */
export interface PoolOptions extends ConnectionOptions {
  /** Ms; 0 = never. */
  readonly idleTimeout: number;
  readonly limits: PoolLimits;
}

/** The cluster's limits as a pool needs them; `begin...` true is followed by one `end...`. */
export interface PoolLimits {
  beginPending(): boolean;
  endPending(): void;
  /** `first`: this pool has no connection, so it may open one above the limit (decision D4). */
  beginConnection(first: boolean): boolean;
  endConnection(): void;
}

/** The HTTP/1.1 connections of one worker to one endpoint: idle ones last in first out, waiters first in first out. */
export class Http1Pool implements Pool, ConnectionOwner {
  readonly #address: string;
  readonly #port: number;
  /** The endpoint's, which shows its connections. */
  readonly #slot: Slot;
  readonly #options: PoolOptions;
  readonly #context: ConnectionContext;
  readonly #idle: Http1Connection[] = [];
  readonly #waiting: PoolWaiter[] = [];
  readonly #sweep: WheelTimer;
  #connecting = 0;
  #busy = 0;
  #draining = false;

  constructor(address: string, port: number, slot: Slot, options: PoolOptions, context: ConnectionContext) {
    this.#address = address;
    this.#port = port;
    this.#slot = slot;
    this.#options = options;
    this.#context = context;
    this.#sweep = new WheelTimer(() => this.#closeIdle());
  }

  lease(waiter: PoolWaiter): void {
    const connection = this.#idle.pop();
    if (connection) {
      this.#busy += 1;
      waiter.onStream(connection.take());
      return;
    }
    const { stats, limits } = this.#options;
    if (!limits.beginPending()) {
      stats.upstreamRqPendingOverflow.inc();
      waiter.onRefused(FAILURE.overflow);
      return;
    }
    stats.upstreamRqPendingTotal.inc();
    stats.upstreamRqPendingActive.inc();
    this.#waiting.push(waiter);
    this.#grow();
  }

  abandon(waiter: PoolWaiter): void {
    const at = this.#waiting.indexOf(waiter);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    this.#stoppedWaiting();
  }

  drain(): void {
    this.#draining = true;
    this.#context.wheel.stop(this.#sweep);
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  onFree(connection: Http1Connection): void {
    if (connection.state === 'connecting') this.#connecting -= 1;
    else this.#busy -= 1;
    if (connection.spent) {
      this.#options.stats.upstreamCxMaxRequests.inc();
      connection.close();
      return this.#grow();
    }
    const waiter = this.#waiting.shift();
    if (waiter) {
      this.#stoppedWaiting();
      this.#busy += 1;
      waiter.onStream(connection.take());
      return;
    }
    if (this.#draining) return connection.close();
    const { now } = this.#context.sockets.turn;
    connection.state = 'idle';
    connection.idleSince = now;
    this.#idle.push(connection);
    if (this.#options.idleTimeout > 0 && !this.#sweep.running) {
      this.#context.wheel.start(this.#sweep, this.#options.idleTimeout, now);
    }
  }

  onGone(connection: Http1Connection, failure: Failure): void {
    this.#options.limits.endConnection();
    this.#slot.add(ROW.connections, -1);
    if (connection.state === 'idle') this.#idle.splice(this.#idle.indexOf(connection), 1);
    else if (connection.state === 'busy') this.#busy -= 1;
    else if (connection.state === 'connecting') {
      this.#connecting -= 1;
      this.#refuse(failure);
    }
    this.#grow();
  }

  /** Opens a connection when more wait than are on the way. */
  #grow(): void {
    if (this.#waiting.length <= this.#connecting) return;
    const { limits, stats } = this.#options;
    const first = this.#connecting + this.#busy + this.#idle.length === 0;
    if (!limits.beginConnection(first)) {
      stats.upstreamCxOverflow.inc();
      return;
    }
    this.#connecting += 1;
    this.#slot.add(ROW.connections, 1);
    new Http1Connection(this.#address, this.#port, this.#options, this.#context, this);
  }

  /** A connection failed: those for whom nothing is on the way any more fail at once, since a retry may go elsewhere. */
  #refuse(failure: Failure): void {
    const keep = this.#busy > 0 ? this.#waiting.length - 1 : this.#connecting;
    for (let left = this.#waiting.length - keep; left > 0; left -= 1) {
      const waiter = this.#waiting.shift();
      if (!waiter) return;
      this.#stoppedWaiting();
      waiter.onRefused(failure);
    }
  }

  #stoppedWaiting(): void {
    this.#options.limits.endPending();
    this.#options.stats.upstreamRqPendingActive.add(-1);
  }

  /** The oldest idle connections stand first. */
  #closeIdle(): void {
    const { now } = this.#context.sockets.turn;
    const { idleTimeout, stats } = this.#options;
    while (this.#idle.length > 0 && now - (this.#idle[0] as Http1Connection).idleSince >= idleTimeout) {
      stats.upstreamCxIdleTimeout.inc();
      (this.#idle.shift() as Http1Connection).close();
    }
    const oldest = this.#idle[0];
    if (oldest) this.#context.wheel.start(this.#sweep, idleTimeout - (now - oldest.idleSince), now);
  }
}

import { FAILURE, type Failure } from '../core/outcome.ts';
import type { Dial, DialWaiter, Pool, PoolWaiter } from '../core/pool.ts';
import { ROW, type Slot } from '../core/slots.ts';
import type { ClusterConnections } from './cluster-connections.ts';
import type { Dialler } from './dialler.ts';
import { type ConnectionOwner, type ConnectionState, Http1Connection } from './http1-connection.ts';
import { dial } from './tcp-connection.ts';

/** The HTTP/1.1 connections of one worker to one endpoint: idle ones last in first out, waiters first in first out. */
export class Http1Pool implements Pool, ConnectionOwner {
  readonly #dialler: Dialler;
  /** The endpoint's, which shows its connections. */
  readonly #slot: Slot;
  readonly #cluster: ClusterConnections;
  /** The youngest last. */
  readonly #idle: Http1Connection[] = [];
  readonly #waiting: PoolWaiter[] = [];
  #connecting = 0;
  #busy = 0;
  #draining = false;

  constructor(dialler: Dialler, slot: Slot, cluster: ClusterConnections) {
    this.#dialler = dialler;
    this.#slot = slot;
    this.#cluster = cluster;
  }

  lease(waiter: PoolWaiter): void {
    const connection = this.#idle.pop();
    if (connection) {
      this.#cluster.notIdle(connection);
      this.#busy += 1;
      waiter.onStream(connection.take());
      return;
    }
    const { stats, limits } = this.#cluster;
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
    this.#cluster.stats.upstreamRqCancelled.inc();
    this.#stoppedWaiting();
  }

  dial(waiter: DialWaiter): Dial {
    return dial(this.#dialler, this.#slot, this.#cluster, waiter);
  }

  drain(): void {
    this.#draining = true;
    for (const connection of this.#idle.slice()) connection.close();
  }

  onFree(connection: Http1Connection): void {
    if (connection.state === 'connecting') this.#connecting -= 1;
    else this.#busy -= 1;
    if (connection.spent) {
      this.#cluster.stats.upstreamCxMaxRequests.inc();
      return this.#close(connection);
    }
    const waiter = this.#waiting.shift();
    if (waiter) {
      this.#stoppedWaiting();
      this.#busy += 1;
      waiter.onStream(connection.take());
      return;
    }
    if (this.#draining) return this.#close(connection);
    connection.state = 'idle';
    this.#idle.push(connection);
    this.#cluster.becameIdle(connection);
  }

  onGone(connection: Http1Connection, state: ConnectionState, failure: Failure): void {
    this.#cluster.limits.endConnection();
    this.#slot.add(ROW.connections, -1);
    if (state === 'idle') {
      this.#idle.splice(this.#idle.indexOf(connection), 1);
      this.#cluster.notIdle(connection);
    } else if (state === 'busy') this.#busy -= 1;
    else if (state === 'connecting') {
      this.#connecting -= 1;
      this.#refuse(failure);
    }
    this.#cluster.oneLess();
    this.#grow();
  }

  /** Closes a connection that has just become free. */
  #close(connection: Http1Connection): void {
    connection.state = 'closing';
    connection.close();
  }

  /** Opens a connection when more wait than are on the way. */
  #grow(): void {
    if (this.#waiting.length <= this.#connecting) return;
    const first = this.#connecting + this.#busy + this.#idle.length === 0;
    if (!this.#cluster.mayConnect(first, this.#slot)) return;
    this.#connecting += 1;
    this.#slot.add(ROW.connections, 1);
    new Http1Connection(this.#dialler, this.#cluster, this);
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
    this.#cluster.limits.endPending();
    this.#cluster.stats.upstreamRqPendingActive.add(-1);
  }
}

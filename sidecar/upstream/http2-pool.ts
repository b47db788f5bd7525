import { FAILURE, type Failure } from '../core/outcome.ts';
import type { Dial, DialWaiter, Pool, PoolWaiter } from '../core/pool.ts';
import { ROW, type Slot } from '../core/slots.ts';
import type { ClusterConnections } from './cluster-connections.ts';
import type { Dialler } from './dialler.ts';
import { Http2Connection, type Http2ConnectionOwner } from './http2-connection.ts';
import { dial } from './tcp-connection.ts';

/**
 * The HTTP/2 connections of one worker to one endpoint. Requests share the first connection that takes another stream;
 * a further one is opened when none does (the peer's limit of concurrent streams is reached).
 */
export class Http2Pool implements Pool, Http2ConnectionOwner {
  readonly #dialler: Dialler;
  /** The endpoint's, which shows its connections. */
  readonly #slot: Slot;
  readonly #cluster: ClusterConnections;
  /** Those that stand and take streams, the oldest first. */
  readonly #open: Http2Connection[] = [];
  readonly #waiting: PoolWaiter[] = [];
  /** On the way; at most one, since it will serve many. */
  #connecting: Http2Connection | null = null;
  /** All connections, those that drain included. */
  #count = 0;
  #draining = false;

  constructor(dialler: Dialler, slot: Slot, cluster: ClusterConnections) {
    this.#dialler = dialler;
    this.#slot = slot;
    this.#cluster = cluster;
  }

  lease(waiter: PoolWaiter): void {
    const open = this.#open;
    for (let at = 0; at < open.length; at += 1) {
      const connection = open[at] as Http2Connection;
      if (connection.available > 0) return waiter.onStream(connection.lease());
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
    for (const connection of this.#open.slice()) connection.drain();
  }

  onCapacity(connection: Http2Connection): void {
    if (connection === this.#connecting) {
      this.#connecting = null;
      this.#open.push(connection);
      if (this.#draining && this.#waiting.length === 0) return connection.drain();
    }
    while (this.#waiting.length > 0 && connection.available > 0) {
      const waiter = this.#waiting.shift() as PoolWaiter;
      this.#stoppedWaiting();
      waiter.onStream(connection.lease());
    }
    this.#grow();
  }

  onDraining(connection: Http2Connection): void {
    const at = this.#open.indexOf(connection);
    if (at >= 0) this.#open.splice(at, 1);
    this.#grow();
  }

  onGone(connection: Http2Connection, stood: boolean, failure: Failure): void {
    this.#cluster.limits.endConnection();
    this.#slot.add(ROW.connections, -1);
    this.#count -= 1;
    const at = this.#open.indexOf(connection);
    if (at >= 0) this.#open.splice(at, 1);
    if (connection === this.#connecting) this.#connecting = null;
    // Those for whom nothing is on the way fail at once, since a retry may go elsewhere.
    if (!stood && this.#open.length === 0) {
      for (const waiter of this.#waiting.splice(0)) {
        this.#stoppedWaiting();
        waiter.onRefused(failure);
      }
    }
    this.#grow();
  }

  /** Opens a connection when somebody waits and none is on the way. */
  #grow(): void {
    if (this.#waiting.length === 0 || this.#connecting !== null) return;
    if (!this.#cluster.mayConnect(this.#count === 0, this.#slot)) return;
    this.#count += 1;
    this.#slot.add(ROW.connections, 1);
    this.#connecting = new Http2Connection(this.#dialler, this.#cluster, this);
  }

  #stoppedWaiting(): void {
    this.#cluster.limits.endPending();
    this.#cluster.stats.upstreamRqPendingActive.add(-1);
  }
}

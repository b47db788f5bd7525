import type { ClientStream } from './exchange.ts';
import type { Failure } from './outcome.ts';
import type { Wire } from './wire.ts';

/** Someone who waits for a connection to one endpoint. */
export interface PoolWaiter {
  /** HTTP version of the request that waits: 10, 11 or 20. */
  readonly version: number;
  /** The stream is leased: `start` it now. */
  onStream(stream: ClientStream): void;
  /** No connection could be had; the waiter is forgotten. */
  onRefused(failure: Failure): void;
}

/** The connections of one worker to one endpoint. */
export interface Pool {
  /**
   * Calls the waiter back: before return when a connection is idle or a limit refuses, else later. The pool counts
   * pending requests and connections against the cluster's limits.
   */
  lease(waiter: PoolWaiter): void;
  /** Forgets a waiter that has not been called back. */
  abandon(waiter: PoolWaiter): void;
  /** Opens a connection for the waiter alone, never pooled, whatever protocol the pool speaks: for TCP and CONNECT. */
  dial(waiter: DialWaiter): Dial;
  /** Closes idle connections, and the others as their requests end. */
  drain(): void;
}

/** A connection that one stream has for itself, as bytes. */
export interface RawConnection {
  /** Its sink is the taker's to set. */
  readonly wire: Wire;
  /** To be called once the wire is closed; again, nothing happens. */
  over(): void;
}

/** Someone who waits for a connection of its own. */
export interface DialWaiter {
  onConnected(connection: RawConnection): void;
  /** None could be had; the waiter is forgotten. May be called before `dial` returns. */
  onRefused(failure: Failure): void;
}

/** A connection on its way. */
export interface Dial {
  /** Gives up before the waiter was called back. */
  cancel(): void;
}

/** Where an attempt gets its stream: a pool, or a fault that stands before it. */
export type StreamSource = Pick<Pool, 'lease' | 'abandon'>;

/** A fault on the way to an endpoint. */
export interface Detour {
  /** Outlier detection takes no notice of failures on this way. */
  readonly exempt: boolean;
  /**
   * The way of one attempt through the fault, or `pool` when the fault is over. `noticed` is called with the response flag of what is done,
   * when it is.
   */
  through(pool: StreamSource, noticed: (flag: number) => void): StreamSource;
}

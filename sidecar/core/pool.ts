import type { ClientStream } from './exchange.ts';
import type { Failure } from './outcome.ts';

/** Someone who waits for a connection to one endpoint. */
export interface PoolWaiter {
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
  /** Closes idle connections, and the others as their requests end. */
  drain(): void;
}

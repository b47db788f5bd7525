import { WheelTimer } from '../../shared/time/wheel.ts';
import type { SocketWire } from '../codec/socket.ts';
import { FAILURE, type Failure } from '../core/outcome.ts';
import type { Dial, DialWaiter, Pool, PoolWaiter } from '../core/pool.ts';
import { ROW, type Slot } from '../core/slots.ts';
import type { ClusterConnections } from './cluster-connections.ts';
import { AUTO, type Dialler, HTTP2 } from './dialler.ts';
import { Http1Pool } from './http1-pool.ts';
import { Http2Pool } from './http2-pool.ts';
import { agreedOn, NegotiatedDialler } from './negotiated-dialler.ts';

/**
 * Connections by what ALPN agrees on with the endpoint (Envoy's auto_config). The first one tells which pool it is for;
 * requests wait until then, and go on to that pool.
 */
export class AutoPool implements Pool {
  readonly #dialler: Dialler;
  readonly #negotiated: NegotiatedDialler;
  readonly #http1: Http1Pool;
  readonly #http2: Http2Pool;
  readonly #slot: Slot;
  readonly #cluster: ClusterConnections;
  /** Null = the endpoint has not been asked, or has changed its mind. */
  #known: Http1Pool | Http2Pool | null = null;
  readonly #waiting: PoolWaiter[] = [];
  #asking: SocketWire | null = null;
  readonly #timer = new WheelTimer(() => this.#tooSlow());

  constructor(dialler: Dialler, slot: Slot, cluster: ClusterConnections) {
    this.#dialler = dialler;
    this.#slot = slot;
    this.#cluster = cluster;
    this.#negotiated = new NegotiatedDialler(dialler, cluster.sockets, () => {
      this.#known = null;
    });
    this.#http1 = new Http1Pool(this.#negotiated, slot, cluster);
    this.#http2 = new Http2Pool(this.#negotiated, slot, cluster);
  }

  lease(waiter: PoolWaiter): void {
    if (this.#known !== null) return this.#known.lease(waiter);
    const { limits, stats } = this.#cluster;
    if (!limits.beginPending()) {
      stats.upstreamRqPendingOverflow.inc();
      return waiter.onRefused(FAILURE.overflow);
    }
    stats.upstreamRqPendingActive.inc();
    this.#waiting.push(waiter);
    if (this.#asking === null) this.#ask();
  }

  abandon(waiter: PoolWaiter): void {
    const at = this.#waiting.indexOf(waiter);
    if (at < 0) {
      this.#http1.abandon(waiter);
      return this.#http2.abandon(waiter);
    }
    this.#waiting.splice(at, 1);
    this.#cluster.stats.upstreamRqCancelled.inc();
    this.#stoppedWaiting();
  }

  dial(waiter: DialWaiter): Dial {
    return this.#http1.dial(waiter);
  }

  drain(): void {
    this.#http1.drain();
    this.#http2.drain();
  }

  /** There is no connection yet, so one may be opened above the limit (decision D4). Counted once it is one. */
  #ask(): void {
    const { plan, sockets, wheel } = this.#cluster;
    if (!this.#cluster.mayConnect(true, this.#slot)) return this.#failed(FAILURE.overflow);
    this.#slot.add(ROW.connections, 1);
    const wire = this.#dialler.dial(AUTO, () => this.#answered(wire));
    this.#asking = wire;
    const onClose = (): void => this.#refused(wire.layer?.refusal ?? FAILURE.connect);
    wire.sink = { onBytes() {}, onDrain() {}, onEof() {}, onClose };
    if (plan.connectTimeout > 0) wheel.start(this.#timer, plan.connectTimeout, sockets.turn.now);
  }

  #answered(wire: SocketWire): void {
    this.#over();
    this.#known = agreedOn(wire) === HTTP2 ? this.#http2 : this.#http1;
    this.#negotiated.ready = wire;
    const pool = this.#known;
    for (const waiter of this.#waiting.splice(0)) {
      this.#stoppedWaiting();
      pool.lease(waiter);
    }
    // All have gone meanwhile, or none may have it.
    if (this.#negotiated.ready === null) return;
    this.#negotiated.ready = null;
    wire.destroy();
  }

  #tooSlow(): void {
    const wire = this.#asking;
    this.#cluster.stats.upstreamCxConnectTimeout.inc();
    this.#refused(FAILURE.connectTimeout);
    wire?.destroy();
  }

  #refused(failure: Failure): void {
    if (this.#asking === null) return;
    const { stats } = this.#cluster;
    stats.upstreamCxTotal.inc();
    stats.upstreamCxConnectFail.inc();
    this.#over();
    this.#failed(failure);
  }

  #failed(failure: Failure): void {
    for (const waiter of this.#waiting.splice(0)) {
      this.#stoppedWaiting();
      waiter.onRefused(failure);
    }
  }

  /** The question is answered, or will not be. */
  #over(): void {
    this.#asking = null;
    this.#cluster.wheel.stop(this.#timer);
    this.#cluster.limits.endConnection();
    this.#slot.add(ROW.connections, -1);
  }

  #stoppedWaiting(): void {
    this.#cluster.limits.endPending();
    this.#cluster.stats.upstreamRqPendingActive.add(-1);
  }
}

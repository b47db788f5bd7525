import { WheelTimer } from '../../shared/time/wheel.ts';
import { ClientSession } from '../codec/http2/client-session.ts';
import type { SocketWire } from '../codec/socket.ts';
import type { ClientStream } from '../core/exchange.ts';
import { FAILURE, type Failure } from '../core/outcome.ts';
import type { ClusterConnections } from './cluster-connections.ts';
import { type Dialler, HTTP2 } from './dialler.ts';

/** Who keeps a connection. */
export interface Http2ConnectionOwner {
  /** It stands, or takes more streams than before. */
  onCapacity(connection: Http2Connection): void;
  /** It takes no new streams; those under way go on. */
  onDraining(connection: Http2Connection): void;
  /** It is gone; `stood` tells whether it ever was there, `failure` why not. */
  onGone(connection: Http2Connection, stood: boolean, failure: Failure): void;
}

/**
 * One HTTP/2 connection to an endpoint: connecting until the server has said how many streams it takes (streams beyond
 * that would be refused), then open, perhaps draining, then gone.
 */
export class Http2Connection {
  readonly #wire: SocketWire;
  readonly #cluster: ClusterConnections;
  readonly #owner: Http2ConnectionOwner;
  readonly #began: number;
  readonly #timer: WheelTimer;
  #session: ClientSession | null = null;
  #stands = false;
  #streams = 0;
  #gone = false;

  constructor(dialler: Dialler, cluster: ClusterConnections, owner: Http2ConnectionOwner) {
    const { sockets, stats, wheel } = cluster;
    const { connectTimeout } = cluster.plan;
    this.#cluster = cluster;
    this.#owner = owner;
    this.#began = sockets.turn.now;
    // First for the connection to stand, then for it to be without streams.
    this.#timer = new WheelTimer(() => (this.#stands ? this.#tooIdle() : this.#tooSlow()));
    this.#wire = dialler.dial(HTTP2, () => this.#connected());
    this.#wire.sink = {
      onBytes() {},
      onDrain() {},
      onEof() {},
      onClose: () => this.#failed(this.#wire.layer?.refusal ?? FAILURE.connect),
    };
    this.#wire.received = stats.upstreamCxRxBytesTotal;
    this.#wire.sent = stats.upstreamCxTxBytesTotal;
    if (connectTimeout > 0) wheel.start(this.#timer, connectTimeout, this.#began);
    stats.upstreamCxTotal.inc();
    stats.upstreamCxHttp2Total.inc();
    stats.upstreamCxActive.inc();
  }

  /** Streams that it takes now. */
  get available(): number {
    return !this.#stands || this.#spent ? 0 : (this.#session as ClientSession).available;
  }

  /** A stream for one request; only while `available` is not 0. */
  lease(): ClientStream {
    this.#streams += 1;
    const { wheel } = this.#cluster;
    if (this.#timer.running) wheel.stop(this.#timer);
    const session = this.#session as ClientSession;
    const stream = session.lease();
    if (this.#spent) {
      this.#cluster.stats.upstreamCxMaxRequests.inc();
      session.drain();
    }
    return stream;
  }

  /** Takes no more streams, and goes when those under way are over. */
  drain(): void {
    if (this.#stands) this.#session?.drain();
    else {
      this.#failed(FAILURE.connect);
      this.#wire.destroy();
    }
  }

  /** It has carried as many requests as it may. */
  get #spent(): boolean {
    const { maxRequestsPerConnection: most } = this.#cluster.plan;
    return most > 0 && this.#streams >= most;
  }

  #connected(): void {
    const { http2, sockets, wheel } = this.#cluster;
    this.#session = new ClientSession(
      this.#wire,
      http2,
      { turn: sockets.turn, wheel },
      {
        onFree: () => this.#free(),
        onDraining: () => this.#owner.onDraining(this),
        onGone: () => this.#closed(),
      },
    );
  }

  #free(): void {
    const { plan, sockets, stats, wheel } = this.#cluster;
    if (!this.#stands) {
      this.#stands = true;
      wheel.stop(this.#timer);
      stats.upstreamCxConnectMs.record(sockets.turn.now - this.#began);
    }
    this.#owner.onCapacity(this);
    if (this.#gone || this.#session?.active !== 0 || plan.idleTimeout === 0) return;
    wheel.start(this.#timer, plan.idleTimeout, sockets.turn.now);
  }

  #tooIdle(): void {
    this.#cluster.stats.upstreamCxIdleTimeout.inc();
    this.#session?.drain();
  }

  #tooSlow(): void {
    this.#cluster.stats.upstreamCxConnectTimeout.inc();
    this.#failed(FAILURE.connectTimeout);
    this.#wire.destroy();
  }

  #failed(failure: Failure): void {
    if (this.#gone) return;
    this.#cluster.stats.upstreamCxConnectFail.inc();
    this.#end(false, failure);
  }

  #closed(): void {
    if (this.#gone) return;
    if (!this.#stands) return this.#failed(FAILURE.connect);
    const { sockets, stats } = this.#cluster;
    const remote = this.#wire.closedBy === 'peer';
    stats.upstreamCxDestroy.inc();
    if (this.#session?.silent) stats.http2KeepaliveTimeout.inc();
    (remote ? stats.upstreamCxDestroyRemote : stats.upstreamCxDestroyLocal).inc();
    stats.upstreamCxLengthMs.record(sockets.turn.now - this.#began);
    this.#end(true, FAILURE.reset);
  }

  #end(stood: boolean, failure: Failure): void {
    this.#gone = true;
    this.#cluster.wheel.stop(this.#timer);
    this.#cluster.stats.upstreamCxActive.add(-1);
    this.#owner.onGone(this, stood, failure);
  }
}

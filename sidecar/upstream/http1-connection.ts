import { WheelTimer } from '../../shared/time/wheel.ts';
import { ClientSession } from '../codec/http1/client-session.ts';
import type { SocketWire } from '../codec/socket.ts';
import { FAILURE, type Failure } from '../core/outcome.ts';
import type { ClusterConnections } from './cluster-connections.ts';
import { type Dialler, HTTP1 } from './dialler.ts';

/** Who keeps a connection. */
export interface ConnectionOwner {
  /** It stands, or its request is over: it can take one now. */
  onFree(connection: Http1Connection): void;
  /** It is gone, and was in `state` until now; `failure` tells why when it never stood. */
  onGone(connection: Http1Connection, state: ConnectionState, failure: Failure): void;
}

export type ConnectionState = 'connecting' | 'busy' | 'idle' | 'closing' | 'gone';

/** One HTTP/1.1 connection to an endpoint: connecting, then busy and idle in turn, perhaps closing, then gone. */
export class Http1Connection {
  /** Set by the owner but for `gone`. */
  state: ConnectionState = 'connecting';
  /** Monotonic ms since when it is idle, and its place among the idle: see IdleConnections. */
  idleSince = 0;
  older: Http1Connection | null = null;
  newer: Http1Connection | null = null;
  session: ClientSession | null = null;
  #requests = 0;
  readonly #wire: SocketWire;
  readonly #cluster: ClusterConnections;
  readonly #owner: ConnectionOwner;
  readonly #began: number;
  readonly #timer: WheelTimer;

  constructor(dialler: Dialler, cluster: ClusterConnections, owner: ConnectionOwner) {
    const { sockets, stats, wheel } = cluster;
    const { connectTimeout } = cluster.plan;
    this.#cluster = cluster;
    this.#owner = owner;
    this.#began = sockets.turn.now;
    this.#timer = new WheelTimer(() => this.#tooSlow());
    this.#wire = dialler.dial(HTTP1, () => this.#connected());
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
    stats.upstreamCxHttp1Total.inc();
    stats.upstreamCxActive.inc();
  }

  /** Takes it for one request. */
  take(): ClientSession {
    this.state = 'busy';
    this.#requests += 1;
    return this.session as ClientSession;
  }

  /** It has carried as many requests as it may. */
  get spent(): boolean {
    const { maxRequestsPerConnection: most } = this.#cluster.plan;
    return most > 0 && this.#requests >= most;
  }

  /** Closes it; only while no request is under way. The owner hears `onGone` before this returns. */
  close(): void {
    this.#wire.destroy();
    this.#closed();
  }

  #connected(): void {
    const { sockets, stats, wheel } = this.#cluster;
    wheel.stop(this.#timer);
    stats.upstreamCxConnectMs.record(sockets.turn.now - this.#began);
    this.session = new ClientSession(this.#wire, {
      onIdle: () => this.#owner.onFree(this),
      onGone: () => this.#closed(),
    });
    this.#owner.onFree(this);
  }

  #tooSlow(): void {
    this.#cluster.stats.upstreamCxConnectTimeout.inc();
    this.#failed(FAILURE.connectTimeout);
    this.#wire.destroy();
  }

  #failed(failure: Failure): void {
    if (this.state === 'gone') return;
    this.#cluster.stats.upstreamCxConnectFail.inc();
    this.#gone(failure);
  }

  #closed(): void {
    if (this.state === 'gone') return;
    const { sockets, stats } = this.#cluster;
    const remote = this.#wire.closedBy === 'peer';
    stats.upstreamCxDestroy.inc();
    (remote ? stats.upstreamCxDestroyRemote : stats.upstreamCxDestroyLocal).inc();
    if (this.state === 'busy') {
      stats.upstreamCxDestroyWithActiveRq.inc();
      (remote ? stats.upstreamCxDestroyRemoteWithActiveRq : stats.upstreamCxDestroyLocalWithActiveRq).inc();
    }
    stats.upstreamCxLengthMs.record(sockets.turn.now - this.#began);
    this.#gone(FAILURE.reset);
  }

  #gone(failure: Failure): void {
    this.#cluster.wheel.stop(this.#timer);
    this.#cluster.stats.upstreamCxActive.add(-1);
    // Gone before anybody hears of it: the owner may close others, and closes none twice.
    const before = this.state;
    this.state = 'gone';
    this.#owner.onGone(this, before, failure);
  }
}

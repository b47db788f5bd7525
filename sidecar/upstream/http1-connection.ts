import type { Wheel } from '../../shared/time/wheel.ts';
import { WheelTimer } from '../../shared/time/wheel.ts';
import { ClientSession } from '../codec/http1/client-session.ts';
import { type SocketContext, SocketWire } from '../codec/socket.ts';
import { FAILURE, type Failure } from '../core/outcome.ts';
import type { ClusterStats } from '../telemetry/cluster-stats.ts';

/** What the connections of one cluster share. Times are ms, 0 = never. */
export interface ConnectionOptions {
  readonly connectTimeout: number;
  /** 0 = no limit. */
  readonly maxRequests: number;
  readonly stats: ClusterStats;
}

/** What the connections of one worker share. */
export interface ConnectionContext {
  readonly sockets: SocketContext;
  readonly wheel: Wheel;
}

/** Who keeps a connection. */
export interface ConnectionOwner {
  /** It stands, or its request is over: it can take one now. */
  onFree(connection: Http1Connection): void;
  /** It is gone, out of the state that it still shows; `failure` tells why when it never stood. */
  onGone(connection: Http1Connection, failure: Failure): void;
}

/** One HTTP/1.1 connection to an endpoint: connecting, then busy and idle in turn, perhaps closing, then gone. */
export class Http1Connection {
  state: 'connecting' | 'busy' | 'idle' | 'closing' | 'gone' = 'connecting';
  /** Monotonic ms since when it is idle. */
  idleSince = 0;
  session: ClientSession | null = null;
  #requests = 0;
  readonly #wire: SocketWire;
  readonly #options: ConnectionOptions;
  readonly #context: ConnectionContext;
  readonly #owner: ConnectionOwner;
  readonly #began: number;
  readonly #timer: WheelTimer;

  constructor(
    address: string,
    port: number,
    options: ConnectionOptions,
    context: ConnectionContext,
    owner: ConnectionOwner,
  ) {
    this.#options = options;
    this.#context = context;
    this.#owner = owner;
    this.#began = context.sockets.turn.now;
    this.#timer = new WheelTimer(() => this.#tooSlow());
    this.#wire = SocketWire.dialled(context.sockets, address, port, () => this.#connected());
    this.#wire.sink = { onBytes() {}, onDrain() {}, onEof() {}, onClose: () => this.#failed(FAILURE.connect) };
    if (options.connectTimeout > 0) context.wheel.start(this.#timer, options.connectTimeout, this.#began);
    options.stats.upstreamCxTotal.inc();
    options.stats.upstreamCxHttp1Total.inc();
    options.stats.upstreamCxActive.inc();
  }

  /** Takes it for one request. */
  take(): ClientSession {
    this.state = 'busy';
    this.#requests += 1;
    return this.session as ClientSession;
  }

  /** It has carried as many requests as it may. */
  get spent(): boolean {
    const { maxRequests } = this.#options;
    return maxRequests > 0 && this.#requests >= maxRequests;
  }

  /** Closes it; only while no request is under way. The owner must not hand it out any more. */
  close(): void {
    this.state = 'closing';
    this.#wire.destroy();
  }

  #connected(): void {
    const { stats } = this.#options;
    this.#context.wheel.stop(this.#timer);
    stats.upstreamCxConnectMs.record(this.#context.sockets.turn.now - this.#began);
    this.session = new ClientSession(this.#wire, {
      onIdle: () => this.#owner.onFree(this),
      onGone: () => this.#closed(),
    });
    this.#owner.onFree(this);
  }

  #tooSlow(): void {
    this.#options.stats.upstreamCxConnectTimeout.inc();
    this.#failed(FAILURE.connectTimeout);
    this.#wire.destroy();
  }

  #failed(failure: Failure): void {
    if (this.state === 'gone') return;
    this.#options.stats.upstreamCxConnectFail.inc();
    this.#gone(failure);
  }

  #closed(): void {
    const { stats } = this.#options;
    if (this.state === 'gone') return;
    stats.upstreamCxDestroy.inc();
    if (this.state === 'busy') stats.upstreamCxDestroyWithActiveRq.inc();
    stats.upstreamCxLengthMs.record(this.#context.sockets.turn.now - this.#began);
    this.#gone(FAILURE.reset);
  }

  #gone(failure: Failure): void {
    this.#context.wheel.stop(this.#timer);
    this.#options.stats.upstreamCxActive.add(-1);
    this.#owner.onGone(this, failure);
    this.state = 'gone';
  }
}

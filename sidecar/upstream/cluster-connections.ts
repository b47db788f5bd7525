import { isDeepStrictEqual } from 'node:util';
import { type Wheel, WheelTimer } from '../../shared/time/wheel.ts';
import { type ClientOptions, DEFAULT_CLIENT_OPTIONS } from '../codec/http2/client-options.ts';
import type { SocketContext } from '../codec/socket-context.ts';
import type { ClusterPlan } from '../core/plan/cluster.ts';
import type { Slot } from '../core/slots.ts';
import type { ClusterStats } from '../telemetry/cluster-stats.ts';
import type { TlsStats } from '../telemetry/tls-stats.ts';
import { type Dialler, PlainDialler } from './dialler.ts';
import type { Http1Connection } from './http1-connection.ts';
import { IdleConnections } from './idle-connections.ts';
import { ClientTls, TlsDialler } from './tls-dialler.ts';

/** The cluster's limits as pools need them; `begin...` true is followed by one `end...`. */
export interface PoolLimits {
  beginPending(): boolean;
  endPending(): void;
  /** `first`: this pool has no connection, so it may open one above the limit (decision D4). */
  beginConnection(first: boolean): boolean;
  /** Whether the endpoint whose slot this is may have another connection. */
  mayConnectTo(endpoint: Slot): boolean;
  endConnection(): void;
}

/** What of a cluster's plan its connections are made by: ms, and 0 = no limit. */
export type ConnectionPlan = Pick<
  ClusterPlan,
  'connectTimeout' | 'idleTimeout' | 'maxRequestsPerConnection' | 'http2' | 'tls'
>;

/** What the pools of one cluster share in one worker: settings, limits, statistics, and the idle connections by age. */
export class ClusterConnections {
  readonly plan: ConnectionPlan;
  readonly http2: ClientOptions;
  readonly limits: PoolLimits;
  readonly stats: ClusterStats;
  readonly sockets: SocketContext;
  readonly wheel: Wheel;
  /** Null = plain. */
  readonly #tls: ClientTls | null;
  readonly #idle = new IdleConnections();
  readonly #sweep = new WheelTimer(() => this.#closeIdle());

  /** `tlsStats` is asked for when there is TLS only. */
  constructor(
    plan: ConnectionPlan,
    limits: PoolLimits,
    stats: ClusterStats,
    sockets: SocketContext,
    wheel: Wheel,
    tlsStats: () => TlsStats,
  ) {
    this.plan = plan;
    const scheme = plan.tls === null ? 'http' : 'https';
    this.http2 = { ...DEFAULT_CLIENT_OPTIONS, ...plan.http2, scheme };
    this.limits = limits;
    this.stats = stats;
    this.sockets = sockets;
    this.wheel = wheel;
    this.#tls = plan.tls === null ? null : new ClientTls(plan.tls, tlsStats());
  }

  /** For a pool of connections to one endpoint. */
  dialler(address: string, port: number): Dialler {
    const tls = this.#tls;
    return tls === null
      ? new PlainDialler(address, port, this.sockets)
      : new TlsDialler(address, port, this.sockets, tls);
  }

  /** Whether connections made under `plan` would be the same. */
  serves(plan: ConnectionPlan): boolean {
    const own = this.plan;
    return (
      own.connectTimeout === plan.connectTimeout &&
      own.idleTimeout === plan.idleTimeout &&
      own.maxRequestsPerConnection === plan.maxRequestsPerConnection &&
      own.tls?.id === plan.tls?.id &&
      isDeepStrictEqual(own.http2, plan.http2)
    );
  }

  /** A connection has nothing to do from now on. */
  becameIdle(connection: Http1Connection): void {
    const { now } = this.sockets.turn;
    connection.idleSince = now;
    this.#idle.add(connection);
    if (this.plan.idleTimeout > 0 && !this.#sweep.running) this.wheel.start(this.#sweep, this.plan.idleTimeout, now);
  }

  /** It is taken, or gone. */
  notIdle(connection: Http1Connection): void {
    this.#idle.remove(connection);
  }

  /** A connection is gone. Where none is idle no timer waits, which would keep a cluster that is gone alive for an hour. */
  oneLess(): void {
    if (this.#idle.oldest === null && this.#sweep.running) this.wheel.stop(this.#sweep);
  }

  /**
   * Takes the right to open a connection. At the limit idle connections give way, the oldest first: they belong to other
   * endpoints, since whoever asks has none that is idle (decision D4).
   */
  mayConnect(first: boolean, endpoint: Slot): boolean {
    if (!first && !this.limits.mayConnectTo(endpoint)) {
      this.stats.upstreamCxOverflow.inc();
      return false;
    }
    while (!this.limits.beginConnection(first)) {
      const { oldest } = this.#idle;
      if (oldest === null) {
        this.stats.upstreamCxOverflow.inc();
        return false;
      }
      oldest.close();
    }
    return true;
  }

  #closeIdle(): void {
    const { now } = this.sockets.turn;
    const { idleTimeout } = this.plan;
    let { oldest } = this.#idle;
    while (oldest !== null && now - oldest.idleSince >= idleTimeout) {
      this.stats.upstreamCxIdleTimeout.inc();
      oldest.close();
      oldest = this.#idle.oldest;
    }
    if (oldest !== null) this.wheel.start(this.#sweep, idleTimeout - (now - oldest.idleSince), now);
  }
}

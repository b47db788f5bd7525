import { WheelTimer } from '../../shared/time/wheel.ts';
import type { Trial } from '../cluster/breaker/gate.ts';
import type { LiveEndpoint } from '../cluster/live-endpoint.ts';
import { OBSERVED, observationOfFailure } from '../cluster/outlier/observation.ts';
import { FAILURE, type Failure, RESPONSE_FLAG } from '../core/outcome.ts';
import type { Dial, DialWaiter, RawConnection } from '../core/pool.ts';
import type { Wire, WireSink } from '../core/wire.ts';
import type { Upstream } from '../http/context.ts';
import type { ClusterTcpMetrics } from '../telemetry/tcp-metrics.ts';
import type { TcpContext } from './context.ts';
import { Gathered } from './gathered.ts';
import { TcpFaults } from './tcp-faults.ts';
import { type End, Tunnel, type TunnelOwner } from './tunnel.ts';

/** Bytes of the client that are held while the connection to an endpoint is on its way. */
const MAX_HELD = 64 * 1024;

/** Who keeps the sessions. */
export interface TcpSessionOwner {
  /** It is over; called once. */
  onOver(session: TcpSession): void;
  /** The first byte came, from the server or from the client. */
  onFirstByte(session: TcpSession, fromServer: boolean): void;
}

/**
 * One connection of a TCP proxy on its way: pick an endpoint, connect, again elsewhere when that fails, then bytes both
 * ways. It owes each endpoint `begin` once, `observed` at most once and `end` exactly once (decision D7).
 */
export class TcpSession implements WireSink, DialWaiter, TunnelOwner {
  readonly down: Wire;
  readonly context: TcpContext;
  /** Monotonic ms. */
  readonly started: number;
  readonly cluster: string;
  /** The server name that the client asked for by TLS, '' = none. */
  readonly serverName: string;
  /** RESPONSE_FLAG bits, and the sentence that goes with them. */
  flags = 0;
  detail = '';
  attempts = 0;
  /** ip:port of the endpoint of the last attempt. */
  upstream = '';
  readonly #owner: TcpSessionOwner;
  #upstream: Upstream | null = null;
  #metrics: ClusterTcpMetrics | null = null;
  #endpoint: LiveEndpoint | null = null;
  /** The breaker's trial that the attempt is part of. */
  #trial: Trial | null = null;
  #tried: LiveEndpoint[] | null = null;
  #dial: Dial | null = null;
  #connection: RawConnection | null = null;
  #tunnel: Tunnel | null = null;
  /** Injected ones, where some are assigned to the service. */
  #faults: TcpFaults | null = null;
  #held: Gathered | null = null;
  #heldAll = false;
  #halfClosed = false;
  #silent = true;
  #idle: WheelTimer | null = null;
  #moved: number;
  #attemptBegan = 0;
  #over = false;

  constructor(down: Wire, serverName: string, context: TcpContext, owner: TcpSessionOwner) {
    this.down = down;
    this.context = context;
    this.serverName = serverName;
    this.#owner = owner;
    this.started = context.turn.now;
    this.#moved = this.started;
    const { plan, split, random } = context;
    this.cluster = (plan.clusters[split === null ? 0 : split.choose(random)] as { name: string }).name;
    down.sink = this;
  }

  get bytesReceived(): number {
    return this.#tunnel === null ? 0 : this.#tunnel.down.bytes;
  }

  get bytesSent(): number {
    return this.#tunnel === null ? 0 : this.#tunnel.up.bytes;
  }

  begin(): void {
    const upstream = this.context.current.runtime().upstreams.get(this.cluster);
    if (upstream === undefined) {
      this.context.stats.downstreamCxNoRoute.inc();
      return this.#refuse(RESPONSE_FLAG.NC, 'the TCP proxy names a cluster that is not configured');
    }
    this.#upstream = upstream;
    this.#metrics = this.context.metrics.of(this.cluster);
    this.#metrics.opened.inc();
    if (upstream.faults === null) return this.#try();
    this.#faults = new TcpFaults(upstream.faults, this.context.turn);
    this.#faults.begin((reply) => {
      if (reply === null) this.#try();
      else this.#refuse(reply.flags, reply.detail, true);
    });
  }

  #try(): void {
    const { cluster, stats } = this.#upstream as Upstream;
    const { guard } = cluster;
    if (guard !== null && !guard.choose(this.#tried, 1, null))
      return this.#refuse(guard.failure.flag, guard.failure.detail);
    const endpoint = guard === null ? cluster.pick(this.#tried, 1) : guard.endpoint;
    if (cluster.panic) stats.lbHealthyPanic.inc();
    if (endpoint === null) {
      stats.upstreamCxNoneHealthy.inc();
      return this.#refuse(FAILURE.noHost.flag, FAILURE.noHost.detail);
    }
    this.attempts += 1;
    this.upstream = endpoint.name;
    this.#endpoint = endpoint;
    this.#attemptBegan = this.context.turn.now;
    this.#trial = guard === null ? null : guard.trial;
    if (!endpoint.begin()) {
      this.#endpoint = null;
      this.#endTrial(OBSERVED.nothing);
      return this.#refuse(FAILURE.overflow.flag, FAILURE.overflow.detail);
    }
    const on = this.#faults === null ? endpoint.pool.dial(this) : this.#faults.dial(endpoint.pool, this);
    // Refused already, or even refused and begun anew elsewhere: then the dial is none to keep.
    if (this.#endpoint === endpoint && this.#connection === null) this.#dial = on;
  }

  onConnected(connection: RawConnection): void {
    const { context, down } = this;
    const { stats } = this.#upstream as Upstream;
    this.#dial = null;
    this.#connection = connection;
    this.#endpoint?.observed(OBSERVED.success, context.turn.now - this.#attemptBegan);
    this.#endTrial(OBSERVED.success);
    stats.upstreamRqTotal.inc();
    stats.upstreamRqActive.inc();
    const tunnel = new Tunnel(down, connection.wire, this);
    this.#tunnel = tunnel;
    if (this.#metrics !== null) {
      tunnel.down.counter = this.#metrics.received;
      tunnel.up.counter = this.#metrics.sent;
    }
    this.#startIdle();
    const held = this.#held;
    this.#held = null;
    if (held !== null) tunnel.down.pass(held.bytes);
    if (this.#halfClosed) tunnel.down.onEof();
    else if (this.#heldAll) down.resume();
  }

  onRefused(failure: Failure): void {
    const { stats } = this.#upstream as Upstream;
    const endpoint = this.#endpoint as LiveEndpoint;
    this.#dial = null;
    this.#endpoint = null;
    const observed = this.#faults?.exempt ? OBSERVED.nothing : observationOfFailure(failure);
    endpoint.observed(observed, 0);
    this.#endTrial(observed);
    endpoint.end();
    if (this.#over) return;
    if (failure.kind !== 'overflow' && this.attempts < this.context.plan.maxConnectAttempts) {
      if (this.#tried === null) this.#tried = [endpoint];
      else this.#tried.push(endpoint);
      return this.#try();
    }
    let { flag } = failure;
    if (failure.kind !== 'overflow') {
      stats.upstreamCxConnectAttemptsExceeded.inc();
      // Envoy: also when there was to be but one attempt.
      flag |= RESPONSE_FLAG.URX;
    }
    this.#refuse(flag, failure.detail, failure.kind === 'injected');
  }

  /** The client speaks before there is an endpoint to speak to. */
  onBytes(buffer: Buffer, length: number): void {
    this.#spoke(false);
    this.#held ??= new Gathered();
    this.#held.add(buffer, 0, length);
    if (this.#held.length < MAX_HELD) return;
    this.#heldAll = true;
    this.down.pause();
  }

  onDrain(): void {}

  onEof(): void {
    this.#halfClosed = true;
  }

  /** The client went before the connection to an endpoint stood. */
  onClose(): void {
    if (this.#over) return;
    this.flags |= RESPONSE_FLAG.DC;
    this.detail = 'downstream_remote_disconnect';
    this.#end();
  }

  onMoved(): void {
    this.#moved = this.context.turn.now;
    const tunnel = this.#tunnel;
    if (this.#silent && tunnel !== null) this.#spoke(tunnel.down.bytes === 0);
  }

  #spoke(fromServer: boolean): void {
    if (!this.#silent) return;
    this.#silent = false;
    this.#owner.onFirstByte(this, fromServer);
  }

  onPaused(end: End): void {
    if (end === this.#tunnel?.down) this.context.stats.downstreamFlowControlPausedReadingTotal.inc();
  }

  onResumed(end: End): void {
    if (end === this.#tunnel?.down) this.context.stats.downstreamFlowControlResumedReadingTotal.inc();
  }

  onBroken(end: End): void {
    if (this.detail !== '') return;
    const down = end === this.#tunnel?.down;
    this.flags |= down ? RESPONSE_FLAG.DC : RESPONSE_FLAG.UC;
    this.detail = down ? 'downstream_remote_disconnect' : 'upstream_remote_disconnect';
  }

  onOver(): void {
    this.#end();
  }

  /** The connection cannot be served: it is closed, with RST where `abort`. */
  #refuse(flags: number, detail: string, abort = false): void {
    this.flags |= flags;
    this.detail = detail;
    this.down.destroy(abort);
    this.#end();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#held = null;
    if (this.#idle !== null) this.context.wheel.stop(this.#idle);
    if (this.#dial !== null) this.#dial.cancel();
    if (this.#connection !== null) {
      this.#connection.over();
      this.#upstream?.stats.upstreamRqActive.add(-1);
    }
    if (this.#endpoint !== null) this.#endpoint.end();
    this.#endTrial(OBSERVED.nothing);
    if (this.#faults !== null) {
      this.flags |= this.#faults.flags;
      this.#faults.end();
    }
    this.#metrics?.closed(this.flags);
    this.#owner.onOver(this);
  }

  #endTrial(observed: number): void {
    this.#trial?.end(observed);
    this.#trial = null;
  }

  #startIdle(): void {
    const { plan, wheel, turn } = this.context;
    if (plan.idleTimeout === 0) return;
    this.#moved = turn.now;
    this.#idle = new WheelTimer(() => this.#idled());
    wheel.start(this.#idle, plan.idleTimeout, turn.now);
  }

  #idled(): void {
    const { plan, wheel, turn, stats } = this.context;
    const rest = this.#moved + plan.idleTimeout - turn.now;
    // Moving the timer with each read would cost more than to look again.
    if (rest > 1) return wheel.start(this.#idle as WheelTimer, rest, turn.now);
    stats.idleTimeout.inc();
    // No flag for it, as in Envoy.
    this.detail = 'tcp_session_idle_timeout';
    this.#tunnel?.destroy(false);
  }
}

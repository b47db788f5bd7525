import { WheelTimer } from '../../shared/time/wheel.ts';
import type { Trial } from '../cluster/breaker/gate.ts';
import type { LiveEndpoint } from '../cluster/live-endpoint.ts';
import type { Meter } from '../cluster/meter.ts';
import {
  OBSERVED,
  observationOfFailure,
  observationOfGrpc,
  observationOfStatus,
} from '../cluster/outlier/observation.ts';
import type { RetryPolicy } from '../cluster/retry/policy.ts';
import type { AttemptSink, ClientStream } from '../core/exchange.ts';
import { grpcStatusIn, isGrpcType } from '../core/grpc.ts';
import { H, type HeaderList } from '../core/headers.ts';
import { FAILURE, type Failure } from '../core/outcome.ts';
import type { PoolWaiter, StreamSource } from '../core/pool.ts';
import type { Flushable } from '../core/turn.ts';
import type { ClusterStats } from '../telemetry/cluster-stats.ts';
import { AttemptTimers, type Timed } from './attempt-timers.ts';
import type { Forward } from './forward.ts';
import { type HeadHolder, HeldHead } from './held-head.ts';

const GRPC_STATUS = H['grpc-status'];
const CONTENT_TYPE = H['content-type'];
/** In an answer: take me out now, do not wait for the next check. Envoy's, and not for the client. */
const IMMEDIATE_FAIL = 'x-envoy-immediate-health-check-fail';
/** Ms after the head when a gRPC call that goes on counts as a success. */
const LATEST = 1_000;

/**
 * One attempt at one endpoint: wait for a connection, send, receive. It tells its loop what happens and owes the
 * endpoint `begin` once, `observed` at most once and `end` exactly once (decision D7).
 */
export class Attempt implements PoolWaiter, AttemptSink, Flushable, Timed, HeadHolder {
  readonly endpoint: LiveEndpoint;
  readonly stats: ClusterStats;
  /** Monotonic ms. */
  readonly started: number;
  readonly #forward: Forward;
  /** The endpoint's, or faults before it. */
  readonly #pool: StreamSource;
  /** The breaker's trial that it is part of, or null. */
  readonly #trial: Trial | null;
  /** Failures are injected, and nobody is to blame. */
  readonly #exempt: boolean;
  readonly #timers: AttemptTimers | null;
  #stream: ClientStream | null = null;
  #observed = false;
  /** Runs while a gRPC status is waited for. */
  #late: WheelTimer | null = null;
  /** Ms to the response head, 0 without one. */
  #ttfb = 0;
  /** Bytes of the request that the endpoint's meter knows of. */
  #measured = 0;
  /** The head that waits for what follows it. */
  #held: HeldHead | null = null;
  #discarding = false;
  #over = false;

  constructor(
    forward: Forward,
    endpoint: LiveEndpoint,
    pool: StreamSource,
    trial: Trial | null,
    stats: ClusterStats,
    retry: RetryPolicy | null,
    exempt: boolean,
  ) {
    this.#forward = forward;
    this.endpoint = endpoint;
    this.#pool = pool;
    this.#trial = trial;
    this.stats = stats;
    this.#timers = retry?.timed ? new AttemptTimers(this, forward.call.context, retry) : null;
    this.#exempt = exempt;
    this.started = forward.call.context.turn.now;
  }

  /** Bytes of the request may have reached the endpoint. */
  get sent(): boolean {
    return this.#stream !== null && this.#stream.written > 0;
  }

  get version(): number {
    return this.#forward.call.x.version;
  }

  get stream(): ClientStream | null {
    return this.#stream;
  }

  begin(): void {
    if (!this.endpoint.begin()) return this.#full();
    if (this.#timers !== null) {
      if (this.#forward.call.requestEnded) this.#timers.requestEnded();
      this.#timers.moved();
    }
    this.#pool.lease(this);
  }

  /** The client has sent all of its request. */
  requestEnded(trailers: HeaderList | null): void {
    if (this.#timers !== null) this.#timers.requestEnded();
    if (this.#stream !== null) this.#stream.end(trailers);
  }

  /** Gives up, whatever the state: the late, the abandoned. */
  cancel(): void {
    if (this.#over) return;
    if (this.#stream) {
      this.stats.upstreamRqTxReset.inc();
      this.#stream.cancel();
    } else this.#pool.abandon(this);
    this.#close();
  }

  /**
   * The answer is not wanted since another attempt follows. When all of it came with its head, as a short error does, the
   * connection can stay; if not it is given up at the end of the turn.
   */
  discard(): void {
    if (!this.#forward.call.requestEnded) return this.cancel();
    this.#discarding = true;
    this.#forward.call.context.turn.mark(this);
  }

  /** The turn is over in which it was discarded, or in which its head came without what is to follow it. */
  flush(): void {
    if (this.#discarding) this.cancel();
    else if (this.#held !== null) this.#forward.call.context.grace.hold(this.#held);
  }

  /** The request as a whole took too long: if this endpoint kept it waiting for a head, that is its failure. */
  timedOut(): void {
    if (this.#stream !== null) this.#observe(FAILURE.timeout);
  }

  onStream(stream: ClientStream): void {
    this.stats.upstreamRqTotal.inc();
    this.stats.upstreamRqActive.inc();
    this.#stream = stream;
    this.#forward.send(this, stream);
  }

  onRefused(failure: Failure): void {
    this.onFailure(failure);
  }

  onInform(status: number, headers: HeaderList): void {
    this.#forward.call.inform(status, headers);
  }

  onStart(status: number, headers: HeaderList, length: number): void {
    const { call } = this.#forward;
    if (this.#timers !== null) this.#timers.head();
    const { now } = call.context.turn;
    this.#observeHead(status, headers, now);
    const { reportSick } = this.endpoint;
    if (reportSick !== null && headers.has(IMMEDIATE_FAIL)) {
      headers.remove(IMMEDIATE_FAIL);
      reportSick(this.endpoint.slotIndex);
    }
    const { meter } = this.endpoint;
    if (meter !== null) {
      meter.head(status, headers, now - this.started, now);
      this.#measureRequest(meter);
    }
    if (!this.#forward.repeats.awaitsStatus(status, headers)) {
      call.respond(this, status, headers, length, null);
      return;
    }
    this.#held = new HeldHead(status, headers, length, this);
    call.context.turn.mark(this);
  }

  /** A message came behind the head that was held, or none for too long. */
  pass(head: HeldHead): void {
    if (this.#held !== head) return;
    this.#held = null;
    this.#forward.call.respond(this, head.status, head.headers, head.length, null);
  }

  onData(chunk: Uint8Array): boolean {
    const { meter } = this.endpoint;
    if (this.#timers !== null) this.#timers.moved();
    if (this.#held !== null) this.pass(this.#held);
    if (meter !== null) meter.bytes(chunk.length, this.#forward.call.context.turn.now);
    return this.#discarding || this.#forward.call.responseData(chunk);
  }

  onEnd(trailers: HeaderList | null): void {
    if (trailers !== null) this.endpoint.meter?.trailers(trailers, this.#forward.call.context.turn.now);
    if (this.#late !== null) this.#see(observationOfGrpc(grpcStatusIn(trailers?.getKnown(GRPC_STATUS) ?? '')));
    const held = this.#held;
    this.#close();
    if (this.#discarding) return;
    const { call } = this.#forward;
    if (held === null || call.respond(this, held.status, held.headers, held.length, trailers)) {
      call.responseEnd(this, trailers);
    }
  }

  onHalfClosed(): void {
    this.#forward.call.x.stream.end(null);
  }

  onFailure(failure: Failure): void {
    if (this.#over) return;
    this.#observe(failure);
    if (this.#stream) this.stats.upstreamRqRxReset.inc();
    if (failure.kind === 'protocol') this.stats.upstreamCxProtocolError.inc();
    this.#close();
    if (!this.#discarding) this.#forward.attemptFailed(this, failure);
  }

  onDrain(): void {
    if (this.endpoint.meter !== null) this.#measureRequest(this.endpoint.meter);
    this.#forward.call.upstreamDrained();
  }

  /** Another worker was faster: the endpoint has as many requests as it may have. */
  #full(): void {
    this.#over = true;
    if (this.#trial !== null) this.#trial.end(OBSERVED.nothing);
    this.stats.upstreamRqActiveOverflow.inc();
    this.#forward.attemptFailed(this, FAILURE.overflow);
  }

  hedge(spent: boolean): void {
    if (spent) this.stats.upstreamRqPerTryTimeout.inc();
    this.#forward.hedge(this);
  }

  tooSlow(): void {
    this.#observe(FAILURE.perTryTimeout);
    this.stats.upstreamRqPerTryTimeout.inc();
    this.cancel();
    this.#forward.attemptFailed(this, FAILURE.perTryTimeout);
  }

  /**
   * What the endpoint is worth shows in its head; but of gRPC a head of 200 says little, and the status behind the messages
   * is waited for, though not longer than LATEST (decision D7).
   */
  #observeHead(status: number, headers: HeaderList, now: number): void {
    this.#ttfb = now - this.started;
    const grpc = status === 200 ? headers.getKnown(GRPC_STATUS) : undefined;
    if (grpc !== undefined) this.#see(observationOfGrpc(grpcStatusIn(grpc)));
    else if (status === 200 && this.endpoint.awaitsTrailers && isGrpcType(headers.getKnown(CONTENT_TYPE))) {
      this.#late = new WheelTimer(() => this.#see(OBSERVED.success));
      this.#forward.call.context.wheel.start(this.#late, LATEST, now);
    } else this.#see(observationOfStatus(status));
  }

  #see(observed: number): void {
    if (this.#observed) return;
    this.#observed = true;
    this.endpoint.observed(observed, this.#ttfb);
    if (this.#trial !== null) this.#trial.end(observed);
  }

  #observe(failure: Failure): void {
    if (this.#observed) return;
    const observed = this.#exempt ? OBSERVED.nothing : observationOfFailure(failure);
    this.#see(observed);
    if (observed !== OBSERVED.nothing) this.endpoint.meter?.failed(this.#forward.call.context.turn.now);
  }

  /** Tells the meter what of the request has gone out since it was told last. */
  #measureRequest(meter: Meter): void {
    if (this.#stream === null) return;
    meter.bytes(this.#stream.written - this.#measured, this.#forward.call.context.turn.now);
    this.#measured = this.#stream.written;
  }

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#held = null;
    if (this.endpoint.meter !== null) this.#measureRequest(this.endpoint.meter);
    if (this.#timers !== null) this.#timers.stop();
    if (this.#late !== null) this.#forward.call.context.wheel.stop(this.#late);
    if (this.#stream !== null) this.stats.upstreamRqActive.add(-1);
    if (this.#trial !== null) this.#trial.end(OBSERVED.nothing);
    this.endpoint.end();
  }
}

import { WheelTimer } from '../../shared/time/wheel.ts';
import type { Trial } from '../cluster/breaker/gate.ts';
import type { ClusterLimits } from '../cluster/limits.ts';
import type { LiveEndpoint } from '../cluster/live-endpoint.ts';
import { OBSERVED, observationOfStatus } from '../cluster/outlier/observation.ts';
import type { ClientStream, Exchange } from '../core/exchange.ts';
import type { LocalReply } from '../core/filter.ts';
import { H, HeaderList } from '../core/headers.ts';
import { FAILURE, type Failure, RESPONSE_FLAG } from '../core/outcome.ts';
import type { Detour } from '../core/pool.ts';
import { ChainRun } from '../filter/chain.ts';
import { joinedDetours } from '../filter/injection.ts';
import type { RouteEntry } from '../route/table.ts';
import { Attempt } from './attempt.ts';
import type { Call } from './call.ts';
import type { Upstream } from './context.ts';
import { REPLY } from './rescue.ts';

/** An injected answer has none. */
const NO_HEADERS = HeaderList.of();
const EXPECTED_TIMEOUT = H['x-envoy-expected-rq-timeout-ms'];

/**
 * The attempt loop of one request: pick an endpoint, pass the filters of the attempt, send, and on failure decide
 * whether another attempt follows (decisions D10, D11). It ends in exactly one of `call.respond` and `call.reply`.
 */
export class Forward {
  readonly call: Call;
  readonly #x: Exchange;
  readonly #entry: RouteEntry;
  /** As the attempt under way sees it. */
  #upstream: Upstream;
  #attempt: Attempt | null = null;
  #tried: LiveEndpoint[] | null = null;
  #filters: ChainRun | null = null;
  #backoff: WheelTimer | null = null;
  #retries = 0;
  /** A retry counts against this from its decision until the attempt has its head, or has failed (as in Envoy). */
  #retrying: ClusterLimits | null = null;
  /** The breaker's trial that the next attempt is part of. */
  #trial: Trial | null = null;

  constructor(call: Call, entry: RouteEntry, upstream: Upstream) {
    this.call = call;
    this.#x = call.x;
    this.#entry = entry;
    this.#upstream = upstream;
  }

  /** The stream of the attempt under way, once there is one. */
  get stream(): ClientStream | null {
    return this.#attempt === null ? null : this.#attempt.stream;
  }

  /** Begins one attempt. */
  try(): void {
    const x = this.#x;
    const upstream = this.#upstream;
    const { cluster, stats } = upstream;
    const { retry } = this.#entry;
    const { guard } = cluster;
    const draws = retry === null ? 1 : retry.hostSelectionAttempts;
    let endpoint: LiveEndpoint | null;
    if (guard === null) endpoint = cluster.pick(this.#tried, draws, x.hash);
    else if (guard.choose(this.#tried, draws, x.hash)) {
      endpoint = guard.endpoint;
      this.#trial = guard.trial;
    } else return this.#guarded(guard.failure);
    if (cluster.panic) stats.lbHealthyPanic.inc();
    if (endpoint === null) {
      stats.upstreamCxNoneHealthy.inc();
      return this.#fail(FAILURE.noHost);
    }
    x.upstream = endpoint.name;
    x.attempts += 1;
    const filter = upstream.faults === null ? null : upstream.faults.perAttempt;
    if (filter === null) return this.#launch(endpoint);
    this.#filters = new ChainRun([filter], x, (reply) => {
      if (reply) this.#injected(reply, endpoint);
      else this.#launch(endpoint);
    });
    this.#filters.start();
  }

  #launch(endpoint: LiveEndpoint): void {
    const { priority, retry } = this.#entry;
    const { cluster, stats } = this.#upstream;
    const detour = this.#takeDetour();
    const own = cluster.poolOf(endpoint, priority === 'high');
    const pool = detour === null ? own : detour.through(own, (flag) => this.#noticed(flag));
    const trial = this.#trial;
    this.#trial = null;
    const patience = retry === null ? 0 : retry.perTryTimeout;
    const attempt = new Attempt(this, endpoint, pool, trial, stats, patience, detour?.exempt === true);
    this.#attempt = attempt;
    attempt.begin();
  }

  /** The faults on the way of the attempt that begins now. */
  #takeDetour(): Detour | null {
    const x = this.#x;
    const { attemptDetour, detour } = x;
    if (attemptDetour === null) return detour;
    x.attemptDetour = null;
    return joinedDetours(attemptDetour, detour);
  }

  #noticed(flag: number): void {
    this.#x.flags |= flag;
  }

  /** An attempt has its stream: the head goes out, and what is there of the body. */
  send(attempt: Attempt, stream: ClientStream): void {
    const { call } = this;
    const x = this.#x;
    const { headers } = x;
    const entry = this.#entry;
    if (entry.includeAttemptCount) headers.set('x-envoy-attempt-count', String(x.attempts));
    if (entry.expectedTimeout !== '') {
      if (this.#retries === 0) headers.removeKnown(EXPECTED_TIMEOUT);
      else headers.remove('x-envoy-expected-rq-timeout-ms');
      headers.add('x-envoy-expected-rq-timeout-ms', this.#expectedTimeout());
    }
    stream.start(x.method, x.authority, x.path, headers, x.bodyLength, attempt);
    // The connection may have gone in that moment; then the loop has gone on already.
    if (this.#attempt === attempt) call.sendBody(stream, entry.retry !== null && this.#retries < entry.retry.attempts);
  }

  /** Envoy's x-envoy-expected-rq-timeout-ms: what is left of the route's timeout, or that of one attempt. */
  #expectedTimeout(): string {
    const { expectedTimeout, retry } = this.#entry;
    const { deadline } = this.#x;
    if (this.#retries === 0 || deadline === 0) return expectedTimeout;
    const left = Math.max(1, Math.round(deadline - this.call.context.turn.now));
    return String(retry !== null && retry.perTryTimeout > 0 ? Math.min(left, retry.perTryTimeout) : left);
  }

  /** The client has sent all of its request. */
  requestEnded(trailers: HeaderList | null): void {
    if (this.#attempt !== null) this.#attempt.requestEnded(trailers);
  }

  /** The attempt under way brought a final head; true when it is given up for another attempt. */
  retriesStatus(attempt: Attempt, status: number, headers: HeaderList): boolean {
    if (this.#retrying !== null) this.#endRetry();
    const { retry } = this.#entry;
    if (retry === null) return false;
    if (!retry.retryStatus(this.#x, status, headers)) {
      if (this.#retries > 0) attempt.stats.upstreamRqRetrySuccess.inc();
      return false;
    }
    if (!this.#again(attempt.endpoint, true)) return false;
    attempt.stats.recordRetried(status);
    this.#attempt = null;
    this.#filters?.end();
    attempt.discard();
    return true;
  }

  attemptEnded(): void {
    this.#attempt = null;
    this.#filters?.end();
  }

  attemptFailed(attempt: Attempt, failure: Failure): void {
    if (this.#attempt !== attempt) return;
    this.attemptEnded();
    if (this.#retrying !== null) this.#endRetry();
    if (this.call.responding) return this.call.truncate(failure);
    const { retry } = this.#entry;
    const { sent } = attempt;
    if (retry?.retryFailure(this.#x, failure, sent) && this.#again(attempt.endpoint, sent)) return;
    this.#fail(failure);
  }

  /** A fault answered in place of the endpoint: retries and ejection are exercised as by a real answer. */
  #injected(reply: LocalReply, endpoint: LiveEndpoint): void {
    this.#filters?.end();
    if (this.#retrying !== null) this.#endRetry();
    if (endpoint.begin()) endpoint.end();
    const observed = reply.exempt ? OBSERVED.nothing : observationOfStatus(reply.status);
    endpoint.observed(observed, 0);
    if (!reply.exempt) endpoint.meter?.head(reply.status, NO_HEADERS, 0, this.call.context.turn.now);
    this.#endTrial(observed);
    const { retry } = this.#entry;
    const failure: Failure = { kind: 'injected', flag: reply.flags, status: reply.status, detail: reply.detail };
    if (retry?.retryFailure(this.#x, failure, false) && this.#again(endpoint, false)) return;
    this.call.reply(reply);
  }

  /** Schedules another attempt; false when the count, the body, the deadline or the budget says no. */
  #again(failed: LiveEndpoint, sent: boolean): boolean {
    const x = this.#x;
    const { cluster, stats } = this.#upstream;
    const { retry } = this.#entry;
    if (retry === null) return false;
    if (this.#retries >= retry.attempts) {
      x.flags |= RESPONSE_FLAG.URX;
      stats.upstreamRqRetryLimitExceeded.inc();
      return false;
    }
    // Of a request that was sent in part another attempt needs the whole.
    if (sent && this.call.body?.abandoned) return false;
    const { turn, wheel, random } = this.call.context;
    const wait = retry.backoff(this.#retries + 1, random);
    if (x.deadline > 0 && turn.now + wait >= x.deadline) return false;
    const limits = this.#entry.priority === 'high' ? cluster.highLimits : cluster.limits;
    if (!limits.beginRetry(turn.now)) {
      x.flags |= RESPONSE_FLAG.UO;
      stats.upstreamRqRetryOverflow.inc();
      return false;
    }
    this.#retrying = limits;
    this.#retries += 1;
    stats.upstreamRqRetry.inc();
    stats.upstreamRqRetryBackoffExponential.inc();
    if (retry.avoidTried) {
      if (this.#tried === null) this.#tried = [failed];
      else this.#tried.push(failed);
    }
    this.#backoff ??= new WheelTimer(() => this.#retry());
    wheel.start(this.#backoff, wait, turn.now);
    return true;
  }

  /** The back-off is over. Endpoints may have come and gone meanwhile, so the cluster is looked up again. */
  #retry(): void {
    const upstream = this.call.context.current.runtime().upstreams.get(this.#x.cluster);
    if (upstream === undefined) return this.#fail(FAILURE.noHost);
    this.#upstream = upstream;
    this.try();
  }

  /** No attempt follows: the request is answered from here. */
  #fail(failure: Failure): void {
    this.#upstream.stats.recordResponse(failure.status);
    this.call.reply(REPLY.of(failure));
  }

  /** A breaker or a limit per endpoint lets nothing through. */
  #guarded(failure: Failure): void {
    const { stats } = this.#upstream;
    (failure === FAILURE.breaker ? stats.upstreamRqBreakerOverflow : stats.upstreamRqActiveOverflow).inc();
    this.#fail(failure);
  }

  #endTrial(observed: number): void {
    this.#trial?.end(observed);
    this.#trial = null;
  }

  #endRetry(): void {
    this.#retrying?.endRetry();
    this.#retrying = null;
  }

  /** The request as a whole took too long. */
  timedOut(): void {
    this.#upstream.stats.upstreamRqTimeout.inc();
    if (this.#attempt !== null) this.#attempt.timedOut();
    if (!this.call.responding) this.#upstream.stats.recordResponse(FAILURE.timeout.status);
  }

  /** Stops whatever is under way. */
  giveUp(): void {
    const attempt = this.#attempt;
    this.#attempt = null;
    if (attempt !== null) attempt.cancel();
    this.#filters?.end();
    this.#endTrial(OBSERVED.nothing);
    if (this.#backoff !== null) this.call.context.wheel.stop(this.#backoff);
    if (this.#retrying !== null) this.#endRetry();
  }
}
